"""The processes of a test's home, and what can be done to one; Linux only, where /proc tells."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from terminal import wait_for
from user_home import Home


def state_of(pid: int) -> str:
    """Return the letter that the kernel has for a process: T is stopped, Z has ended; empty when it is no more."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def is_running(pid: int) -> bool:
    """Say whether a process has not ended, whether or not anybody has asked what became of it."""
    return state_of(pid) not in ("", "Z", "X")


def processes_of(home: Home) -> dict[int, str]:
    """Return the processes that were started with the environment of a home, and their command lines."""
    mark = f"CARO_TEST_SCRIPT={home.script.directory}".encode()
    found: dict[int, str] = {}
    for pid in (int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal()):
        with suppress(OSError):
            if mark in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0") and is_running(pid):
                found[pid] = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return found


def clients_of(home: Home) -> list[int]:
    """Return the processes that answer a key press in a home."""
    return [pid for pid, words in processes_of(home).items() if "caro_shell.keypress" in words]


def files_of(home: Home) -> set[str]:
    """Return what lies in the runtime directory of a home."""
    return {path.name for path in Path(home.runtime).iterdir()}


# What stays when the daemon has left: who may start one and who may be one, and what happened.
STAYS = frozenset({"daemon.lock", "spawn.lock", "daemon.log", "daemon.log.1"})


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """Stop a process for a while, as Ctrl-Z, a debugger or a suspended machine does."""
    os.kill(pid, signal.SIGSTOP)
    wait_for(lambda: state_of(pid) == "T", lambda: f"for {pid} to stop; it is {state_of(pid)!r}")
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
