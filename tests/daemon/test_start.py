"""How the daemon comes to life: on first use, once, whatever lies about, and with a reason when it cannot."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path

import pytest
from commands import caro, daemons_started, end, log, open_files, start
from terminal import wait_for
from user_home import Home, Script
from wire import Wire

from caro_shell import lifecycle, paths
from caro_shell.client import Client


def test_twenty_clients_at_once_start_one_daemon(home: Home) -> None:
    """All of them are answered, and nobody sees that others were there."""
    clients = [start(home, f"request {number}") for number in range(20)]
    done = [end(client) for client in clients]
    assert [(said.returncode, said.stdout, said.stderr) for said in done] == [
        (0, f"echo request {number}\n", "") for number in range(20)
    ]
    assert daemons_started(home) == 1


def test_a_killed_daemon_is_one_sentence_and_the_next_request_works(home: Home, script: Script) -> None:
    """Kill -9 in mid-answer: exit 1 at once, and the stale socket and lock do no harm."""
    script.say("long", {"wait": "never"}, "ls")
    client = start(home, "long")
    script.happened("waiting never")
    killed = home.kill_daemon()
    said = end(client)
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr == (
        "caro: The daemon stopped in the middle of the answer.\n      Ask again: it starts by itself.\n"
    )
    assert {"caro.sock", "daemon.lock"} <= {path.name for path in Path(home.runtime).iterdir()}
    assert caro(home, "next").stdout == "echo next\n"
    assert home.daemon_pid() not in (0, killed)


def test_an_engine_that_takes_the_daemon_with_it_is_one_sentence(home: Home, script: Script) -> None:
    """A crash in native code looks the same, and is not tried again and again."""
    script.say("bang", "ls", {"exit": True})
    said = caro(home, "bang")
    assert said.returncode == 1
    assert said.stderr.startswith("caro: The daemon stopped in the middle of the answer.\n")
    assert script.events().count("ask bang") == 1


@pytest.mark.parametrize("rubbish", ["a file", "a dead socket", "nothing"])
def test_what_an_earlier_daemon_left_does_no_harm(home: Home, rubbish: str) -> None:
    """A socket nobody listens to, a lock nobody holds, even a file in the socket's place."""
    directory = Path(paths.ensure_private_dir(home.runtime))
    (directory / "daemon.lock").write_text("1")
    (directory / "spawn.lock").write_text("")
    if rubbish == "a file":
        (directory / "caro.sock").write_text("rubbish")
    elif rubbish == "a dead socket":
        caro(home, "x")
        home.kill_daemon()
    said = caro(home, "list")
    assert (said.returncode, said.stdout, said.stderr) == (0, "echo list\n", "")


def test_two_daemons_cannot_run(home: Home) -> None:
    """The second one says so and leaves; the first one keeps its socket."""
    caro(home, "x")
    pid = home.daemon_pid()
    said = caro(home, "daemon", "run")
    assert said.returncode == 1
    assert said.stderr == "caro: Another daemon is running already.\n      See: caro daemon status\n"
    assert caro(home, "y").stdout == "echo y\n"
    assert home.daemon_pid() == pid


