"""Signals to the daemon, its worker and the client at every step of a request: one sentence, and the next one works."""

import os
import signal
import subprocess  # noqa: TC003  a named tuple's fields are looked up
import sys
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest
from commands import caro, daemons_started, end, log, start, start_python
from processes import files_of, is_running, processes_of, stopped
from terminal import DEADLINE_S, wait_for
from user_home import Home, Script
from wire import Wire

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc tells what became of whom")

DIED = "caro: The daemon stopped in the middle of the answer.\n      Ask again: it starts by itself.\n"
TOLD = "caro: The daemon was told to leave.\n      Ask again: it starts by itself.\n"
MEMORY = "caro: There is not enough memory.\n      Close a program, or use a smaller model.\n"


class Step(NamedTuple):
    """How far a request has come."""

    name: str
    load: tuple[object, ...]
    """What the engine does while it loads."""
    answer: tuple[object, ...]
    """What it does for the request."""
    happened: str
    """What the engine has done then."""


GATE = {"wait": "go"}
STEPS = (
    Step("loading", (GATE,), ("ls",), "waiting go"),
    Step("thinking", (), (GATE, "ls"), "waiting go"),
    Step("writing", (), ("l", GATE, "s"), "waiting go"),
    Step("queued", (), ("ls",), "waiting other"),
)
by_step = pytest.mark.parametrize("step", STEPS, ids=[step.name for step in STEPS])


_others: list["subprocess.Popen[str]"] = []


@pytest.fixture(autouse=True)
def others_end() -> Iterator[None]:
    """Wait for those who asked beside the request that a test is about."""
    yield
    while _others:
        _others.pop().wait(DEADLINE_S)


class Reached(NamedTuple):
    """A request at its step."""

    client: "subprocess.Popen[str]"
    daemon: int
    go_on: Callable[[], None]


def reach(home: Home, script: Script, step: Step) -> Reached:
    """Ask, and wait until the request has come to a step."""
    script.say("(load)", *step.load)
    script.say("words", *step.answer)
    script.say("other", {"wait": "other"}, "true")
    if step.name == "queued":
        start_other(home, script)
    client = start(home, "words")
    script.happened(step.happened)
    # What the daemon has said to the client before it said this is on its way, whatever becomes of it now.
    with Wire(home) as wire:
        wait_for(lambda: wire.ask("status")["waiting"] == 1 + (step.name == "queued"), lambda: log(home))

    def go_on() -> None:
        script.open_gate("go")
        script.open_gate("other")

    return Reached(client, home.daemon_pid(), go_on)


def start_other(home: Home, script: Script) -> None:
    """Let the engine be busy with somebody else's request."""
    _others.append(process := start(home, "other"))
    for pipe in (process.stdin, process.stdout, process.stderr):
        assert pipe is not None
        pipe.close()
    script.happened("waiting other")


def works_again(home: Home, script: Script) -> None:
    """Ask once more, and let everything end: nothing of what was is left."""
    script.say("(load)")
    script.open_gate("other")
    said = caro(home, "next")
    assert (said.returncode, said.stdout, said.stderr) == (0, "echo next\n", "")
    assert caro(home, "daemon", "stop").returncode == 0
    assert "Traceback" not in log(home)
    assert files_of(home) == {"daemon.lock", "spawn.lock", "daemon.log"}
    wait_for(lambda: not processes_of(home), lambda: f"for the last process to end: {processes_of(home)}")


@by_step
@pytest.mark.parametrize(("number", "says"), [(signal.SIGKILL, DIED), (signal.SIGTERM, TOLD)])
def test_a_daemon_that_is_ended(home: Home, script: Script, step: Step, number: signal.Signals, says: str) -> None:
    """Whatever it was doing, the client ends at once with what happened."""
    at = reach(home, script, step)
    os.kill(at.daemon, number)
    said = end(at.client)
    assert (said.returncode, said.stdout, said.stderr) == (1, "", says)
    works_again(home, script)


@by_step
def test_a_daemon_that_is_stopped_and_goes_on(home: Home, script: Script, step: Step) -> None:
    """A suspended machine, or a debugger: the request ends as if nothing had been."""
    at = reach(home, script, step)
    with stopped(at.daemon):
        at.go_on()
    assert end(at.client).stdout == "ls\n"
    assert home.daemon_pid() == at.daemon
    works_again(home, script)


@by_step
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_a_client_that_is_ended(home: Home, script: Script, step: Step, number: signal.Signals) -> None:
    """Its request is given up: the engine never hears of it, or stops; the daemon serves the next one."""
    at = reach(home, script, step)
    os.kill(at.client.pid, number)
    assert end(at.client).returncode == -number
    if step.name in ("thinking", "writing"):
        script.happened("cancelled words")
    at.go_on()
    with Wire(home) as wire:
        wait_for(lambda: wire.ask("status")["waiting"] == 0, lambda: log(home))
    assert home.daemon_pid() == at.daemon
    works_again(home, script)


@by_step
def test_a_client_that_is_stopped_and_goes_on(home: Home, script: Script, step: Step) -> None:
    """Meanwhile others are served; its answer is there when it looks."""
    at = reach(home, script, step)
    with stopped(at.client.pid):
        at.go_on()
        assert caro(home, "somebody else").stdout == "echo somebody else\n"
    assert end(at.client).stdout == "ls\n"
    works_again(home, script)


def test_a_worker_without_memory_is_one_sentence(home: Home, script: Script) -> None:
    """In the log there is more; the daemon goes on."""
    script.say("much", "l", {"memory": True})
    said = caro(home, "much")
    assert (said.returncode, said.stdout, said.stderr) == (1, "", MEMORY)
    assert caro(home, "next").stdout == "echo next\n"
    assert daemons_started(home) == 1


def test_a_worker_that_has_ended_takes_its_daemon_along(home: Home, script: Script) -> None:
    """Nothing would ever be answered again: who waits is told, and the next one gets another daemon."""
    script.say("strange", {"wait": "both"}, {"end": True})
    clients = [start(home, "strange")]
    script.happened("waiting both")
    clients.append(start(home, "behind it"))
    with Wire(home) as wire:
        wait_for(lambda: wire.ask("status")["waiting"] == 2, lambda: log(home))
    script.open_gate("both")
    assert [end(client).stderr for client in clients] == [DIED] * 2
    works_again(home, script)


IMPATIENT = """
import sys
from caro_shell import client, lifecycle
client._LOST_S, client._LISTENING_S, lifecycle.STOP_LIMIT_S = 1.0, 0.5, 0.5
from caro_shell.cli import main
sys.exit(main(sys.argv[1:]))
"""
HANGS = "caro: The daemon does not answer.\n      Try: caro daemon restart\n"


def test_a_daemon_that_stays_stopped(home: Home, script: Script) -> None:
    """The client does not wait for ever, neither in mid-answer nor for the connection; a restart gets rid of it."""
    script.say("words", "l", {"wait": "go"})
    client = start_python(home, ["-c", IMPATIENT, "words"])
    script.happened("waiting go")
    pid = home.daemon_pid()
    with stopped(pid):
        said = [
            end(client),
            *(end(start_python(home, ["-c", IMPATIENT, *words])) for words in (["x"], ["daemon", "status"])),
        ]
        assert [(one.returncode, one.stdout, one.stderr) for one in said] == [(1, "", HANGS)] * 3
        restarted = end(start_python(home, ["-c", IMPATIENT, "daemon", "restart"]))
        assert (restarted.returncode, restarted.stderr) == (0, "caro daemon: started\n")
        assert not is_running(pid)
    works_again(home, script)
