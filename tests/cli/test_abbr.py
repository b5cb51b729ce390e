"""`caro abbr`: commands under names, in one file that three shells read."""

import errno
import json
import os
import stat
from pathlib import Path

import pytest
from commands import caro, end, start
from user_home import Home, Script

from caro_shell import abbreviations
from caro_shell.errors import CaroError, UsageError


@pytest.fixture
def file(home: Home) -> Path:
    """The file of a home, which is not there yet."""
    return home.path / ".config" / "caro" / "abbreviations"


def test_a_command_is_kept_as_it_is(home: Home, file: Path) -> None:
    """No model is asked; nothing goes to stdout, and the file is for the user alone."""
    done = caro(home, "abbr", "add", "big", "du -a . | sort -rn")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "caro: big stands for: du -a . | sort -rn\n")
    assert file.read_text() == "big\tdu -a . | sort -rn\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert home.daemon_pid() == 0


def test_for_words_the_model_is_asked(home: Home, script: Script, file: Path) -> None:
    """The command that was written is shown on stdout, and kept."""
    script.say("show the five largest files", "du -a . | sort -rn | head -n 5")
    done = caro(home, "abbr", "add", "five", "show", "the", "five largest files")
    assert (done.returncode, done.stdout) == (0, "du -a . | sort -rn | head -n 5\n")
    assert done.stderr == "caro: kept as five\n"
    assert file.read_text() == "five\tdu -a . | sort -rn | head -n 5\n"


def test_a_request_that_fails_keeps_nothing(home: Home, script: Script, file: Path) -> None:
    """The reason is the daemon's; there is no file afterwards."""
    script.say("show the five largest files", {"fail": "The engine has no fuel."})
    done = caro(home, "abbr", "add", "five", "show the five largest files")
    assert (done.returncode, done.stdout) == (1, "")
    assert "The engine has no fuel." in done.stderr
    assert not file.exists()


def test_a_dangerous_answer_is_said_and_a_critical_one_is_not_kept(home: Home, script: Script, file: Path) -> None:
    """One Enter expands an abbreviation and runs it, so nothing would stand between it and the disk."""
    script.say("make a new file system", "mkfs.ext4 /dev/sdzz9")
    done = caro(home, "abbr", "add", "new", "--request", "make a new file system")
    assert (done.returncode, done.stdout) == (1, "")
    assert "is not kept: this makes a new file system" in done.stderr
    assert not file.exists()
    script.say("forget my changes", "git reset --hard")
    done = caro(home, "abbr", "add", "forget", "--request", "forget my changes")
    assert (done.returncode, done.stdout) == (0, "git reset --hard\n")
    assert done.stderr.startswith("caro: careful: this throws away changes")


@pytest.mark.parametrize("before_the_name", [True, False])
def test_what_the_text_is_can_be_said(home: Home, script: Script, *, before_the_name: bool) -> None:
    """`--command` keeps words that look like a request, `--request` asks for a command that looks like one."""
    script.say("ls here", "ls -la")
    for kind in ("--command", "--request"):
        text = "show me" if kind == "--command" else "ls here"
        words = [kind, kind[2:5], text] if before_the_name else [kind[2:5], kind, text]
        assert caro(home, "abbr", "add", *words).returncode == 0
    assert caro(home, "abbr", "list").stdout == "com\tshow me\nreq\tls -la\n"


def test_words_of_a_command_keep_what_the_shell_has_unquoted(home: Home) -> None:
    """As `find . -name '*.py'` comes in without its quotes."""
    caro(home, "abbr", "add", "py", "find", ".", "-name", "*.py")
    assert caro(home, "abbr", "list").stdout == "py\tfind . -name '*.py'\n"


def test_newlines_and_backslashes_are_written_so_that_a_line_is_an_entry(home: Home, file: Path) -> None:
    """The scripts read it line by line; what comes back is the command, byte for byte."""
    command = "printf 'a\\\\n\\t%s' \"$x\"\ngrep '\t' café 📁"
    caro(home, "abbr", "add", "two", "--command", command)
    assert file.read_text() == "two\tprintf 'a\\\\\\\\n\\\\t%s' \"$x\"\\ngrep '\t' café 📁\n"
    assert json.loads(caro(home, "abbr", "list", "--json").stdout) == {"two": command}


def test_a_name_is_given_anew(home: Home, file: Path) -> None:
    """The new command stands in the old one's place, and what it was is said."""
    for name, command in (("a", "ls -a"), ("b", "ls -b"), ("a", "ls -A")):
        done = caro(home, "abbr", "add", name, command)
    assert done.stderr == "caro: a stands for: ls -A\ncaro: before, it stood for: ls -a\n"
    assert file.read_text() == "a\tls -A\nb\tls -b\n"


