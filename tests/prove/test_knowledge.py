"""A tool is asked at most once, only if asking it is harmless and nobody else can have put it there."""

import os
import stat
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from terminal import wait_for

from caro_shell.prove import knowledge
from caro_shell.prove.ask import help_of
from caro_shell.prove.documented import NONE, Known, Options
from caro_shell.prove.knowledge import Knowledge
from caro_shell.prove.programs import Programs, is_trusted
from caro_shell.prove.store import Store

HELP = "  -a, --all     all\n  -l, --long    long\n      --size=N  size\n"


@pytest.fixture
def trusted(tmp_path: Path) -> Path:
    """A directory of programs that only this user can have made."""
    made = tmp_path / "bin"
    made.mkdir(mode=0o755)
    return made


def program(directory: Path, name: str, script: str = "") -> Path:
    """Make a program of the shell; without a script, one that cannot run."""
    path = directory / name
    path.write_text(f"#!/bin/sh\n{script}\n" if script else "")
    path.chmod(0o755)
    return path


class Asked:
    """Stands for the asking, and counts."""

    def __init__(self, answer: str = HELP) -> None:
        """Answer the same each time."""
        self.answer = answer
        self.calls: list[tuple[str, ...]] = []

    def __call__(self, path: str, arguments: Sequence[str]) -> str:
        """Note who was asked what."""
        self.calls.append((Path(path).name, *arguments))
        return self.answer


def test_what_does_not_suffice_is_not_remembered_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is kept by the directory, and a daemon sees many."""
    monkeypatch.setattr(knowledge, "_MOST_UNCLEAR", 3)
    (tmp_path / "bin").mkdir()
    program(tmp_path / "bin", "ls")
    known = Knowledge(Store(None), Asked(""))
    for number in range(10):
        known.about("ls", "", Programs(str(tmp_path / "bin"), str(tmp_path / str(number))))
        assert 0 < len(known._unclear) <= 3  # noqa: SLF001


def test_a_tool_is_asked_once_and_again_when_it_has_changed(trusted: Path, tmp_path: Path) -> None:
    """Also over a restart: what it said is kept on disk."""
    tool, asked, store = program(trusted, "ls"), Asked(), Store(tmp_path / "cache")
    programs = Programs(str(trusted), "/")
    # Everything is below this directory, so that nothing is asked here.
    assert Knowledge(store, asked).about("ls", "", programs) == Known()
    programs = Programs(str(trusted), str(tmp_path / "elsewhere"))
    first = Knowledge(store, asked)
    known = first.about("ls", "", programs)
    assert known.complete
    assert known.options.takes["--all"] == NONE
    assert first.about("ls", "", programs) == Knowledge(store, asked).about("ls", "", programs) == known
    assert asked.calls == [("ls", "--help")]
    os.utime(tool, ns=(1, 1))
    first.about("ls", "", programs)
    assert asked.calls == [("ls", "--help")] * 2


@pytest.mark.parametrize("name", ["reboot", "frobnicate", "mkfs.ext4", "dd2"])
def test_who_is_not_on_the_list_is_not_asked(name: str, trusted: Path) -> None:
    """A program may do anything with `--help`; of these nobody has looked."""
    program(trusted, name)
    asked = Asked()
    assert not Knowledge(Store(None), asked).about(name, "", Programs(str(trusted), "/elsewhere")).complete
    assert asked.calls == []


def test_subcommands_are_asked_by_name_and_only_known_ones(trusted: Path) -> None:
    """An unknown one could be anybody's plug-in or alias."""
    from caro_shell.prove.commands import commands_in
    from caro_shell.prove.flags import unknown_options

    program(trusted, "git")
    asked = Asked()
    knowledge, programs = Knowledge(Store(None), asked), Programs(str(trusted), "/elsewhere")
    for line in ("git commit --foo", "git frob --foo", "git --foo", "git $x --foo", "git -C x add --foo"):
        (command,) = commands_in(line).commands
        unknown_options(command, knowledge, programs)
    assert asked.calls == [("git", "commit", "-h"), ("git", "add", "-h")]


