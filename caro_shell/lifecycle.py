"""How the daemon comes and goes, seen from the client: probe, spawn one, replace a stale one.

Two locks in the runtime directory: the daemon holds `daemon.lock` for its life (whoever holds it may bind
the socket), and whoever spawns holds `spawn.lock` meanwhile, so that twenty clients start one daemon.
"""

import fcntl
import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from caro_shell import paths
from caro_shell.errors import DaemonError
from caro_shell.private_file import open_private

START_LIMIT_S = 20.0
STOP_LIMIT_S = 10.0
_LOG_LIMIT = 1_000_000
_RETRY_S = 0.01
# Whoever looks for the daemon holds its lock for an instant; one that starts just then tries again.
_PROBE_S = 1.0
_READY = b"ready"


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
        except OSError:
            return False
        return True


def try_lock(path: str, kind: int = fcntl.LOCK_EX) -> int | None:
    """Return the descriptor of a lock, or None when somebody holds it; closing it lets go.

    Raises DaemonError for a file that somebody else may have made.
    """
    descriptor = open_private(path, os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


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
    """Be the only one to start or end a daemon meanwhile; raises DaemonError when another one takes too long."""
    descriptor = _wait_for_lock(os.path.join(directory, "spawn.lock"), START_LIMIT_S)
    if descriptor is None:
        raise DaemonError("Another process has been starting the daemon for too long.", "Try: caro daemon restart")
    try:
        yield
    finally:
        os.close(descriptor)


def _open_log(directory: str) -> int:
    path = os.path.join(directory, "daemon.log")
    try:
        if os.path.getsize(path) > _LOG_LIMIT:
            os.replace(path, f"{path}.1")
    except FileNotFoundError:
        pass
    return open_private(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)


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
    reader, writer = os.pipe()
    log = _open_log(directory)
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
            if holder(directory) == 0 or not wait_until(lambda: is_listening(directory), START_LIMIT_S):
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
    descriptor = try_lock(path, fcntl.LOCK_SH)
    if descriptor is not None:
        os.close(descriptor)
        return 0
    with open(open_private(path, os.O_RDONLY), "rb") as file:
        written = file.read(32)
    return int(written) if written.isdigit() else -1


def hold(directory: str) -> int | None:
    """Take the daemon's lock for life and write our process id into it; None when another daemon has it."""
    descriptor = _wait_for_lock(os.path.join(directory, "daemon.lock"), _PROBE_S)
    if descriptor is not None:
        os.ftruncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode())
    return descriptor


def announce(descriptor: int, words: bytes = _READY) -> None:
    """Tell the process that spawned this daemon, once, that it listens; or why not, a NUL, and what to do."""
    try:
        os.write(descriptor, words)
        os.close(descriptor)
    except OSError:
        # Whoever spawned it has left; the daemon serves the next one.
        pass
