"""Whether memory is short: what the system says about it, and what follows when it goes up and down."""

import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

# In a row: what a program needs for a moment is no shortage.
_LOOKS = 2
# Shares of all memory, and of the time. That something waits for memory a tenth of the time is between what GNOME's
# low-memory-monitor calls low (7 %) and medium (16 %).
_LITTLE, _ENOUGH = 0.05, 0.10
_MUCH_WAITING, _LITTLE_WAITING = 0.10, 0.02
# What macOS says: 1 is normal, 2 a warning, 4 critical (DISPATCH_MEMORYPRESSURE_… in dispatch/source.h).
_NORMAL, _WARNING = 1, 2


@dataclass(frozen=True)
class Memory:
    """What a system says of its memory; each says what it can."""

    available: float = 1.0
    """The share that can be had at once; of a container, the share of what it may have."""
    waiting: float = 0.0
    """The share of the last ten seconds in which some process waited for memory."""
    level: int = _NORMAL
    """How macOS calls it."""

    @property
    def is_short(self) -> bool:
        """Say whether everybody should give back what they can."""
        return self.available < _LITTLE or self.waiting >= _MUCH_WAITING or self.level >= _WARNING

    @property
    def is_plenty(self) -> bool:
        """Say whether there is clearly enough of it."""
        return self.available >= _ENOUGH and self.waiting < _LITTLE_WAITING and self.level <= _NORMAL

    def __str__(self) -> str:
        """Return it for the log."""
        if self.level > _NORMAL:
            return f"pressure level {self.level}"
        return f"{self.available:.0%} available, waited for in {self.waiting:.0%} of the time"


@dataclass
class Shortage:
    """What is thought of memory over time: it is short after a few looks, and until there is clearly enough."""

    is_on: bool = False
    _looks: int = 0

    def look(self, memory: Memory) -> bool:
        """Take in what is seen now; returns whether memory is short."""
        self._looks = self._looks + 1 if memory.is_short else 0
        if self._looks >= _LOOKS:
            self.is_on = True
        elif memory.is_plenty:
            self.is_on = False
        return self.is_on


def read_memory(root: Path = Path("/"), system: str = sys.platform) -> Memory:
    """Return what is seen now; `root` is where the system's own files are. What cannot be told is well."""
    return Memory(level=_macos_level()) if system == "darwin" else _linux(root)


def _linux(root: Path) -> Memory:
    from caro_shell.models.machine import read_linux

    machine = read_linux(root)
    available = machine.available / machine.memory if machine.memory else 1.0
    return Memory(available, max([_waiting(file) for file in _pressure_files(root)], default=0.0))


def _pressure_files(root: Path) -> Iterator[Path]:
    """Yield where the kernel (4.20 and later) says who waits for memory: everybody, and this process' group."""
    yield root / "proc/pressure/memory"
    with suppress(OSError):
        for line in (root / "proc/self/cgroup").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("0::/"):
                yield root / "sys/fs/cgroup" / line[4:] / "memory.pressure"


def _waiting(path: Path) -> float:
    """Return the share of time in a file like `some avg10=1.23 avg60=…` (Documentation/accounting/psi.rst)."""
    with suppress(OSError, ValueError, LookupError):
        # Where it is compiled in and turned off, reading fails.
        words = path.read_text(encoding="ascii").splitlines()[0].split()
        return float(dict(word.split("=", 1) for word in words[1:])["avg10"]) / 100
    return 0.0


def _macos_level() -> int:
    import ctypes

    level, size = ctypes.c_int(_NORMAL), ctypes.c_size_t(ctypes.sizeof(ctypes.c_int))
    sysctl = getattr(ctypes.CDLL(None), "sysctlbyname", None)
    name = b"kern.memorystatus_vm_pressure_level"
    if sysctl is None or sysctl(name, ctypes.byref(level), ctypes.byref(size), None, ctypes.c_size_t(0)):
        return _NORMAL
    return level.value