def test_a_program_that_others_could_have_put_there_is_not_asked(trusted: Path, tmp_path: Path) -> None:
    """Below the current directory, in a directory of everybody's, or with a file of everybody's."""
    tool = str(program(trusted, "ls"))
    assert is_trusted(tool, "/somewhere", "/home/me")
    assert is_trusted(tool, "", "")
    assert not is_trusted(tool, str(tmp_path), "")
    assert not is_trusted(tool, str(trusted), "")
    assert not is_trusted("bin/ls", "/somewhere", "")
    link = tmp_path / "other"
    link.mkdir()
    (link / "ls").symlink_to(tool)
    assert not is_trusted(str(link / "ls"), str(trusted), "")
    trusted.chmod(0o757)
    assert not is_trusted(tool, "/somewhere", "")
    trusted.chmod(0o755)
    Path(tool).chmod(0o757)
    assert not is_trusted(tool, "/somewhere", "")


def test_what_only_has_the_name_of_a_tool_is_not_asked(trusted: Path, tmp_path: Path) -> None:
    """The user's own `install` is not the system's, and asking a shim for pip's help makes pyenv write files."""
    own = str(program(trusted, "install"))
    assert not is_trusted(own, "/somewhere", str(tmp_path))
    assert not is_trusted(str(program(trusted, "watch", "echo started")), "/somewhere", "")
    shims = tmp_path / "shims"
    shims.mkdir()
    assert not is_trusted(str(program(shims, "pip")), "/somewhere", "")
    asked = Asked()
    for home in (str(tmp_path), ""):
        Knowledge(Store(None), asked).about("watch", "", Programs(str(trusted), "/elsewhere", home))
    assert asked.calls == []


