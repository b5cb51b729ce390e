"""How the daemon goes: after idle hours, on a signal, on request; what it leaves behind, and what it never does."""

import os
import signal
import sys
from pathlib import Path

import pytest
from commands import caro, daemons_started, end, log, open_files, start
from terminal import wait_for
from user_home import Home, Script
from wire import Wire

from caro_shell import lifecycle


def is_gone(home: Home) -> bool:
    """Say whether neither the socket nor the lock is held."""
    return not Path(home.runtime, "caro.sock").exists() and home.daemon_pid() == 0


def test_an_idle_model_is_unloaded_once(home: Home, script: Script) -> None:
    """After `idle_unload` the memory is given back; the daemon stays, and remembers what was sent last."""
    home.environ["CARO_IDLE_UNLOAD"] = "0.05"
    caro(home, "x")
    script.happened("close")
    with Wire(home) as wire:
        wait_for(lambda: wire.ask("status")["state"] == "idle", lambda: "for the model to be unloaded")
        assert wire.ask("status", last=True)["last"]["line"] == "x"
        assert wire.answer("y")["command"] == "echo y"
        script.happened("close", times=2)
    assert script.events().count("load small") == 2
    assert script.events().count("close") == 2
    assert daemons_started(home) == 1


def test_an_idle_daemon_leaves(home: Home) -> None:
    """After `idle_exit` the socket is gone and the lock is free."""
    home.environ["CARO_IDLE_EXIT"] = "0.05"
    caro(home, "x")
    wait_for(lambda: is_gone(home), lambda: f"for the daemon to leave\n{log(home)}")
    assert "caro leaves" in log(home)


@pytest.mark.parametrize("limit", ["inf", "1e300"])
def test_a_daemon_may_be_told_never_to_leave(home: Home, limit: str) -> None:
    """Endless is a number of seconds, too."""
    home.environ |= {"CARO_IDLE_EXIT": limit, "CARO_IDLE_UNLOAD": limit}
    assert [caro(home, word).stdout for word in "ab"] == ["echo a\n", "echo b\n"]
    assert daemons_started(home) == 1


def test_requests_at_the_moment_of_leaving_are_answered(home: Home) -> None:
    """The daemon leaves while requests come: each is answered, by it or by the next one."""
    home.environ["CARO_IDLE_EXIT"] = "0.01"
    for number in range(15):
        said = caro(home, f"request {number}")
        assert (said.returncode, said.stdout, said.stderr) == (0, f"echo request {number}\n", "")
    assert daemons_started(home) > 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_in_order(home: Home, script: Script, number: signal.Signals) -> None:
    """A request in flight is told, the engine is stopped and closed, socket and lock are free."""
    script.say("long", {"wait": "never"}, "ls")
    with Wire(home) as wire:
        request = wire.generate("long")
        script.happened("waiting never")
        os.kill(home.daemon_pid(), number)
        ended = wire.events(request)[-1]
    assert (ended["code"], ended["message"]) == ("daemon", "The daemon was told to leave.")
    wait_for(lambda: is_gone(home), lambda: f"for the daemon to leave\n{log(home)}")
    assert script.events()[-2:] == ["cancelled long", "close"]
    assert caro(home, "next").stdout == "echo next\n"


def test_the_user_is_told_that_the_daemon_was_told_to_leave(home: Home, script: Script) -> None:
    """The same, seen from `caro`: one sentence, exit code 1."""
    script.say("long", {"wait": "never"}, "ls")
    client = start(home, "long")
    script.happened("waiting never")
    assert caro(home, "daemon", "stop").returncode == 0
    said = end(client)
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr == "caro: The daemon was told to leave.\n      Ask again: it starts by itself.\n"


def test_a_stuck_engine_does_not_keep_the_daemon(home: Home, script: Script) -> None:
    """An engine that does not listen while it loads is left behind after a moment."""
    script.say("(load)", {"wait": "never"})
    with Wire(home) as wire:
        wire.generate("x")
        script.happened("waiting never")
        assert wire.ask("shutdown")["state"] == "leaving"
    wait_for(lambda: is_gone(home), lambda: f"for the daemon to leave\n{log(home)}")


def test_an_engine_that_cannot_be_closed_does_not_keep_the_next_one(home: Home, script: Script) -> None:
    """Neither when the model is unloaded nor when another takes its place; it is logged."""
    script.say("(close)", {"crash": True})
    home.environ["CARO_IDLE_UNLOAD"] = "0.05"
    assert caro(home, "x").stdout == "echo x\n"
    script.happened("close")
    assert caro(home, "y").stdout == "echo y\n"
    assert caro(home, "--model", "tiny", "z").stdout == "echo z\n"
    assert daemons_started(home) == 1
    assert "could not be closed" in log(home)


def test_stop_waits_until_it_is_gone(home: Home) -> None:
    """After `caro daemon stop` a new daemon can start at once."""
    caro(home, "x")
    assert caro(home, "daemon", "stop").returncode == 0
    assert is_gone(home)
    assert not lifecycle.is_listening(home.runtime)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_it_opens_no_network_port(home: Home) -> None:
    """None of its descriptors is a socket that listens or talks on a network."""
    caro(home, "x")
    pid = home.daemon_pid()
    inodes = {name.removeprefix("socket:[").removesuffix("]") for name in open_files(pid).values()}
    for table in ("tcp", "tcp6", "udp", "udp6", "raw", "raw6"):
        path = Path(f"/proc/{pid}/net/{table}")
        lines = path.read_text().splitlines()[1:] if path.exists() else []
        assert not inodes & {line.split()[9] for line in lines}
    assert inodes & {line.split()[6] for line in Path(f"/proc/{pid}/net/unix").read_text().splitlines()[1:]}


def test_it_logs_no_request_text(home: Home, script: Script) -> None:
    """Neither what was typed nor what was written, also when something breaks."""
    script.say("my secret wish", "echo 'the secret answer'")
    script.say("my secret crash", "secretly", {"crash": True})
    script.say("my secret prose", "Sure, a secret.\u202e")
    for request in ("my secret wish", "my secret crash", "my secret prose"):
        caro(home, request)
    assert "the script says so" in log(home)
    assert "secret" not in log(home)
