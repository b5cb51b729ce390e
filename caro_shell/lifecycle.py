"""How the daemon comes and goes, seen from the client: probe, spawn one, replace a stale one.

Two locks in the runtime directory: the daemon holds `daemon.lock` for its life (whoever holds it may bind
the socket), and whoever spawns holds `spawn.lock` meanwhile, so that twenty clients start one daemon.
"""

import fcntl
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress

from caro_shell import paths
from caro_shell.errors import DaemonError
from caro_shell.private_file import open_private

START_LIMIT_S = 20.0
LOCK_LIMIT_S = START_LIMIT_S
"""So long one who would start a daemon waits for another one who is about to."""
STOP_LIMIT_S = 10.0
_LOG_LIMIT = 1_000_000
_RETRY_S = 0.01
# Whoever looks for the daemon holds its lock for an instant; one that starts just then tries again.
_PROBE_S = 1.0
_READY = b"ready"
# Linux: unix(7). macOS: <sys/un.h>, SOL_LOCAL and LOCAL_PEERPID, which Python does not name.
_PEER_PID = (0, 2) if sys.platform == "darwin" else (socket.SOL_SOCKET, getattr(socket, "SO_PEERCRED", 17))


def is_listening(directory: str) -> bool:
    """Say whether a daemon accepts connections: a plain connect, which a stale socket file refuses.

    Raises DaemonError for a socket that somebody else may have made.
    """
    if not paths.has_own_socket(directory):
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(paths.socket_path(directory))
        except TimeoutError:
            # There is no room for one more who waits to be let in: somebody listens, be it a daemon that hangs.
            return True
        except OSError:
            return False
        return True


def listener(directory: str) -> int:
    """Return the process id of whoever listens on the socket, as the kernel says it to us; 0 when it does not."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            if not paths.has_own_socket(directory):
                return 0
            probe.connect(paths.socket_path(directory))
            # The first of three numbers, of those who called listen(); macOS has a call for this one alone.
            told = probe.getsockopt(*_PEER_PID, struct.calcsize("i"))
        except OSError:
            return 0
    pid: int = struct.unpack("i", told)[0]
    return pid


def end_by_force(directory: str, pid: int) -> bool:
    """End the daemon `pid` that does not answer, if it is what listens on the socket; returns whether it has gone."""
    if listener(directory) != pid:
        return False
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGKILL)
    return wait_until(lambda: holder(directory) != pid, _PROBE_S)


def try_lock(path: str) -> int | None:
    """Return the descriptor of a lock, or None when somebody holds it; closing it lets go.

    Raises DaemonError for a file that somebody else may have made, or that the system does not let us make.
    """
    descriptor = _open(path, os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def _open(path: str, flags: int) -> int:
    """Open a file of the runtime directory; raises DaemonError, whatever the reason."""
    try:
        return open_private(path, flags)
    except OSError as error:
        raise paths.unusable(path, error) from None


def wait_until(ready: Callable[[], bool], limit_s: float) -> bool:
    """Ask until `ready()` or the limit; returns whether it was ready."""
    deadline = time.monotonic() + limit_s
    while not ready():
        if time.monotonic() > deadline:
            return False
        time.sleep(_RETRY_S)
    return True


def _wait_for_lock(path: str, limit_s: float) -> int | None:
    descriptor: int | None = None

    def taken() -> bool:
        nonlocal descriptor
        descriptor = try_lock(path)
        return descriptor is not None

    wait_until(taken, limit_s)
    return descriptor


@contextmanager
def spawn_lock(directory: str) -> Iterator[None]:
    """Be the only one to start or end a daemon meanwhile; raises DaemonError for a lock that cannot be opened.

    Whoever waits for too long goes on without it: the one that has it may have been stopped, and of two daemons that
    are started the second one leaves by itself.
    """
    descriptor = _wait_for_lock(os.path.join(directory, "spawn.lock"), LOCK_LIMIT_S)
    try:
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _open_log(directory: str) -> int:
    path = os.path.join(directory, "daemon.log")
    try:
        if os.path.getsize(path) > _LOG_LIMIT:
            os.replace(path, f"{path}.1")
    except FileNotFoundError:
        pass
    except OSError as error:
        raise paths.unusable(path, error) from None
    return _open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)


def log_text(directory: str) -> str:
    """Return the daemon's log, empty when there is none; raises DaemonError for one that somebody else has made."""
    path = os.path.join(directory, "daemon.log")
    if not os.path.lexists(path):
        return ""
    paths.ensure_private_dir(directory)
    with open(open_private(path, os.O_RDONLY), errors="replace") as log:
        return log.read()