def test_who_is_asked_gets_nothing_of_the_user(trusted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No environment, no input, no directory, no terminal."""
    monkeypatch.setenv("SECRET", "secret")
    tool = program(trusted, "tool", 'env; pwd; ls -A; read x; echo "read:$x:$*"; tty')
    said = help_of(str(tool), ["--help"])
    assert "secret" not in said
    assert str(Path.home()) not in said.splitlines()
    assert "read::--help" in said
    assert "not a tty" in said


def test_who_does_not_answer_in_time_is_ended_with_all_it_started(trusted: Path, tmp_path: Path) -> None:
    """Half an answer is none: all that it does not name would seem not to exist."""
    mark = tmp_path / "pid"
    tool = program(trusted, "tool", f"echo --all; sleep 1000 & echo $! > {mark}; wait")
    before = time.monotonic()
    assert help_of(str(tool), []) == ""
    assert time.monotonic() - before < 60
    child = int(mark.read_text())
    wait_for(lambda: not Path(f"/proc/{child}").exists() or sys.platform == "darwin", lambda: "the child to end")


def test_who_never_stops_printing_is_not_believed(trusted: Path) -> None:
    """Nor who cannot be run at all."""
    assert help_of(str(program(trusted, "tool", "while :; do echo --all --all --all --all; done")), []) == ""
    assert help_of(str(trusted / "none"), []) == ""


def test_the_cache_is_the_users_alone_and_is_not_trusted_blindly(tmp_path: Path) -> None:
    """What is broken, another version's, or in a directory that others may write is as good as none."""
    store = Store(tmp_path / "cache")
    known = Known(Options({"-a": NONE}, frozenset({"-a", "-b"})), complete=True)
    store.write(("/bin/x", "sub"), (1, 2), known)
    assert store.read(("/bin/x", "sub"), (1, 2)) == known
    assert stat.S_IMODE((tmp_path / "cache").stat().st_mode) == 0o700
    assert store.read(("/bin/x", "sub"), (1, 3)) is None
    assert store.read(("/bin/x", ""), (1, 2)) is None
    (tmp_path / "cache").chmod(0o777)
    assert store.read(("/bin/x", "sub"), (1, 2)) is None
    (tmp_path / "cache").chmod(0o700)
    (kept,) = (tmp_path / "cache").iterdir()
    for broken in ("", "[]", "{", '{"version": 1}', kept.read_text().replace('"complete": true', '"complete": "yes"')):
        kept.write_text(broken)
        found = store.read(("/bin/x", "sub"), (1, 2))
        assert found is None or not found.complete


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    """It is only there to be faster."""
    (tmp_path / "cache").write_text("a file")
    store = Store(tmp_path / "cache")
    store.write(("/bin/x", ""), (1,), Known())
    assert store.read(("/bin/x", ""), (1,)) is None


def test_busybox_takes_some_options_in_silence(trusted: Path) -> None:
    """Its help is asked, its page is not looked for, and what it does not say is data."""
    (trusted / "busybox").touch(mode=0o755)
    (trusted / "rm").symlink_to("busybox")
    pages = trusted.parent / "share" / "man" / "man1"
    pages.mkdir(parents=True)
    (pages / "rm.1").write_text(".TH RM 1\n.TP\n\\-\\-of\\-another\n")
    asked = Asked("Usage: rm [-irf] FILE...\n\n\t-i\tAlways prompt\n\t-f\tNever prompt\n\t-R,-r\tRecurse\n")
    known = Knowledge(Store(None), asked).about("rm", "", Programs(str(trusted), "/elsewhere"))
    assert known.complete
    assert {option for option in known.options.mentioned if len(option) == 2} == {"-i", "-f", "-R", "-r", "-v"}
    assert "--of-another" not in known.options.mentioned
    assert asked.calls == [("rm", "--help")]


def test_bsds_usage_is_enough_for_letters_but_not_for_find(trusted: Path) -> None:
    """It says its letters when it does not know --help; find's words are in its page alone."""
    for name in ("ls", "find"):
        program(trusted, name)
    asked = Asked("ls: unrecognized option `--help'\nusage: ls [-@ABCFGHIL] [--color=when] [-D format] [file ...]\n")
    knowledge, programs = Knowledge(Store(None), asked), Programs(str(trusted), "/elsewhere")
    known = knowledge.about("ls", "", programs)
    assert known.complete
    assert {"-@", "-G", "--color", "-D"} <= known.options.mentioned
    assert not knowledge.about("find", "", programs).complete


def test_another_program_of_the_same_name_is_not_the_tool(trusted: Path) -> None:
    """`./ls` takes what it likes."""
    from debian import place

    from caro_shell.prove import Facts, objections_to

    program(trusted, "ls")
    knowledge, facts = Knowledge(Store(None), Asked()), Facts(path=str(trusted))

    def notes(command: str) -> list[str]:
        return [found.note for found in objections_to(command, place("bash"), facts, knowledge)]

    assert notes("./ls --foo") == notes("/opt/ls --foo") == []
    assert notes("ls --foo") == notes(f"{trusted}/ls --foo") == ["`ls` here has no `--foo`."]


def test_what_stands_behind_the_operand_of_an_unknown_tool_may_be_its_subcommands(trusted: Path) -> None:
    """Its own man page says nothing about those."""
    from debian import place

    from caro_shell.prove import Facts, objections_to

    program(trusted, "perf")
    pages = trusted.parent / "share" / "man" / "man1"
    pages.mkdir(parents=True)
    (pages / "perf.1").write_text(".TH PERF 1\n.TP\n\\-a\n.TP\n\\-b\n.TP\n\\-\\-count\n")
    knowledge, facts = Knowledge(Store(None), Asked()), Facts(path=str(trusted))

    def notes(command: str) -> list[str]:
        return [found.note for found in objections_to(command, place("bash"), facts, knowledge)]

    assert notes("perf -a --count stat --foo -r 1") == []
    assert notes("perf --foo stat") == ["`perf` here has no `--foo`."]
