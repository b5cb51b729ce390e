"""The faults of a soak: what is done to the daemon, the clients, their files and machine, and how it is undone."""

import os
import random
import resource
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from other_user import OTHER_UID
from processes import processes_of
from user_home import Home

_YEARS_S = 10 * 365 * 24 * 3600
# Of the longest of them; well under what a client waits for.
_LASTS_S = 1.5


class Faults:
    """Does one fault after the other to a home in which requests are made."""

    def __init__(self, home: Home, chance: random.Random, *, mounted: bool) -> None:
        """`mounted`: the runtime directory is on a small disk of its own, in a mount namespace of ours."""
        self._home = home
        self._chance = chance
        self._runtime = Path(home.runtime)
        self._clocks = home.path / "clocks"
        self.kinds: Mapping[str, Callable[[], None]] = {
            "daemon killed": lambda: self._signal(self._daemon(), signal.SIGKILL),
            "daemon told to leave": lambda: self._signal(self._daemon(), signal.SIGTERM),
            "daemon stopped": lambda: self._stop(self._daemon()),
            "client killed": lambda: self._signal(self._client(), signal.SIGKILL),
            "client told to leave": lambda: self._signal(self._client(), signal.SIGTERM),
            "client stopped": lambda: self._stop(self._client()),
            "socket removed": lambda: self._file("caro.sock").unlink(missing_ok=True),
            "socket replaced": lambda: self._replace(self._file("caro.sock")),
            "locks removed": self._remove_locks,
            "directory removed": lambda: shutil.rmtree(self._runtime, ignore_errors=True),
            "settings broken": self._break_settings,
            "memory short": lambda: self._limit(resource.RLIMIT_AS),
            "descriptors short": lambda: self._limit(resource.RLIMIT_NOFILE),
            "clock set": self._set_clock,
            **({"socket given away": self._give_away} if os.geteuid() == 0 else {}),
            **({"disk full": self._fill, "disk read-only": self._forbid} if mounted else {}),
        }

    def one(self) -> str:
        """Do a fault, undo it, and return its name."""
        name = self._chance.choice(list(self.kinds))
        # What it is done to may be gone by then: another fault, or its own end.
        with suppress(OSError, subprocess.CalledProcessError):
            self.kinds[name]()
        return name

    def _last(self) -> None:
        time.sleep(self._chance.uniform(0.1, _LASTS_S))

    def _file(self, name: str) -> Path:
        return self._runtime / name

    def _daemon(self) -> int:
        found = [pid for pid, words in processes_of(self._home).items() if "caro_shell.daemon" in words]
        return self._chance.choice(found) if found else 0

    def _client(self) -> int:
        found = [
            pid
            for pid, words in processes_of(self._home).items()
            if "caro_shell" in words and "caro_shell.daemon" not in words
        ]
        return self._chance.choice(found) if found else 0

    def _signal(self, pid: int, number: signal.Signals) -> None:
        if pid:
            os.kill(pid, number)

    def _stop(self, pid: int) -> None:
        self._signal(pid, signal.SIGSTOP)
        try:
            self._last()
        finally:
            self._signal(pid, signal.SIGCONT)

    def _replace(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        kind = self._chance.choice(("file", "link", "dead socket"))
        if kind == "file":
            path.write_text("rubbish")
        elif kind == "link":
            path.symlink_to(self._home.path / "nowhere")
        else:
            with socket.socket(socket.AF_UNIX) as one:
                one.bind(str(path))

    def _give_away(self) -> None:
        path = self._file("caro.sock")
        os.chown(path, OTHER_UID, OTHER_UID)
        try:
            self._last()
        finally:
            os.chown(path, os.getuid(), os.getgid())

    def _remove_locks(self) -> None:
        for name in ("daemon.lock", "spawn.lock"):
            self._file(name).unlink(missing_ok=True)

    def _break_settings(self) -> None:
        self._home.write_config("threads = 'many'")
        try:
            self._last()
        finally:
            self._home.write_config("max_tokens = 99")

    def _limit(self, what: int) -> None:
        """Let the daemon have no more than it has."""
        pid = self._daemon()
        if not pid:
            return
        before = resource.prlimit(pid, what)
        held = len(list(Path(f"/proc/{pid}/fd").iterdir()))
        if what == resource.RLIMIT_AS:
            held = int(Path(f"/proc/{pid}/statm").read_text().split()[0]) * resource.getpagesize()
        resource.prlimit(pid, what, (held, before[1]))
        try:
            self._last()
        finally:
            resource.prlimit(pid, what, before)

    def _set_clock(self) -> None:
        """Let the clock on the wall jump, or a night of sleep be over, where the library for it is preloaded."""
        self._clocks.write_text(self._chance.choice((f"{_YEARS_S} 0", f"-{_YEARS_S} 0", "0 86400", "0 0")))

    def _fill(self) -> None:
        filler = self._runtime.parent / "filler"
        with filler.open("wb", buffering=0) as file:
            for piece in (4096, 1):
                with suppress(OSError):
                    while file.write(b"x" * piece):
                        pass
        try:
            self._last()
        finally:
            filler.unlink()

    def _forbid(self) -> None:
        with _read_only(str(self._runtime.parent)):
            self._last()


@contextmanager
def _read_only(path: str) -> Iterator[None]:
    """Have nothing in `path` changed meanwhile; what is open stays so."""
    subprocess.run(["mount", "--bind", path, path], check=True)
    try:
        # Refused when somebody has opened a file for writing since.
        subprocess.run(["mount", "-o", "remount,bind,ro", path], check=True, capture_output=True)
        yield
    finally:
        subprocess.run(["umount", "-l", path], check=True)
