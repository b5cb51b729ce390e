"""The daemon on a machine that is short of memory, asleep, or idle; and with a clock on the wall that jumps."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import caro, daemons_started
from terminal import wait_for
from user_home import SUPPORT, Home, Script, need, need_program
from wire import Wire

from caro_shell import __version__, config, paths
from caro_shell.daemon import manners
from caro_shell.daemon.manners import Manners
from caro_shell.daemon.server import Daemon


class FakeMachine:
    """A machine with as much memory as a test says."""

    def __init__(self, root: Path) -> None:
        """There is enough."""
        self.root = root
        (root / "proc").mkdir()
        self.has_available(50)

    def has_available(self, per_cent: int) -> None:
        """Let so much of the memory be available."""
        new = self.root / "proc" / "new"
        new.write_text(f"MemTotal: 100000 kB\nMemAvailable: {per_cent}000 kB\n")
        new.replace(self.root / "proc" / "meminfo")


@pytest.fixture
def machine(tmp_path: Path) -> FakeMachine:
    """A machine with enough memory."""
    return FakeMachine(tmp_path)


@pytest.fixture
def wire(home: Home, machine: FakeMachine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    """A connection to a daemon in this process, on that machine, which takes no pause and looks at every turn."""
    monkeypatch.setattr(manners, "_PAUSE_S", 0.0)
    monkeypatch.setattr(manners, "_LOOK_S", 0.0)
    monkeypatch.setenv("CARO_TEST_SCRIPT", home.environ["CARO_TEST_SCRIPT"])
    settings = config.resolve(home.environ, paths.config_file(home.environ))
    runtime = paths.ensure_private_dir(home.runtime)
    daemon = Daemon(settings, runtime, home.environ, Manners(machine.root, "linux"))
    wake, waker = socket.socketpair()
    serving = threading.Thread(target=daemon.serve, args=(wake,))
    serving.start()
    try:
        with Wire(home) as connected:
            yield connected
    finally:
        daemon.leave()
        waker.send(b"x")
        serving.join()
        wake.close()
        waker.close()


def state_becomes(wire: Wire, state: str) -> None:
    """Wait until the daemon says so; each question is a turn of its loop."""
    seen = ""

    def ask() -> bool:
        nonlocal seen
        seen = str(wire.ask("status")["state"])
        return seen == state

    wait_for(ask, lambda: f"for {state}, not {seen}")


def test_short_memory_is_given_back_once_nobody_waits(
    wire: Wire, machine: FakeMachine, script: Script, caplog: pytest.LogCaptureFixture
) -> None:
    """Never in the middle of a request; the next one loads the model again, and the log says why it was gone."""
    caplog.set_level("INFO")
    script.say("long", {"wait": "go"}, "ls")
    request = wire.generate("long")
    script.happened("waiting go")
    machine.has_available(2)
    assert [wire.ask("status")["state"] for _turn in range(5)] == ["busy"] * 5
    assert "close" not in script.events()
    script.open_gate("go")
    assert wire.events(request)[-1]["command"] == "ls"
    state_becomes(wire, "idle")
    script.happened("close")
    assert sum(message.startswith("memory is short: 2% available") for message in caplog.messages) == 1
    assert any(message.startswith("the model is unloaded") for message in caplog.messages)
    assert wire.answer("again")["command"] == "echo again"


def test_memory_in_between_changes_nothing(wire: Wire, machine: FakeMachine) -> None:
    """What is a little more than too little neither unloads a model nor keeps one from staying."""
    wire.answer("x")
    machine.has_available(7)
    assert [wire.ask("status")["state"] for _turn in range(5)] == ["ready"] * 5


def test_a_model_is_warmed_where_there_is_memory_for_it(wire: Wire, machine: FakeMachine, script: Script) -> None:
    """Where it is short, the next request is what loads it."""
    machine.has_available(2)
    assert wire.ask("warm", version=__version__)["type"] == "status"
    assert wire.answer("x")["command"] == "echo x"
    state_becomes(wire, "idle")
    machine.has_available(50)
    loads = script.events().count("load small")
    wire.ask("warm", version=__version__, settings=wire.fields("")["settings"])
    script.happened("load small", times=loads + 1)
    state_becomes(wire, "ready")


@pytest.fixture
def clocks(home: Home) -> Path:
    """The file that says how far the daemon's clocks are off: of the wall's, and of the time asleep, in seconds."""
    if sys.platform != "linux":
        need("Linux's clocks")
    library, file = home.path / "clock_jump.so", home.path / "clocks"
    compiler = need_program("cc")
    subprocess.run([compiler, "-shared", "-fPIC", "-o", str(library), str(SUPPORT / "clock_jump.c")], check=True)
    file.write_text("0 0")
    home.environ |= {"LD_PRELOAD": str(library), "CARO_TEST_CLOCKS": str(file)}
    return file


def time_there(home: Home) -> tuple[float, float]:
    """Return the time on the wall and the time with sleep of a process in a home, in seconds."""
    code = "import time; print(time.time(), time.clock_gettime(time.CLOCK_BOOTTIME))"
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], env=home.environ, capture_output=True, text=True, check=True
    )
    wall, boot = map(float, done.stdout.split())
    return wall, boot


DAY_S = 24 * 3600
YEARS_S = 10 * 365 * DAY_S


def test_neither_a_jumping_clock_nor_a_night_of_sleep_unloads_the_model(
    home: Home, script: Script, clocks: Path
) -> None:
    """Idle times go by the time that the machine was awake; what is under way goes on, and the socket is as it was."""
    script.say("long", {"wait": "go"}, "ls")
    with Wire(home) as wire:
        wire.answer("first")
        pid = home.daemon_pid()
        request = wire.generate("long")
        script.happened("waiting go")
        for wall, asleep in ((YEARS_S, 0), (-YEARS_S, 0), (0, DAY_S)):
            clocks.write_text(f"{wall} {asleep}")
            now, boot = time_there(home)
            assert abs(now - time.time() - wall - asleep) < DAY_S / 2
            assert abs(boot - time.clock_gettime(time.CLOCK_BOOTTIME) - asleep) < DAY_S / 2
            assert [wire.ask("status")["state"] for _turn in range(3)] == ["busy"] * 3
        script.open_gate("go")
        assert wire.events(request)[-1]["command"] == "ls"
        for wall, asleep in ((YEARS_S, 0), (-YEARS_S, 0), (0, 2 * DAY_S)):
            clocks.write_text(f"{wall} {asleep}")
            assert [wire.ask("status")["state"] for _turn in range(3)] == ["ready"] * 3
            assert wire.answer(f"at {wall}")["command"] == f"echo at {wall}"
            assert caro(home, f"by {wall}").stdout == f"echo by {wall}\n"
    assert (home.daemon_pid(), daemons_started(home)) == (pid, 1)
    assert [event for event in script.events() if event.split()[0] in {"load", "close"}] == ["load small"]


def test_a_daemon_that_was_stopped_for_a_while_goes_on(home: Home, script: Script) -> None:
    """As it is after a suspend: what was asked meanwhile is answered, on the connection that there was."""
    with Wire(home) as wire:
        wire.answer("x")
        os.kill(home.daemon_pid(), signal.SIGSTOP)
        request = wire.generate("asked meanwhile")
        os.kill(home.daemon_pid(), signal.SIGCONT)
        assert wire.events(request)[-1]["command"] == "echo asked meanwhile"
    assert daemons_started(home) == 1


def _wakes(pid: int) -> dict[str, int]:
    """Return how often each thread of a process has gone to sleep."""
    found = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        lines = (task / "status").read_text().splitlines()
        found[task.name] = int(next(line for line in lines if line.startswith("voluntary")).split()[1])
    return found


def test_an_idle_daemon_wakes_every_few_seconds_and_one_thread_of_it(home: Home) -> None:
    """It looks whether it can be reached and whether its settings are the same; nothing else runs, nor polls."""
    if sys.platform != "linux":
        need("reads /proc")
    caro(home, "x")
    pid = home.daemon_pid()

    def after_a_look() -> dict[str, int]:
        before = _wakes(pid)[str(pid)]
        wait_for(lambda: _wakes(pid)[str(pid)] > before, lambda: "for the daemon to look")
        return _wakes(pid)

    def a_span() -> bool:
        """Look on from one look to the next; at first the daemon has things to finish."""
        first, began = after_a_look(), time.monotonic()
        second = after_a_look()
        others = {thread: second[thread] - first[thread] for thread in first if thread != str(pid)}
        return time.monotonic() - began > 3 and not any(others.values()) and second[str(pid)] - first[str(pid)] <= 3

    wait_for(a_span, lambda: f"for the daemon to rest: {_wakes(pid)}", limit_s=120)