def _spawn(directory: str, environ: Mapping[str, str]) -> None:
    """Start a daemon and wait until it has bound its socket; raises DaemonError with its own last words."""
    log = _open_log(directory)
    reader, writer = os.pipe()
    try:
        # -I: neither PYTHONPATH nor the user's current directory may decide what the daemon imports.
        child = subprocess.Popen(
            [sys.executable, "-I", "-m", "caro_shell.daemon", directory, str(writer)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=(writer,),
            cwd="/",
            env=dict(environ),
            start_new_session=True,
        )
    except OSError as error:
        os.close(reader)
        raise DaemonError(f"The daemon cannot be started: {error.strerror}.", "Try again in a moment.") from None
    finally:
        os.close(writer)
        os.close(log)
    try:
        ready, _, _ = select.select([reader], [], [], START_LIMIT_S)
        said = os.read(reader, 4096) if ready else b""
    finally:
        os.close(reader)
    # It outlives this process on purpose; without this the interpreter would warn.
    child.returncode = 0
    if said != _READY:
        reason, _, hint = said.decode(errors="replace").partition("\0")
        raise DaemonError(reason or "The daemon did not start.", hint or "See: caro daemon logs")


def start(directory: str, environ: Mapping[str, str]) -> bool:
    """Make sure that a daemon listens; returns whether this call started it. Raises DaemonError."""
    paths.ensure_private_dir(directory)
    with spawn_lock(directory):
        if is_listening(directory):
            return False
        # One that is leaving still holds its lock for a moment; one that `caro daemon run` started, not yet listening.
        wait_until(lambda: holder(directory) == 0 or is_listening(directory), STOP_LIMIT_S)
        if is_listening(directory):
            return False
        try:
            _spawn(directory, environ)
        except DaemonError:
            # A client that was cancelled while it waited for its daemon has left the lock, but not taken the daemon.
            wait_until(lambda: is_listening(directory) or holder(directory) == 0, START_LIMIT_S)
            if not is_listening(directory):
                raise
            return False
        return True


def holder(directory: str) -> int:
    """Return the process id of the daemon that holds its lock, 0 when none does, -1 when it is just coming.

    Raises DaemonError where the lock is not the user's own.
    """
    path = os.path.join(directory, "daemon.lock")
    if not os.path.lexists(path):
        return 0
    paths.ensure_private_dir(directory)
    # Shared, so that two who look do not take each other for the daemon.
    try:
        descriptor = open_private(path, os.O_RDONLY)
    except FileNotFoundError:
        return 0
    except OSError as error:
        raise paths.unusable(path, error) from None
    with open(descriptor, "rb") as file:
        with suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return 0
        written = file.read(32)
    return int(written) if written.isdigit() else -1


def hold(directory: str) -> int | None:
    """Take the daemon's lock for life and write our process id into it; None when another daemon has it."""
    descriptor = _wait_for_lock(os.path.join(directory, "daemon.lock"), _PROBE_S)
    if descriptor is not None:
        try:
            os.ftruncate(descriptor, 0)
            os.write(descriptor, str(os.getpid()).encode())
        except OSError as error:
            os.close(descriptor)
            raise paths.unusable(directory, error) from None
    return descriptor


def announce(descriptor: int, words: bytes = _READY) -> None:
    """Tell the process that spawned this daemon, once, that it listens; or why not, a NUL, and what to do."""
    try:
        os.write(descriptor, words)
        os.close(descriptor)
    except OSError:
        # Whoever spawned it has left; the daemon serves the next one.
        pass