@pytest.mark.parametrize(
    "name", ["", "a b", "a=b", "a/b", "1a", "-a", ",a", "a\tb", "ä", "$a", "a;b", "if", "end", "fi"]
)
def test_a_name_that_one_of_the_shells_cannot_have_is_refused(name: str) -> None:
    """One sentence; nothing is asked or written."""
    with pytest.raises(UsageError, match=r"cannot be the name|the shell's own grammar"):
        abbreviations.check_name(name)


def test_a_wrong_name_is_a_usage_error(home: Home, script: Script) -> None:
    """Exit code 2, before the model works for nothing."""
    done = caro(home, "abbr", "add", "a=b", "show the five largest files")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("caro: `a=b` cannot be the name of an abbreviation.\n")
    assert script.events() == []


@pytest.mark.parametrize("command", ["ls \x1b[31m", "ls\rrm", "ls \u202e", " \n"])
def test_what_a_line_cannot_have_is_refused(home: Home, command: str) -> None:
    """Control characters, marks that turn text round, and nothing at all."""
    done = caro(home, "abbr", "add", "--command", "x", command)
    assert (done.returncode, done.stdout) == (2, "")
    assert caro(home, "abbr", "list").stdout == ""


def test_names_are_removed_all_or_none(home: Home, file: Path) -> None:
    """One that is not there is named, and the others stay."""
    for name in ("a", "b", "c"):
        abbreviations.keep(home.environ, name, f"ls -{name}")
    done = caro(home, "abbr", "rm", "a", "nope")
    assert (done.returncode, done.stderr) == (1, "caro: There is no abbreviation `nope`.\n      See: caro abbr list\n")
    assert caro(home, "abbr", "rm", "a", "c").returncode == 0
    assert file.read_text() == "b\tls -b\n"


def test_twelve_at_once_lose_nothing(home: Home) -> None:
    """Whoever changes the file is the only one meanwhile."""
    started = [start(home, "abbr", "add", f"n{number}", f"ls -{number}") for number in range(12)]
    assert [end(process).returncode for process in started] == [0] * 12
    assert abbreviations.read(home.environ) == {f"n{number}": f"ls -{number}" for number in range(12)}


def test_a_disk_that_is_full_leaves_the_file_whole(home: Home, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Written whole or not at all, and nothing is left lying about."""
    abbreviations.keep(home.environ, "a", "ls -a")

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CaroError, match="No space left on device"):
        abbreviations.keep(home.environ, "b", "ls -b")
    assert file.read_text() == "a\tls -a\n"
    assert list(file.parent.iterdir()) == [file]


def test_what_else_stands_in_the_file_stays_there(home: Home, file: Path) -> None:
    """Also bytes that are no text; and a link to another place stays a link."""
    dotfile = home.path / "dotfiles"
    dotfile.write_bytes(b"# mine\n\xff\na\tls -a")
    file.parent.mkdir(parents=True)
    file.symlink_to(dotfile)
    abbreviations.keep(home.environ, "b", "ls -b")
    assert dotfile.read_bytes() == b"# mine\n\xff\na\tls -a\nb\tls -b\n"
    assert file.is_symlink()
    assert caro(home, "abbr", "list").stdout == "a\tls -a\nb\tls -b\n"


def test_a_file_that_cannot_be_used_is_one_sentence(home: Home, file: Path) -> None:
    """A directory in its place, for example."""
    file.mkdir(parents=True)
    done = caro(home, "abbr", "list")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"caro: {file} cannot be read: Is a directory.\n")


def test_an_empty_list_says_what_to_do(home: Home) -> None:
    """On stderr: stdout is for names and commands."""
    done = caro(home, "abbr", "list")
    assert (done.returncode, done.stdout) == (0, "")
    assert "nothing is kept yet" in done.stderr


KNOWN = {"git", "docker", "ls", "find", "sort", "kill", "du", "make", "show"}


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("git status", True),
        ("docker compose up", True),
        ("ls", True),
        ("ls -la", True),
        ("du -sh * | sort -h", True),
        ("find . -name '*.py'", True),
        ("find large files", False),
        ("find all python files", False),
        ("kill the process on port 80", False),
        ("list all files", False),
        ("git commits of the last week by me", False),
        ("sort files by size", False),
        ("", False),
    ],
)
def test_a_command_is_told_from_words(text: str, *, is_one: bool) -> None:
    """A few words behind a program's name are a command, unless the name is a verb of English too."""
    assert abbreviations.is_kept_as_it_is(text, KNOWN.__contains__) is is_one
