"""What is said of each part of a command: by the grammar, by texts on this machine, or by nobody yet."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from caro_shell.explain import MOST_PARTS, Here, explain
from caro_shell.explain.manual import Manuals
from caro_shell.explain.part import MANUAL, SHELL
from caro_shell.prove.programs import Programs

GREP_HELP = """Usage: grep [OPTION]... PATTERNS [FILE]...
Search for PATTERNS in each FILE.  More of it.

  -r, --recursive           like --directories=recurse
  -d, --directories=ACTION  how to handle directories; ACTION is 'read'
  -n, --line-number         print line number with output lines
  -A, --after-context=NUM   print NUM lines of trailing context
      --colour[=WHEN]       use markers \x1b[31mto highlight\x1b[0m
  -NUM                      same as --context=NUM
"""
PAGE = """.TH RG 1
.SH NAME
rg \\- search \\fBrecursively\\fR
.SH OPTIONS
.TP
\\fB\\-i\\fR, \\fB\\-\\-ignore\\-case\\fR
Search case insensitively.
This is a second sentence.
.PP
\\-\\-glob <glob>
.RS 4
Include or exclude files\\&.
.RE
"""


def put_program(tmp_path: Path, name: str) -> None:
    """Put a program of that name on the PATH of `here`."""
    program = tmp_path / "usr" / "bin" / name
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_bytes(b"\x7fELF")
    program.chmod(0o755)


@pytest.fixture
def here(tmp_path: Path) -> Here:
    """A machine with a few programs: grep has a help, rg a man page, git a page for a subcommand, odd neither."""
    for name in ("grep", "rg", "git", "odd", "find", "xargs", "sudo", "tar"):
        put_program(tmp_path, name)
    pages = tmp_path / "usr" / "share" / "man" / "man1"
    pages.mkdir(parents=True)
    (pages / "rg.1").write_text(PAGE)
    (pages / "git-log.1").write_text(
        PAGE.replace("rg \\-", "git-log \\-").replace("\\-\\-glob <glob>", "\\-\\-oneline")
    )

    def ask(program: str, arguments: Sequence[str]) -> str:
        asked = " ".join([program.rpartition("/")[2], *arguments])
        return {
            "grep --help": GREP_HELP,
            "tar --help": "  -x, --extract  extract\n  -z, --gzip  filter\n  -f, --file=ARCHIVE  use ARCHIVE\n",
        }.get(asked, "")

    programs = Programs(str(tmp_path / "usr" / "bin"), cwd="/nowhere", home="/nobody")
    return Here("bash", Manuals(programs, ask, fish_roots=(str(tmp_path),)), {"ll": "ls -l"}, frozenset({"mine"}))


def told(command: str, here: Here) -> list[tuple[str, str]]:
    """Return the parts of a command as they are written, each with what is said of it."""
    return [(part.written(command), part.text) for part in explain(command, here).parts]


def by_manual(command: str, here: Here) -> list[str]:
    """Return the parts that a text on this machine explains."""
    return [part.written(command) for part in explain(command, here).parts if part.source == MANUAL]


def test_a_tool_and_its_options_by_its_help(here: Here) -> None:
    """Short, long, together, with a value in the same word or in the next one; first sentences, fit for a terminal."""
    assert told("grep -rnA 3 --line-number --dir=read --colour=auto x", here) == [
        ("grep", "Search for PATTERNS in each FILE"),
        ("-r", "like --directories=recurse: how to handle directories"),
        ("n", "print line number with output lines"),
        ("A 3", "print NUM lines of trailing context"),
        ("--line-number", "print line number with output lines"),
        ("--dir=read", "how to handle directories"),
        ("--colour=auto", "use markers [31mto highlight [0m"),
        ("x", ""),
    ]
    assert told("grep -A3 -5 -q -- -x", here)[1:] == [
        ("-A3", "print NUM lines of trailing context"),
        ("-5", "same as --context=NUM"),
        ("-q", ""),
        ("--", "ends the options: what follows is none, even if it begins with a dash"),
        ("-x", ""),
    ]


def test_a_man_page_where_there_is_no_help(here: Here) -> None:
    """The origin says which page."""
    (name, option, value, _) = explain("rg -i --glob '*.py' x", here).parts
    assert (name.text, name.origin) == ("search recursively", "rg(1)")
    assert (option.text, option.origin) == ("Search case insensitively", "rg(1)")
    assert (value.text, value.spans) == ("Include or exclude files", ((6, 12), (13, 19)))


def test_a_subcommand_by_its_own_page(here: Here) -> None:
    """And its options by that, too; what stands before it belongs to the tool."""
    assert told("git -C /x log --oneline", here) == [
        ("git", ""),
        ("-C /x", ""),
        ("log", "search recursively"),
        ("--oneline", "Include or exclude files"),
    ]


def test_letters_without_a_dash(here: Here) -> None:
    """As tar takes them: the last one takes the next word."""
    assert told("tar xzf a.tgz", here)[1:] == [("x", "extract"), ("z", "filter"), ("f a.tgz", "use ARCHIVE")]


@pytest.mark.parametrize(
    ("command", "parts"),
    [
        ("grep a | grep b", ["|"]),
        ("grep a && grep b || grep c; grep d &", ["&&", "||", ";", "&"]),
        ("grep a > out 2>&1", ["> out", "2>&1"]),
        ("grep a 2>/dev/null &> x", ["2>/dev/null", "&> x"]),
        ("(grep a); { grep b; }", ["( … )", ";", "{ … }"]),
        ('for f in *.txt; do grep "$f"; done', ["for f in *.txt", "do … done", '"$f"']),
        ("while grep a; do grep b; done < in", ["while", "do … done", "< in"]),
        ("if grep a; then grep b; else grep c; fi", ["if … then … fi", "else"]),
        ("case $x in a|b) grep c;; esac", ["case $x in … esac", "a|b)", ";;"]),
        ("grep $(grep a) <(grep b)", ["$( … )", "<( … )"]),
        ('grep {a,b} *.c ${x%y} $((1+1)) "a $x"', ["{a,b}", "*.c", "${x%y}", "$((1+1))", '"a $x"']),
        ("A=1 grep a # why", ["A=1", "# why"]),
        ("A=1; grep a <<< b", ["A=1", ";", "<<< b"]),
        ("grep a <<END\nsome\nEND", ["<<END … END"]),
        ("! grep a", ["!"]),
        ("f() { grep a; }", ["f()", "{ … }"]),
        ("sudo env A=1 grep a", ["A=1"]),
        ("find -exec grep a {} \\; x", ["{}", "\\;"]),
        ("bash -c 'grep a | grep b'", ["' … '", "|"]),
        ("ll -a; mine x", ["ll", ";", "mine"]),
    ],
)
def test_what_the_grammar_says(here: Here, command: str, parts: list[str]) -> None:
    """Each sign and word of the shell's own, where it stands; and names that only the user's shell knows."""
    assert [part.written(command) for part in explain(command, here).parts if part.source == SHELL] == parts


@pytest.mark.parametrize(
    ("command", "names"),
    [
        ("sudo -u bob grep -n a", ["grep", "-n"]),
        ("find . -exec grep -n a {} +", ["grep", "-n"]),
        ("xargs -I{} grep -n {}", ["grep", "-n"]),
        ("sh -c \"rg -i 'a b'\"", ["rg", "-i"]),
        ("A=$(grep -n a) rg -i", ["grep", "-n", "rg", "-i"]),
    ],
)
def test_what_runs_another_command_is_looked_behind(here: Here, command: str, names: list[str]) -> None:
    """Wrappers, scripts in quotes, substitutions: each command has its own manual."""
    assert by_manual(command, here) == names


def test_a_wrapper_keeps_the_word_that_its_option_takes(here: Here) -> None:
    """Also where no manual of it is here."""
    assert told("sudo -u bob grep a", here)[:2] == [("sudo", ""), ("-u bob", "")]


def test_a_tool_that_nobody_knows_is_left_to_the_model(here: Here) -> None:
    """All of it, each word a part; so are options that a manual does not have."""
    assert told("odd --hard x", here) == [("odd", ""), ("--hard", ""), ("x", "")]
    assert explain("odd --hard 'a  b'", here).asked == ["odd", "--hard", "'a b'"]


def test_words_are_not_explained(here: Here) -> None:
    """There is nothing in them to be run."""
    assert explain("show me the files", here).parts == ()
    assert explain("  \n", here).parts == ()


def test_what_the_grammar_cannot_read_is_read_in_pieces(here: Here) -> None:
    """A loop of fish's: its commands and signs are still told."""
    found = explain("for f in *\n  grep -n $f | rg -i\nend", here)
    assert {"grep", "-n", "|", "rg", "-i"} <= {part.written(found.command) for part in found.parts if part.text}
    assert explain("grep 'a", here).parts


def test_a_very_long_command_ends_somewhere(here: Here) -> None:
    """Longer than what is read in one piece, and with more parts than anybody would read."""
    parts = explain("grep -n a | " * 2000 + "grep b", here).parts
    assert len(parts) == MOST_PARTS
    assert [part.text for part in parts[:2]] == [
        "Search for PATTERNS in each FILE",
        "print line number with output lines",
    ]


def test_spans_count_characters(here: Here) -> None:
    """Not bytes, and not columns."""
    found = explain("grep -n 'é日本' ü", here)
    assert [found.command[slice(*part.span)] for part in found.parts] == ["grep", "-n", "'é日本'", "ü"]


@pytest.mark.parametrize(
    "command", ["\x00", "grep \x1b[31m -n", "$(" * 300, "'" * 999, "\\", "grep " + "{" * 500, "\ud800 -x"]
)
def test_no_text_is_too_odd(here: Here, command: str) -> None:
    """Whatever comes of it."""
    explain(command, here)


def test_real_tools_by_what_they_say_themselves() -> None:
    """Of GNU's own, and of git; where there is a man page it is used, and where there is none the help."""
    real = Here("bash", Manuals(Programs("/usr/bin:/bin", cwd="/nowhere", home="/nobody")))
    found = dict(told("tar -xzf a.tgz -C /x && git commit -m 'a b' --amend && cd -P /tmp", real))
    assert found["-x"].lower() == "extract files from an archive"
    assert found["f a.tgz"].lower() == "use archive file or device archive"
    assert "directory" in found["-C /x"].lower()
    assert found["commit"].lower().startswith("record changes to the repository") or found["commit"] == ""
    assert found["-m 'a b'"] == "commit message"
    assert found["--amend"].startswith("amend previous commit")
    assert found["cd"] == "Change the shell working directory"
    assert found["-P"].startswith("use the physical directory structure without following symbolic links")
