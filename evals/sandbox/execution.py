"""One command in the sandbox: started, limited, its output kept, everything reaped."""

import os
import resource
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from evals.sandbox import kernel
from evals.sandbox.place import ENDED, HOME, HOSTNAME

_COLUMNS = "200"
ENVIRONMENT = {
    "HOME": HOME,
    "USER": "root",
    "LOGNAME": "root",
    "HOSTNAME": HOSTNAME,
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LC_ALL": "C.UTF-8",
    "LANG": "C.UTF-8",
    "TZ": "UTC",
    "TERM": "dumb",
    "COLUMNS": _COLUMNS,
    "LINES": "50",
    "PAGER": "cat",
    "GIT_PAGER": "cat",
    "EDITOR": "true",
}
_MOST_OUTPUT = 1_000_000
"""Bytes that are read of what a command prints."""
_MOST_WRITTEN = 512 * 1024 * 1024
_MOST_DATA = 3 * 1024**3
_MOST_FILES = 4096
# <linux/capability.h>: what a command keeps is what an administrator needs for files, users, ports and interfaces.
# Without SYS_PTRACE nothing inside can reach the first process, and so the real root, by /proc/1/root.
_KEPT = frozenset({0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 23, 29, 31})
_CAPABILITIES = range(41)


@dataclass(frozen=True)
class Ran:
    """How a command ended; `status` is the shell's, or minus a signal's number."""

    status: int
    output: str
    errors: str
    timed_out: bool
    seconds: float


_SETTLING_S, _LOOK_S, _QUIET_LOOKS = 0.5, 0.02, 3
_COMMAND = "dev/.command"
# What writes down where a shell was left; each line stands before the command.
_TOLD = {
    "bash": f'trap \'printf "%s\\n" "$PWD" >{ENDED}\' EXIT',
    "zsh": f'zshexit() {{ print -r -- "$PWD" >{ENDED} }}',
    "fish": f'function __ended --on-event fish_exit; echo "$PWD" >{ENDED}; end',
}
_SHELLS = {
    "bash": ["bash", "--norc", "--noprofile"],
    "strict": ["bash", "--norc", "--noprofile", "-e"],
    "zsh": ["zsh", "-f"],
    "fish": ["fish", "--no-config"],
}


def command_line(shell: str, command: str, root: Path) -> list[str]:
    """Return the words that make `shell` run `command`, `strict` being bash that stops at a failure.

    The command is in a file, so that `pgrep -f` and `ps` do not find it in the shell's own command line.
    """
    (root / _COMMAND).write_text(f"{_TOLD.get(shell, '')}\n{command}\n", encoding="utf-8", errors="surrogateescape")
    return [*_SHELLS[shell], f"/{_COMMAND}"]


def run(arguments: list[str], root: Path, cwd: str, limit_s: float, environment: dict[str, str] | None = None) -> Ran:
    """Run a program under `root`; what it leaves in the background lives on, unless the time was up."""
    out, errors = (root.parent / name for name in ("stdout", "stderr"))
    for path in (out, errors):
        path.unlink(missing_ok=True)
    start = time.monotonic()
    child = os.fork()
    if not child:
        _become(arguments, root, cwd, {**ENVIRONMENT, "PWD": cwd, **(environment or {})}, (out, errors))
    status = _wait(child, start + limit_s)
    return Ran(
        -1 if status is None else os.waitstatus_to_exitcode(status),
        _read(out),
        _read(errors),
        status is None,
        time.monotonic() - start,
    )


def _become(arguments: list[str], root: Path, cwd: str, environment: dict[str, str], files: tuple[Path, Path]) -> None:
    """Turn this process into the program; never returns."""
    try:
        os.setsid()
        signal.pthread_sigmask(signal.SIG_SETMASK, set())
        # Whoever is started by nohup ignores some, and what ignores a signal from its start can set no trap for it.
        for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
        for at, path in enumerate(files, 1):
            os.dup2(os.open(path, flags, 0o600), at)
        os.umask(0o022)
        os.chroot(root)
        os.chdir(cwd)
        _limit()
        os.execvpe(arguments[0], arguments, environment)  # noqa: S606  into the sandbox
    except OSError as error:
        os.write(2, f"{arguments[0]}: {error.strerror}\n".encode())
    finally:
        os._exit(127)


def _limit() -> None:
    for what, most in {
        resource.RLIMIT_FSIZE: _MOST_WRITTEN,
        resource.RLIMIT_DATA: _MOST_DATA,
        resource.RLIMIT_NOFILE: _MOST_FILES,
        resource.RLIMIT_CORE: 0,
    }.items():
        resource.setrlimit(what, (most, most))
    for number in _CAPABILITIES:
        if number not in _KEPT:
            with suppress(OSError):
                kernel.drop_capability(number)


def _wait(child: int, until: float) -> int | None:
    """Reap whatever ends until `child` has; returns its status, or None when everything was killed for time."""
    while True:
        while ended := _reaped(os.WNOHANG):
            if ended[0] == child:
                return ended[1]
        left = until - time.monotonic()
        if left <= 0:
            break
        signal.sigtimedwait({signal.SIGCHLD}, left)
    # From the first process of a PID namespace: everybody else in it.
    with suppress(ProcessLookupError):
        os.kill(-1, signal.SIGKILL)
    while _reaped(0):
        pass
    return None


def _reaped(options: int) -> tuple[int, int] | None:
    try:
        ended = os.waitpid(-1, options)
    except ChildProcessError:
        return None
    return ended if ended[0] else None


def processes(proc: Path) -> frozenset[str]:
    """Return the ids of the processes in this PID namespace."""
    return frozenset(entry.name for entry in os.scandir(proc) if entry.name.isdecimal())


def settle(proc: Path, old: frozenset[str]) -> None:
    """Wait until what a command left in the background has ended or sleeps, or half a second is over."""
    quiet = 0
    until = time.monotonic() + _SETTLING_S
    while quiet < _QUIET_LOOKS and time.monotonic() < until:
        while _reaped(os.WNOHANG):
            pass
        new = processes(proc) - old
        if not new:
            return
        quiet = 0 if any(_state(proc / name) in "RD" for name in new) else quiet + 1
        signal.sigtimedwait({signal.SIGCHLD}, _LOOK_S)


def _state(process: Path) -> str:
    try:
        return (process / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return "X"


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_MOST_OUTPUT).decode("utf-8", "replace")
    except FileNotFoundError:
        return ""
