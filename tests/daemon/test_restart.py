"""A daemon that is not what the client needs is replaced: once, by itself, and never in a loop."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from commands import caro, daemons_started, end, start, start_python
from terminal import wait_for
from user_home import Home, Script
from wire import Wire

from caro_shell import __version__, lifecycle, paths

OLD_DAEMON = """
import os, sys
import caro_shell
caro_shell.__version__ = "0.0.1"
from caro_shell import protocol
from caro_shell.daemon import server as daemon
protocol.VERSION = sys.argv[2].encode()
daemon.run(sys.argv[1], os.environ)
"""
NEW_CLIENT = """
import sys
import caro_shell
caro_shell.__version__ = "99.0"
from caro_shell.cli import main
sys.exit(main(sys.argv[1:]))
"""


RunOldDaemon = Callable[..., int]


@pytest.fixture
def run_old_daemon(home: Home, tmp_path: Path) -> Iterator[RunOldDaemon]:
    """Starts a daemon of version 0.0.1, with a protocol of choice, and returns its process id."""
    path = tmp_path / "old.py"
    path.write_text(OLD_DAEMON)
    paths.ensure_private_dir(home.runtime)
    daemons = []

    def run(protocol: str = "caro/1") -> int:
        daemon = start_python(home, [str(path), home.runtime, protocol])
        daemons.append(daemon)
        wait_for(lambda: lifecycle.is_listening(home.runtime), lambda: f"for the old daemon, {daemon.poll()}")
        return daemon.pid

    yield run
    home.kill_daemon()
    for daemon in daemons:
        end(daemon)


def test_a_daemon_of_another_version_is_replaced(home: Home, run_old_daemon: RunOldDaemon) -> None:
    """The user sees an answer and nothing else."""
    old = run_old_daemon()
    said = caro(home, "x")
    assert (said.returncode, said.stdout, said.stderr) == (0, "echo x\n", "")
    assert home.daemon_pid() != old
    assert daemons_started(home) == 1
    assert f'"version": "{__version__}"' in caro(home, "daemon", "status", "--json").stdout


def test_several_clients_replace_it_once(home: Home, run_old_daemon: RunOldDaemon) -> None:
    """Each of them finds it stale, one new daemon answers all."""
    old = run_old_daemon()
    done = [end(client) for client in [start(home, f"request {number}") for number in range(8)]]
    assert [(said.returncode, said.stdout, said.stderr) for said in done] == [
        (0, f"echo request {number}\n", "") for number in range(8)
    ]
    assert home.daemon_pid() != old
    assert daemons_started(home) == 1


def test_a_daemon_that_speaks_another_protocol_is_replaced(home: Home, run_old_daemon: RunOldDaemon) -> None:
    """It cannot read our requests, but `shutdown` it can."""
    old = run_old_daemon(protocol="caro/0")
    said = caro(home, "x")
    assert (said.returncode, said.stdout, said.stderr) == (0, "echo x\n", "")
    assert home.daemon_pid() != old


def test_a_daemon_that_stays_stale_is_one_sentence_and_no_loop(home: Home, tmp_path: Path) -> None:
    """The client is newer than the package the daemon starts from: one try, then the truth."""
    (tmp_path / "new.py").write_text(NEW_CLIENT)
    caro(home, "x")
    said = end(start_python(home, [str(tmp_path / "new.py"), "x"]))
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr == (
        f"caro: The daemon is version {__version__}, the client 99.0.\n      Try: caro daemon restart\n"
    )
    assert daemons_started(home) == 2


def test_changed_settings_in_the_environment_replace_the_engine_once(home: Home, script: Script) -> None:
    """The next client with the same settings finds it loaded; the daemon stays."""
    assert caro(home, "x").stdout == "echo x\n"
    for request in ("y", "z"):
        assert caro(home, request, CARO_THREADS="1").stdout == f"echo {request}\n"
    assert [event.split()[0] for event in script.events()] == ["load", "ask", "close", "load", "ask", "ask"]
    assert daemons_started(home) == 1


def test_an_edited_configuration_file_is_seen_by_the_next_request(home: Home, script: Script) -> None:
    """No need to tell the daemon; what has nothing to do with the engine does not even load that anew."""
    caro(home, "x")
    home.write_config("max_tokens = 99")
    assert caro(home, "y").stdout == "echo y\n"
    home.write_config("threads = 1")
    assert caro(home, "z").stdout == "echo z\n"
    assert [event.split()[0] for event in script.events()] == ["load", "ask", "ask", "close", "load", "ask"]
    assert daemons_started(home) == 1


def test_a_file_broken_while_it_runs_is_one_sentence(home: Home) -> None:
    """The daemon lives on, and answers again when the file is mended."""
    path = home.path / ".config" / "caro" / "config.toml"
    path.parent.mkdir(parents=True)
    caro(home, "x")
    path.write_text("threads = 'many'\n")
    said = caro(home, "y")
    assert (said.returncode, said.stdout) == (1, "")
    assert "`threads` must be" in said.stderr
    path.unlink()
    assert caro(home, "y").stdout == "echo y\n"
    assert daemons_started(home) == 1


def test_a_configuration_file_named_from_where_the_client_stands_is_found(home: Home, script: Script) -> None:
    """CARO_CONFIG may be relative to the client's directory; the daemon lives in another one."""
    config = home.path / "here.toml"
    config.write_text('model = "from-the-file"\n')
    done = subprocess.run(
        [sys.executable, "-m", "caro_shell", "x"],
        env={**home.environ, "CARO_CONFIG": "here.toml"},
        cwd=home.path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "echo x\n"
    assert "load from-the-file" in script.events()


def test_the_model_of_a_request_needs_no_restart(home: Home, script: Script) -> None:
    """By --model or by CARO_MODEL, back and forth; only one model is held."""
    caro(home, "x")
    pid = home.daemon_pid()
    assert caro(home, "y", CARO_MODEL="other").stdout == "echo y\n"
    assert caro(home, "--model", "third", "z").stdout == "echo z\n"
    assert home.daemon_pid() == pid
    assert [event for event in script.events() if event.split()[0] in ("load", "close")] == [
        "load small",
        "close",
        "load other",
        "close",
        "load third",
    ]


def test_a_late_shutdown_spares_the_new_daemon(home: Home, script: Script) -> None:
    """A client that wanted the old one replaced, and comes late, does not end the new one."""
    script.say("long", {"wait": "go"}, "ls")
    with Wire(home) as wire:
        request = wire.generate("long")
        script.happened("waiting go")
        wire.ask("shutdown", pid=home.daemon_pid() + 1)
        script.open_gate("go")
        assert wire.events(request)[-1]["command"] == "ls"
