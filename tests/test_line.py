"""What stands on a line: words, a command with a change behind it, or half a command."""

import pytest

from caro_shell.errors import UsageError
from caro_shell.line import Draft, Refinement, Words, is_command, read_line, request_of

PROGRAMS = frozenset(
    """awk cat cd cp curl date docker du echo find git grep kill ls make ps rename sort ssh sudo tar test time wc
    which""".split()  # noqa: SIM905  a line a word would be long to read
)


def known(name: str) -> bool:
    """Say so for a fixed set of programs."""
    return name in PROGRAMS


WORDS = [
    "find all python files",
    "find files larger than 1GB",
    "find files > 1GB",
    "sort the file by size",
    "kill process on port 80",
    "kill -9 all of my python processes",
    "what's on port 80",
    "rename *.txt to *.md",
    "make a directory foo/bar",
    "show me the -x option of ls",
    "which files in /etc changed today",
    "if the file exists delete it",
    "for all files print the name",
    "use tar to compress ./logs",
    "date in iso format",
    "echo hello",
    "finde alle Dateien in /etc die größer sind",
    "当前目录下最大的文件",
    "count lines # of code",
    "show # of files",
]
COMMANDS = [
    "find . -name '*.py' -mti",
    "tar czf backup.tgz --exclude",
    "git comit -m 'x' --amned",
    "awk '{print $1",
    "for f in *.txt; do mv",
    "ps aux | grp nginx | awk ",
    "gti status -s",
    "sudo tar -xf",
    "FOO=1 make -j",
    "./run.sh --fast",
    "cat foo > ",
    "cd /ect",
    "cp  /tmp",
    "du -sh * | sort",
    "docker run -it ubuntu",
    "find . -name 'all of the files'",
]


@pytest.mark.parametrize("line", WORDS)
def test_words_are_words_also_when_they_begin_with_a_programs_name(line: str) -> None:
    """`find`, `sort`, `kill`, `make` are English too."""
    assert read_line(line, None, "bash", known) == Words(line)


@pytest.mark.parametrize("line", COMMANDS)
def test_half_a_command_is_told_by_its_syntax(line: str) -> None:
    """Options, pipes, paths and open quotes behind a program's name, or behind a misspelt one."""
    assert is_command(line, known)
    assert isinstance(read_line(line, None, "bash", known), Draft)


def test_a_draft_is_parted_at_the_cursor() -> None:
    """What is right of it must stay."""
    line = "tar cz  | ssh host 'cat > b'"
    assert read_line(line, 7, "bash", known) == Draft("tar cz ", " | ssh host 'cat > b'")
    assert read_line(line, None, "bash", known) == Draft(line, "")
    assert read_line("tar -cz  ", 3, "bash", known) == Draft("tar", " -cz  ")
    assert read_line("tar -cz  ", 7, "bash", known) == Draft("tar -cz  ", "")


@pytest.mark.parametrize(
    ("line", "command", "comment"),
    [
        ("find . -name '*.py' # only in src", "find . -name '*.py'", "only in src"),
        ("ls # by size", "ls", "by size"),
        ("git log # mine # with dates", "git log", "mine # with dates"),
        ("echo '# x' # y", "echo '# x'", "y"),
        ("find . \\\n  -name x  #   z ", "find . \\\n  -name x", "z"),
    ],
)
def test_a_comment_behind_a_command_says_what_to_change(line: str, command: str, comment: str) -> None:
    """Whoever wrote the command."""
    assert read_line(line, None, "bash", known) == Refinement(command, comment)


@pytest.mark.parametrize("line", ["echo '# x'", "ls #", "ls | grep '#a' "])
def test_what_is_no_comment_refines_nothing(line: str) -> None:
    """A mark in quotes, and one with nothing behind it."""
    assert not isinstance(read_line(line, None, "bash", known), Refinement)


def test_a_line_of_comment_is_a_request() -> None:
    """The comment style, with any number of marks."""
    assert read_line("  ## list -a files | sort", None, "bash", known) == Words("list -a files | sort")
    assert request_of("# x ") == "x"


@pytest.mark.parametrize("line", ["", " \n", "#", " ## "])
def test_an_empty_line_asks_nothing(line: str) -> None:
    """One sentence says what to do."""
    with pytest.raises(UsageError, match="no request"):
        read_line(line, None, "bash", known)