def test_a_daemon_whose_client_was_cancelled_is_waited_for(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client that started it has left with its lock; the next one starts another, which finds it and gives way."""
    paths.ensure_private_dir(home.runtime)
    monkeypatch.setattr(lifecycle, "spawn_lock", lambda _directory: nullcontext())
    with ThreadPoolExecutor(2) as pool:
        started = list(pool.map(lambda _turn: lifecycle.start(home.runtime, home.environ), range(2)))
    assert sorted(started) == [False, True]
    assert daemons_started(home) == 1


def test_whoever_looks_does_not_keep_a_daemon_from_starting(home: Home) -> None:
    """A look at the lock takes it for an instant; a daemon that meets one tries again."""
    paths.ensure_private_dir(home.runtime)
    lock = lifecycle.try_lock(f"{home.runtime}/daemon.lock")
    assert lock is not None
    daemon = start(home, "daemon", "run")
    wait_for(lambda: _has_imported(daemon.pid), lambda: "for the daemon to come as far as the lock")
    os.close(lock)
    wait_for(lambda: lifecycle.is_listening(home.runtime), lambda: "for the daemon to listen")
    os.kill(daemon.pid, signal.SIGTERM)
    assert end(daemon).returncode == 0


def _has_imported(pid: int) -> bool:
    """Say whether the process has zmq: taking the lock is what it does next."""
    try:
        return "zmq" in Path(f"/proc/{pid}/maps").read_text()
    except OSError:
        return sys.platform != "linux"


def test_a_daemon_in_the_foreground_serves_clients(home: Home) -> None:
    """`caro daemon run`, as a service manager starts it."""
    daemon = start(home, "daemon", "run")
    wait_for(lambda: lifecycle.is_listening(home.runtime), lambda: "for the daemon to listen")
    assert caro(home, "x").stdout == "echo x\n"
    assert home.daemon_pid() == daemon.pid
    assert caro(home, "daemon", "stop").returncode == 0
    assert end(daemon).returncode == 0


def test_a_daemon_that_cannot_start_says_its_reason(home: Home) -> None:
    """A configuration file that cannot be read: one sentence, from the daemon's own mouth, and no traceback."""
    path = home.path / "broken.toml"
    path.write_text("model = ")
    said = caro(home, "x", CARO_CONFIG=str(path))
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr.startswith(f"caro: {path}:1: this is not TOML: ")
    assert "Traceback" not in said.stderr
    assert len(said.stderr.splitlines()) == 2


def test_an_engine_that_does_not_exist_is_one_sentence(home: Home) -> None:
    """It is told by what sets it, with the names there are."""
    said = caro(home, "x", CARO_ENGINE="warp")
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr == (
        "caro: CARO_ENGINE must be auto, llama, xllamacpp, openai, mlx, candle, or FILE.py:CLASS, not 'warp'.\n"
        "      Try: unset CARO_ENGINE\n"
    )


def test_a_load_that_fails_is_one_sentence_and_is_tried_again(home: Home, script: Script) -> None:
    """The weights may have come meanwhile."""
    script.say("(load)", {"fail": "There are no weights."})
    said = caro(home, "x")
    assert (said.returncode, said.stderr) == (1, "caro: There are no weights.\n      Mend it.\n")
    script.say("(load)")
    assert caro(home, "x").stdout == "echo x\n"
    assert daemons_started(home) == 1


def test_status_is_answered_while_the_model_loads(home: Home, script: Script) -> None:
    """The daemon is there before its model."""
    script.say("(load)", {"wait": "weights"})
    with Wire(home) as wire:
        assert wire.ask("status")["state"] == "idle"
        request = wire.generate("x")
        script.happened("waiting weights")
        assert wire.ask("status")["state"] == "loading"
        assert wire.events(request, until=("working",))[-1]["state"] == "loading"
        script.open_gate("weights")
        assert wire.events(request)[-1]["command"] == "echo x"
        assert wire.ask("status")["state"] == "ready"


def test_a_status_starts_no_daemon(home: Home) -> None:
    """Looking changes nothing; stopping what is not there does not start it either."""
    said = caro(home, "daemon", "status", "--json")
    assert '"state": "stopped"' in said.stdout
    assert "was not running" in caro(home, "daemon", "stop").stderr
    assert daemons_started(home) == 0


def test_a_daemon_inherits_nothing_of_the_client(home: Home) -> None:
    """Not its directory, its terminal, its pipes or its session: the client's caller must not wait for it."""
    done = subprocess.run(
        [sys.executable, "-m", "caro_shell", "x"],
        env=home.environ,
        capture_output=True,
        text=True,
        check=True,
        cwd=home.path,
    )
    assert done.stdout == "echo x\n"
    pid = home.daemon_pid()
    assert os.getsid(pid) == pid
    if sys.platform == "linux":
        assert Path(f"/proc/{pid}/cwd").readlink() == Path("/")
        opened = open_files(pid)
        assert opened[0] == "/dev/null"
        assert opened[1] == opened[2] == f"{home.runtime}/daemon.log"
        assert not [path for path in opened.values() if path.startswith("pipe:")]


def test_a_log_that_has_grown_is_put_aside(home: Home) -> None:
    """One file is kept besides the current one."""
    directory = Path(paths.ensure_private_dir(home.runtime))
    (directory / "daemon.log").write_text("x" * 1_000_001)
    caro(home, "x")
    assert (directory / "daemon.log.1").stat().st_size == 1_000_001
    assert log(home).count("listens") == 1


def test_a_lock_that_is_never_let_go_locks_nobody_out(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody may have been stopped while he started the daemon: after a while the others start it without him."""
    monkeypatch.setattr(lifecycle, "LOCK_LIMIT_S", 0.0)
    paths.ensure_private_dir(home.runtime)
    lock = lifecycle.try_lock(f"{home.runtime}/spawn.lock")
    assert lock is not None
    with Client(home.environ) as client:
        assert client.ask({"type": "status"})["pid"] == home.daemon_pid()
    os.close(lock)
    assert daemons_started(home) == 1
