"""The daemon: its directory and socket, whether it answers, and what it has left behind."""

import os
import socket
import stat
from pathlib import Path

from caro_shell import __version__, lifecycle, paths
from caro_shell.client import Client
from caro_shell.doctor.finding import Finding, Surroundings
from caro_shell.errors import CaroError

_ANSWER_LIMIT_S = 5.0
_LARGE_LOG = 20_000_000
_PRIVATE = stat.S_IRUSR | stat.S_IWUSR


def check_runtime(around: Surroundings) -> list[Finding]:
    """Say whether the directory of the socket is this user's alone."""
    directory = paths.runtime_dir(around.environ)
    name = "runtime directory"
    if os.path.lexists(directory) and not Path(directory).is_symlink() and Path(directory).is_dir():
        mode = stat.S_IMODE(Path(directory).lstat().st_mode)
        if mode & 0o077 and Path(directory).lstat().st_uid == os.getuid():
            seen, mend = f"{directory} is open to others, mode {mode:04o}", f"chmod 700 {directory}"
            return [Finding(name, ok=False, seen=seen, mend=mend, fix=lambda: _chmod(Path(directory), 0o700))]
    try:
        paths.ensure_private_dir(directory)
    except CaroError as error:
        return [Finding(name, ok=False, seen=error.message, mend=error.hint)]
    mode = stat.S_IMODE(Path(directory).stat().st_mode)
    return [Finding(name, ok=True, seen=f"{directory}, mode {mode:04o}")]


def _chmod(path: Path, mode: int) -> str:
    path.chmod(mode)
    return f"made {path} yours alone, mode {mode:04o}"


def check_daemon(around: Surroundings) -> list[Finding]:
    """Ask the daemon, if it runs, who it is; it is not started for that."""
    directory = paths.runtime_dir(around.environ)
    with Client(around.environ) as client:
        pid = lifecycle.holder(directory) if Path(directory).is_dir() else 0
        if pid > 0 and not _answers(directory):
            seen, mend = f"pid {pid} runs and does not answer", f"kill -9 {pid}: the next request starts another"
            return [Finding("daemon", ok=False, seen=seen, mend=mend)]
        if not client.is_running():
            return [Finding("daemon", ok=True, seen="not running; the first request starts it")]
        status = client.ask({"type": "status"})
    from caro_shell.cli.daemon import describe_device

    seen = f"{status['state']}, pid {status['pid']}, version {status['version']}"
    if status["device"]:
        seen += f", {status['model']} on {describe_device(status)}"
    seen = "; ".join([seen, *(note.rstrip(".") for note in status["notes"])])
    is_ours = status["version"] == __version__
    return [Finding("daemon", is_ours, seen, "caro daemon restart", fix=lambda: _stop_other(around))]


def _stop_other(around: Surroundings) -> str:
    with Client(around.environ) as client:
        client.stop()
    return "stopped the daemon of another version; the next request starts this one"


def _answers(directory: str) -> bool:
    """Say whether whoever holds the daemon's lock sends a greeting; a process that is stopped does not."""
    if not paths.has_own_socket(directory):
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(_ANSWER_LIMIT_S)
        try:
            probe.connect(paths.socket_path(directory))
            # The signature and version of ZMTP 3 (rfc.zeromq.org/spec/23): the other side answers with its own.
            probe.sendall(b"\xff\0\0\0\0\0\0\0\x01\x7f\x03")
            return bool(probe.recv(1))
        except OSError:
            return False


def check_socket(around: Surroundings) -> list[Finding]:
    """Look at the socket: whose it is, and whether anybody is behind it."""
    directory = paths.runtime_dir(around.environ)
    path = Path(paths.socket_path(directory))
    if not paths.has_own_socket(directory):
        return [Finding("socket", ok=True, seen="none while the daemon does not run")]
    mode = stat.S_IMODE(path.lstat().st_mode)
    if mode != _PRIVATE:
        seen, mend = f"{path} is open to others, mode {mode:04o}", f"chmod 600 {path}"
        return [Finding("socket", ok=False, seen=seen, mend=mend, fix=lambda: _chmod(path, _PRIVATE))]
    if lifecycle.holder(directory) == 0:
        seen, mend = f"{path} is left from a daemon that has died", "caro daemon restart"
        return [Finding("socket", ok=False, seen=seen, mend=mend, fix=lambda: _remove_socket(directory))]
    return [Finding("socket", ok=True, seen=f"{path}, mode {mode:04o}")]


def _remove_socket(directory: str) -> str:
    path = Path(paths.socket_path(directory))
    with lifecycle.spawn_lock(directory):
        if lifecycle.holder(directory) != 0:
            return "did nothing: a daemon has come meanwhile"
        path.unlink(missing_ok=True)
    return f"removed {path}"


def check_log(around: Surroundings) -> list[Finding]:
    """Say whether the daemon's log has become large; what it says last about errors is in a report."""
    path = Path(paths.log_file(around.environ))
    size = path.stat().st_size if path.is_file() else 0
    if size > _LARGE_LOG:
        seen, mend = f"{path} has {size // 1_000_000} MB", f"caro daemon stop; rm {path}"
        return [Finding("log", ok=False, seen=seen, mend=mend)]
    return [Finding("log", ok=True, seen=f"{path}, {size} bytes" if size else "none yet")]
