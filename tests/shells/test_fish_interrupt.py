"""Ctrl-C in fish at the moments when a function of ours runs: fish ends that at the signal, wherever it is."""

import sys
from contextlib import suppress
from pathlib import Path

import pytest
from shell_kinds import FISH, ShellKind
from terminal import Line, OpenShell, Terminal, wait_for
from user_home import Home, Script, need_program

REQUEST = "show the five largest files here"
COMMAND = "du -a . | sort -rn | head -n 5"
MORE = " please"
GHOSTS = ("…", "→")
# Waits until the test says `go`. No program: fish ends everything when the signal has ended one.
STOP = "builtin echo >~/at; while not test -e ~/go; end"
# The daemon runs by the same interpreter: only the shell's own client is held up.
CLIENT = """#!/bin/sh
case "$*" in *keypress*) trap '' INT; : >~/at; until [ -e ~/go ]; do sleep 0.01; done ;; esac
exec '{python}' "$@"
"""


@pytest.fixture
def kind() -> ShellKind:
    """Only fish, here."""
    need_program("tmux")
    need_program(FISH.argv[0])
    return FISH


def stop_in(terminal: Terminal, function: str) -> None:
    """Let one of our functions wait at its beginning for the test, once; they have been read."""
    stop = f"function {function}; functions -e {function}; functions -c _real {function}; {STOP}; {function} $argv; end"
    terminal.type(f"functions -c {function} _real; {stop}; clear; echo stops")
    terminal.press("Enter")
    terminal.see("stops\n>")


def read_the_parts(terminal: Terminal) -> None:
    """Press the key where there is nothing to ask, so that all our functions are there."""
    terminal.press("C-g")
    terminal.see("type what you want in words")


def interrupt_at(terminal: Terminal, home: Home) -> None:
    """Press Ctrl-C where something waits for the test, and let that go on."""
    wait_for((home.path / "at").exists, terminal.screen)
    terminal.press("C-c")
    (home.path / "go").touch()


def clients(home: Home) -> list[str]:
    """Return the processes that still work for the key: none of them draws any more when there is none."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words, environ = ((process / name).read_bytes() for name in ("cmdline", "environ"))
            if b"caro_shell.keypress" in words and f"HOME={home.path}\0".encode() in environ:
                found.append(process.name)
    return found


def works_on(terminal: Terminal, home: Home, line: str) -> None:
    """Nothing is offered, drawn or pending; Ctrl-C is fish's, and the next request is answered by the terminal."""
    # The shell is done with the key then: no client starts any more.
    terminal.line()
    wait_for(lambda: not clients(home), terminal.screen)
    assert terminal.line() == Line(line, len(line))
    assert not any(ghost in terminal.screen() for ghost in GHOSTS)
    terminal.press("C-c")
    terminal.line_becomes("")
    terminal.type("the end")
    terminal.press("C-g")
    terminal.line_becomes("echo the end")
    terminal.press("C-u")
    terminal.type("echo terminal=$_caro_terminal, listens=(functions -q _caro_signal_hook; echo $status)")
    terminal.press("Enter")
    terminal.see("\nterminal=types, listens=1\n")


@pytest.mark.parametrize(
    ("function", "more"),
    [
        ("_caro_on_reply", ""),
        ("_caro_on_reply", MORE),
        ("_caro_take", ""),
        ("_caro_take", MORE),
        ("_caro_put", ""),
        ("_caro_replace", ""),
    ],
)
def test_ctrl_c_while_the_answer_is_being_taken(
    terminal: Terminal, home: Home, script: Script, function: str, more: str
) -> None:
    """It ends the request: the line stays, and the answer is neither put there nor offered."""
    read_the_parts(terminal)
    script.say(REQUEST, {"wait": "go"}, COMMAND)
    stop_in(terminal, function)
    terminal.type(REQUEST)
    terminal.press("C-g")
    script.happened("waiting go")
    terminal.type(more)
    script.open_gate("go")
    interrupt_at(terminal, home)
    works_on(terminal, home, REQUEST + more)


def test_ctrl_c_while_the_client_starts(open_shell: OpenShell, home: Home, script: Script) -> None:
    """The request that it had begun is ended, and the same words may be asked again."""
    client = home.path / "client"
    client.write_text(CLIENT.format(python=sys.executable))
    client.chmod(0o755)
    terminal = open_shell(after=f"set -g CARO_PYTHON {client}")
    script.say(REQUEST, {"wait": "never"})
    terminal.type(REQUEST)
    terminal.press("C-g")
    interrupt_at(terminal, home)
    works_on(terminal, home, REQUEST)
