"""Signals to a shell and to the client behind its key: the line stays the user's, nothing is left behind."""

import os
import signal
import sys
from pathlib import Path

import pytest
from commands import daemons_started, start_python
from processes import STAYS, clients_of, files_of, is_running, processes_of, stopped
from shell_kinds import KINDS, ShellKind, init_lines, need_shell
from terminal import Terminal, wait_for
from user_home import Home, Script

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc tells what became of whom")
by_kind = pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])


def shell_in(home: Home, kind: ShellKind) -> Terminal:
    """Return a terminal with a shell that has caro loaded, and leaves its process id in a file."""
    need_shell(kind)
    pid = "$fish_pid" if kind.name == "fish" else "$$"
    rc = home.path / f"rc.{kind.name}"
    rc.write_text(f"{kind.rc.read_text()}\n{init_lines(kind.name, home)}\nprintf %s {pid} >{home.path}/pid\n")
    return Terminal(kind.argv, home.environ)


def begin(terminal: Terminal, home: Home, kind: ShellKind) -> int:
    """Let the shell read its file; returns its process id."""
    terminal.type(f" {kind.source} {home.path}/rc.{kind.name}; clear; echo ready")
    terminal.press("Enter")
    terminal.see("ready\n>")
    return int((home.path / "pid").read_text())


def press(terminal: Terminal, script: Script, words: str) -> None:
    """Ask, and wait until the engine is asked."""
    terminal.type(words)
    terminal.press("C-g")
    script.happened(f"waiting {words}")


def is_left(home: Home) -> str:
    """Return what of clients there is: processes and files; empty when nothing is."""
    files = files_of(home) - STAYS - {"caro.sock"}
    return f"{clients_of(home)} {files}" if clients_of(home) or files else ""


@by_kind
def test_faults_while_a_shell_waits(home: Home, script: Script, kind: ShellKind) -> None:
    """With its client killed the line stays, and the next press asks anew; a stopped one only comes later."""
    for words in ("kill it", "stop it", "stop me"):
        script.say(words, {"wait": words}, f"echo {words}")
    with shell_in(home, kind) as terminal:
        shell = begin(terminal, home, kind)
        press(terminal, script, "kill it")
        for pid in clients_of(home):
            os.kill(pid, signal.SIGKILL)
        wait_for(lambda: not clients_of(home), lambda: str(processes_of(home)))
        script.happened("cancelled kill it")
        terminal.line_becomes("kill it")
        script.open_gate("kill it")
        terminal.press("C-g")
        terminal.line_becomes("echo kill it")
        terminal.press("C-c")
        terminal.line_becomes("")
        press(terminal, script, "stop it")
        (client,) = clients_of(home)
        with stopped(client):
            script.open_gate("stop it")
            terminal.line_becomes("stop it")
        terminal.line_becomes("echo stop it")
        terminal.press("C-c")
        terminal.line_becomes("")
        press(terminal, script, "stop me")
        # tmux may have it go on before we do.
        os.kill(shell, signal.SIGSTOP)
        script.open_gate("stop me")
        os.kill(shell, signal.SIGCONT)
        terminal.line_becomes("echo stop me")
        wait_for(lambda: not is_left(home), lambda: is_left(home))
    # Also of what the shell had started to wait for its clients.
    wait_for(lambda: list(processes_of(home)) == [home.daemon_pid()], lambda: str(processes_of(home)))
    assert daemons_started(home) == 1


@by_kind
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGHUP], ids=["KILL", "HUP"])
def test_a_shell_that_is_ended_while_it_waits(
    home: Home, script: Script, kind: ShellKind, number: signal.Signals
) -> None:
    """A closed window, a crash: the engine stops, the client leaves, the daemon takes its file away when it leaves."""
    script.say("words", "l", {"wait": "words"}, "s")
    with shell_in(home, kind) as terminal:
        shell = begin(terminal, home, kind)
        press(terminal, script, "words")
        # Nobody is there any more to look at the screen.
        os.kill(shell, number)
        wait_for(lambda: not is_running(shell), lambda: f"for {shell} to end")
        script.happened("cancelled words")
        wait_for(lambda: not clients_of(home), lambda: str(processes_of(home)))
    assert daemons_started(home) == 1


# What the process does that the shell waits for, once the one behind its back has begun.
_BETWEEN = """
import os, signal, sys, time
fork = os.fork
def forked():
    child = fork()
    if child:
        open(sys.argv[1], "w").write(str(child))
        os.kill(os.getpid(), signal.Signals[sys.argv[2]])
    return child
os.fork = forked
from caro_shell import keypress
sys.exit(keypress.main("detach"))
"""


@pytest.mark.parametrize(("name", "status"), [("SIGINT", 130), ("SIGTERM", -15), ("SIGKILL", -9)])
def test_no_client_is_left_that_its_shell_does_not_know(home: Home, script: Script, name: str, status: int) -> None:
    """Ended between the fork and the word to the shell: the child leaves, and asks nothing."""
    keyboard, terminal = os.openpty()
    try:
        told = home.path / "child"
        process = start_python(home, ["-c", _BETWEEN, str(told), name])
        said, _ = process.communicate(
            f"shell\tbash\0left\twords\0terminal\t{os.ttyname(terminal)}\0pid\t{os.getpid()}\0", timeout=60
        )
        assert (process.returncode, said) == (status, "")
        child = int(told.read_text())
        wait_for(lambda: not is_running(child), lambda: Path(f"/proc/{child}/status").read_text())
        assert "ask words" not in script.events()
        assert not Path(home.runtime, "caro.sock").exists()
    finally:
        os.close(keyboard)
        os.close(terminal)
