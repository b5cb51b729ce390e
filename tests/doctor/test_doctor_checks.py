"""Each check of `caro doctor`: what is wrong is made, seen and mended; the same place without it has no finding."""

import os
import pty
import socket
import stat
import termios
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from caro_shell import lifecycle, paths
from caro_shell.doctor import daemon, engine, files, interpreter, network, place, shells, terminal
from caro_shell.doctor.finding import Finding, Surroundings
from caro_shell.errors import CaroError
from caro_shell.models.machine import Machine
from caro_shell.models.store import Weights

Check = Callable[[Surroundings], Iterable[Finding]]


@pytest.fixture
def around(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Surroundings:
    """A home with nothing in it; this process has it, too, for what asks the environment itself."""
    environ = {"HOME": str(tmp_path), "PATH": "/nonexistent", "CARO_RUNTIME_DIR": str(tmp_path / "run")}
    for name in (*os.environ,):
        if name.startswith(("CARO_", "HF_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return Surroundings(environ, tmp_path)


def with_(around: Surroundings, **more: str) -> Surroundings:
    """Return the same place with more in its environment."""
    return Surroundings({**around.environ, **more}, around.root)


def wrong(check: Check, around: Surroundings) -> Finding:
    """Return the one thing that is wrong; it says what it saw, and what mends it."""
    found = [finding for finding in check(around) if not finding.ok]
    assert len(found) == 1, found
    assert found[0].seen
    assert found[0].mend
    return found[0]


def is_well(check: Check, around: Surroundings) -> bool:
    """Say whether a check finds nothing wrong."""
    return all(finding.ok for finding in check(around))


def test_a_healthy_place_has_no_findings(around: Surroundings) -> None:
    """No check that needs neither model nor shells cries wolf, in an empty home."""
    checks: list[Check] = [
        interpreter.check_python,
        interpreter.check_packages,
        interpreter.check_imports,
        files.check_downloads,
        files.check_permissions,
        network.check_proxies,
        network.check_certificates,
        network.check_fetching,
        daemon.check_runtime,
        daemon.check_daemon,
        daemon.check_socket,
        daemon.check_log,
        place.check_disk,
        place.check_memory,
        place.check_locale,
        terminal.check_name,
        terminal.check_tmux,
        engine.check_server,
    ]
    assert [finding for check in checks for finding in check(around) if not finding.ok] == []


def test_a_package_that_is_missing_is_named(around: Surroundings, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the command that installs it for this very Python."""
    monkeypatch.setattr(interpreter, "_is_installed", lambda name: name != "pyzmq")
    found = wrong(interpreter.check_packages, around)
    assert found.seen == "not installed: pyzmq"
    assert "-m pip install pyzmq" in found.mend


def test_modules_that_stand_before_ours_are_found(around: Surroundings, tmp_path: Path) -> None:
    """A PYTHONPATH with a module of our name, and a PYTHONHOME; a harmless PYTHONPATH is nobody's business."""
    assert is_well(interpreter.check_imports, with_(around, PYTHONPATH=str(tmp_path)))
    (tmp_path / "zmq.py").touch()
    assert wrong(interpreter.check_imports, with_(around, PYTHONPATH=str(tmp_path))).mend == "unset PYTHONPATH"
    assert wrong(interpreter.check_imports, with_(around, PYTHONHOME="/opt/py")).mend == "unset PYTHONHOME"


def test_weights_that_are_damaged_or_missing_are_not_used(around: Surroundings, tmp_path: Path) -> None:
    """With the command that fetches them; a file of the wrong size needs no hashing."""
    here = with_(around, CARO_MODEL="tiny", CARO_MODELS_DIR=str(tmp_path / "models"))
    missing = wrong(engine.check_model, here)
    assert (missing.mend, "not here yet" in missing.seen) == ("caro models pull tiny", True)
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf").write_bytes(b"GGUF")
    damaged = wrong(engine.check_model, here)
    assert "SHA-256" in damaged.seen
    assert damaged.mend == "caro models pull tiny"


def test_a_model_larger_than_the_memory_is_a_finding(
    around: Surroundings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file of the user's own, which nobody has chosen for this machine."""
    own = tmp_path / "own.gguf"
    own.write_bytes(b"x" * 1000)
    weights = Weights(own, "own.gguf", "own.gguf", sha256=None, model=None)
    monkeypatch.setattr("caro_shell.models.store.find_model", lambda _name, _settings: weights)
    here = with_(around, CARO_MODEL=str(own))
    assert is_well(engine.check_model, here)
    monkeypatch.setattr("caro_shell.models.machine.read_memory", lambda: Machine(memory=own.stat().st_size))
    assert wrong(engine.check_model, here).mend == "caro models use auto"


def test_a_download_that_was_broken_off_is_named(around: Surroundings, tmp_path: Path) -> None:
    """It takes room until somebody goes on with it."""
    here = with_(around, CARO_MODELS_DIR=str(tmp_path / "models"))
    (tmp_path / "models").mkdir()
    assert is_well(files.check_downloads, here)
    (tmp_path / "models" / "x.gguf.partial").write_bytes(b"x" * 2000)
    found = wrong(files.check_downloads, here)
    assert "x.gguf.partial" in found.seen
    assert "caro models pull" in found.mend


@pytest.mark.parametrize(
    ("variables", "seen"),
    [
        ({"https_proxy": "proxy.example"}, "https_proxy=proxy.example is no address of a proxy"),
        ({"HTTPS_PROXY": "ftp://user:secret@proxy:1"}, "HTTPS_PROXY=proxy:1 is no address of a proxy"),
        ({"http_proxy": "http://proxy:port"}, "http_proxy=http://proxy:port is no address of a proxy"),
        (
            {"http_proxy": "http://proxy:3128", "CARO_BASE_URL": "http://127.0.0.1:8080/v1"},
            "http_proxy is set, and the server at 127.0.0.1 would be asked through it",
        ),
    ],
)
def test_proxies_that_cannot_work_are_found(around: Surroundings, variables: dict[str, str], seen: str) -> None:
    """What stands before the host is never shown: it may be a password."""
    assert wrong(network.check_proxies, with_(around, **variables)).seen == seen


@pytest.mark.parametrize(
    "variables",
    [
        {"https_proxy": "http://user:secret@proxy:3128"},
        {"http_proxy": "http://proxy:1", "no_proxy": "localhost, 127.0.0.1", "CARO_BASE_URL": "http://127.0.0.1:1/v1"},
        {"http_proxy": "http://proxy:1", "NO_PROXY": "*", "CARO_BASE_URL": "http://localhost:1/v1"},
    ],
)
def test_proxies_that_work_are_only_named(around: Surroundings, variables: dict[str, str]) -> None:
    """Without what is before the host."""
    (found,) = network.check_proxies(with_(around, **variables))
    assert found.ok
    assert "secret" not in found.seen


def test_certificates_that_are_not_there_and_a_hub_that_may_not_be_asked(around: Surroundings, tmp_path: Path) -> None:
    """Both keep a model from coming."""
    assert wrong(network.check_certificates, with_(around, SSL_CERT_FILE="/no/such")).mend == "unset SSL_CERT_FILE"
    (tmp_path / "ca.pem").touch()
    assert is_well(network.check_certificates, with_(around, SSL_CERT_FILE=str(tmp_path / "ca.pem")))
    found = wrong(network.check_fetching, with_(around, HF_HUB_OFFLINE="1"))
    assert found.mend == "HF_HUB_OFFLINE=0 caro models pull"


def test_a_runtime_directory_open_to_others_is_closed(around: Surroundings, tmp_path: Path) -> None:
    """The finding's own fix does it; a link in its place is for the user to look at."""
    run = tmp_path / "run"
    run.mkdir(mode=0o755)
    run.chmod(0o755)
    found = wrong(daemon.check_runtime, around)
    assert found.mend == f"chmod 700 {run}"
    assert found.fix is not None
    assert str(run) in found.fix()
    assert stat.S_IMODE(run.stat().st_mode) == 0o700
    assert is_well(daemon.check_runtime, around)
    run.rmdir()
    run.symlink_to(tmp_path)
    assert wrong(daemon.check_runtime, around).fix is None


@pytest.fixture
def left_socket(around: Surroundings, tmp_path: Path) -> Iterator[socket.socket]:
    """A socket in the daemon's place, of mode 0600."""
    directory = Path(paths.ensure_private_dir(str(tmp_path / "run")))
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as made:
        made.bind(paths.socket_path(str(directory)))
        Path(paths.socket_path(str(directory))).chmod(0o600)
        yield made


def test_a_socket_that_a_dead_daemon_has_left_is_removed(around: Surroundings, left_socket: socket.socket) -> None:
    """Nobody holds the lock, so nobody is behind it."""
    left_socket.close()
    found = wrong(daemon.check_socket, around)
    assert found.fix is not None
    assert found.fix().startswith("removed ")
    assert is_well(daemon.check_socket, around)


def test_a_socket_open_to_others_is_closed(around: Surroundings, left_socket: socket.socket) -> None:
    """Only this user is to be heard."""
    path = Path(paths.socket_path(around.environ["CARO_RUNTIME_DIR"]))
    path.chmod(0o666)
    found = wrong(daemon.check_socket, around)
    assert "0666" in found.seen
    assert found.fix is not None
    found.fix()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_daemon_that_hangs_is_named_with_its_process(
    around: Surroundings, left_socket: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It holds the lock and its socket takes connections, and it says nothing."""
    monkeypatch.setattr(daemon, "_ANSWER_LIMIT_S", 0.05)
    left_socket.listen()
    lock = lifecycle.hold(around.environ["CARO_RUNTIME_DIR"])
    assert lock is not None
    try:
        found = wrong(daemon.check_daemon, around)
    finally:
        os.close(lock)
    assert found.seen == f"pid {os.getpid()} runs and does not answer"
    assert found.mend.startswith(f"kill -9 {os.getpid()}:")


def test_a_log_that_has_become_large_is_named(around: Surroundings) -> None:
    """With what removes it."""
    log = Path(paths.log_file(around.environ))
    log.parent.mkdir(mode=0o700)
    log.touch(mode=0o600)
    assert is_well(daemon.check_log, around)
    os.truncate(log, 30_000_000)
    assert wrong(daemon.check_log, around).seen == f"{log} has 30 MB"


def test_files_that_others_may_read_or_change_are_closed(around: Surroundings, tmp_path: Path) -> None:
    """The key and what was learnt may not be read, the settings not be changed; a shared models directory may be."""
    config = tmp_path / ".config" / "caro"
    config.mkdir(parents=True)
    (config / "config.toml").touch(mode=0o644)
    (config / "api_key").touch(mode=0o600)
    assert is_well(files.check_permissions, around)
    (config / "api_key").chmod(0o644)
    config.chmod(0o777)
    found = wrong(files.check_permissions, around)
    assert found.mend == f"chmod 600 {config}/api_key; chmod 755 {config}"
    assert found.fix is not None
    found.fix()
    assert stat.S_IMODE((config / "api_key").stat().st_mode) == 0o600
    assert is_well(files.check_permissions, around)


def test_a_disk_without_room_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too little of it, no more files, or one that can only be read."""
    assert place.room_trouble(tmp_path, least=0) is None
    full = place.room_trouble(tmp_path, least=1 << 62)
    assert full is not None
    assert " left" in full.seen
    real = os.statvfs(tmp_path)
    values = {name: getattr(real, name) for name in dir(real) if name.startswith("f_")}

    def system(**more: int) -> None:
        known = type("Statvfs", (), {**values, "f_files": 10_000, "f_favail": 9000, **more})
        monkeypatch.setattr("os.statvfs", lambda _path: known)

    system(f_flag=os.ST_RDONLY)
    read_only = place.room_trouble(tmp_path, least=0)
    assert read_only is not None
    assert "only be read" in read_only.seen
    system(f_flag=0, f_favail=0)
    crowded = place.room_trouble(tmp_path, least=0)
    assert crowded is not None
    assert "df -i" in crowded.mend


def test_memory_that_is_short_is_said(around: Surroundings, tmp_path: Path) -> None:
    """As the daemon sees it, from the system's own files."""
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc" / "meminfo").write_text("MemTotal: 1000000 kB\nMemAvailable: 500000 kB\n")
    assert is_well(place.check_memory, around)
    (tmp_path / "proc" / "meminfo").write_text("MemTotal: 1000000 kB\nMemAvailable: 10000 kB\n")
    assert "1% available" in wrong(place.check_memory, around).seen


@pytest.mark.parametrize(
    ("name", "mend"),
    [("de_DE.ISO-8859-1", "export LC_ALL=C.UTF-8"), ("xx_YY.UTF-8", "sudo locale-gen xx_YY.UTF-8")],
)
def test_a_locale_without_utf_8_or_that_is_not_here(around: Surroundings, name: str, mend: str) -> None:
    """C and none at all are only told of: whoever types ASCII misses nothing."""
    assert mend in wrong(place.check_locale, with_(around, LC_ALL=name, LANG="C.UTF-8")).mend
    assert is_well(place.check_locale, with_(around, LC_ALL="C"))


def test_a_terminal_that_nobody_knows(around: Surroundings, tmp_path: Path) -> None:
    """By TERM, where this machine has descriptions of terminals at all."""
    assert is_well(terminal.check_name, with_(around, TERM="xterm-odd"))
    known = tmp_path / "usr" / "share" / "terminfo" / "x"
    known.mkdir(parents=True)
    (known / "xterm-256color").touch()
    assert is_well(terminal.check_name, with_(around, TERM="xterm-256color"))
    assert wrong(terminal.check_name, with_(around, TERM="xterm-odd")).mend == "export TERM=xterm-256color"
    assert "can move no cursor" in wrong(terminal.check_name, with_(around, TERM="dumb")).seen


@pytest.mark.parametrize("answer", [b"\x1b[0n", b""])
def test_a_terminal_that_answers_is_told_from_one_that_does_not(answer: bytes) -> None:
    """By the question that bash and fish get their answers with; its modes are as before."""
    keyboard, screen = pty.openpty()

    def be_the_terminal() -> None:
        os.read(keyboard, 64)
        os.write(keyboard, answer)

    before = termios.tcgetattr(screen)
    thread = threading.Thread(target=be_the_terminal)
    thread.start()
    assert terminal.answers(screen, limit_s=10 if answer else 0.05) is bool(answer)
    thread.join()
    assert termios.tcgetattr(screen) == before
    before[6][termios.VINTR] = b"\x07"
    assert terminal.taken_by_driver(before[6]) == "intr"
    assert terminal.taken_by_driver(termios.tcgetattr(screen)[6]) == ""
    os.close(keyboard)
    os.close(screen)


@pytest.mark.parametrize(
    ("prefixes", "escape", "bound", "seen"),
    [
        ("prefix C-g\nprefix2 None\n", "", "", "C-g is tmux's prefix"),
        ("prefix C-b\nprefix2 M-g\n", "", "", "M-g is tmux's prefix"),
        ("prefix C-b\n", "", "bind-key    -T root  M-g  next-window\n", "M-g is bound by tmux (next-window)"),
        ("prefix C-b\n", "escape-time 1000\n", "", "waits 1000 ms"),
        ("prefix C-b\n", "escape-time 500\n", "bind-key -T root MouseDown1Pane select-pane\n", ""),
    ],
)
def test_what_tmux_keeps_from_a_shell(prefixes: str, escape: str, bound: str, seen: str) -> None:
    """A prefix, a key of its root table, or a long wait; its defaults are well."""
    (found,) = terminal.tmux_findings("tmux 3.3", prefixes, escape, bound)
    assert found.ok is not bool(seen)
    assert seen in found.seen


def test_no_caro_on_the_path_and_no_shell(around: Surroundings) -> None:
    """Both with what to do."""
    assert "export PATH" in wrong(shells.check_command, around).mend
    assert wrong(shells.check_shells, around).mend == "install one of them"


def test_a_shell_too_old_for_the_keys(around: Surroundings, tmp_path: Path) -> None:
    """It is asked for its version; its user's own is looked at."""
    program = tmp_path / "bash"
    program.write_text("#!/bin/sh\necho 'GNU bash, version 4.3.48(1)-release'\n")
    program.chmod(0o755)
    here = with_(around, PATH=str(tmp_path), SHELL=str(program))
    found = next(finding for finding in shells.check_start_up(here) if finding.name == "bash version")
    assert not found.ok
    assert "4.3.48, and the keys need 4.4 or newer" in found.seen


def test_a_fix_that_cannot_be_done_raises(around: Surroundings, left_socket: socket.socket) -> None:
    """Somebody else may hold the right to start a daemon: then nothing is removed."""
    left_socket.close()
    found = wrong(daemon.check_socket, around)
    lock = lifecycle.hold(around.environ["CARO_RUNTIME_DIR"])
    assert lock is not None
    try:
        assert found.fix is not None
        assert found.fix() == "did nothing: a daemon has come meanwhile"
    except CaroError:
        pytest.fail("the lock to start a daemon was free")
    finally:
        os.close(lock)
