"""Two versions of caro at once, and an upgrade under shells and daemons that run: whoever asks is answered."""

import sys
from pathlib import Path

import pytest
from commands import caro, end, start
from other_version import OtherVersion
from processes import processes_of
from shell_kinds import KINDS, ShellKind, init_lines, need_shell
from terminal import Terminal, wait_for
from user_home import Home, Script

from caro_shell import __version__

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc tells what became of whom")


@pytest.fixture
def other(home: Home, tmp_path: Path) -> OtherVersion:
    """Another version for the same home."""
    return OtherVersion(home, tmp_path, "99.0")


def running(home: Home) -> str:
    """Return the version of the daemon, as `caro daemon status` says it."""
    return caro(home, "daemon", "status").stdout.partition(" version ")[2].partition(",")[0]


def test_two_versions_at_once_are_both_answered(home: Home, other: OtherVersion) -> None:
    """Each replaces the other's daemon; there is never more than one, and nobody sees that."""
    for words in ("one", "two"):
        assert (caro(home, words).stdout, running(home)) == (f"echo {words}\n", __version__)
        said = other.caro(words)
        assert (said.returncode, said.stdout, said.stderr) == (0, f"echo {words}\n", "")
        assert running(home) == "99.0"
        wait_for(lambda: list(processes_of(home)) == [home.daemon_pid()], lambda: str(processes_of(home)))


def test_a_request_of_the_other_version_ends_one_that_is_under_way_with_a_sentence(
    home: Home, script: Script, other: OtherVersion
) -> None:
    """Only one daemon holds a model: who is answered by the older one is told to ask again."""
    script.say("long", {"wait": "go"}, "ls")
    client = start(home, "long")
    script.happened("waiting go")
    assert other.caro("words").stdout == "echo words\n"
    said = end(client)
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr == "caro: The daemon was told to leave.\n      Ask again: it starts by itself.\n"


@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
def test_an_upgrade_while_a_shell_is_open(home: Home, other: OtherVersion, kind: ShellKind) -> None:
    """A press in the middle of it keeps the line and says so; the next one is answered by the new version."""
    need_shell(kind)
    rc = home.path / f"rc.{kind.name}"
    chosen = kind.set("CARO_PYTHON", str(other.python))
    rc.write_text(f"{kind.rc.read_text()}\n{chosen}\n{init_lines(kind.name, home)}\n{chosen}\n")
    with Terminal(kind.argv, home.environ) as terminal:
        terminal.type(f" {kind.source} {rc}; clear; echo ready")
        terminal.press("Enter")
        terminal.see("ready\n>")
        terminal.type("one")
        terminal.press("C-g")
        terminal.line_becomes("echo one")
        assert running(home) == "99.0"
        before = home.daemon_pid()
        terminal.press("C-c")
        terminal.line_becomes("")
        other.remove()
        terminal.type("two")
        terminal.press("C-g")
        terminal.see("caro: caro did not answer. See: caro doctor")
        terminal.line_becomes("two")
        other.bring_back()
        other.upgrade("100.0")
        terminal.press("C-g")
        terminal.line_becomes("echo two")
    assert running(home) == "100.0"
    assert home.daemon_pid() != before
