"""What this machine has for a model: memory, and a device. Only facts; what follows from them is auto.py's."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

# Apple's default for what the GPU may take of the memory that it shares with the CPU.
_METAL_SHARE = 2 / 3
# A cgroup without a limit has a number near this one instead (version 1).
_NO_LIMIT = 1 << 60
_ACCELERATORS = ("nvidiactl", "kfd", "dri/renderD128", "dxg")
_CGROUPS = "sys/fs/cgroup"


@dataclass(frozen=True)
class Machine:
    """What may be used; memory in bytes, 0 where it cannot be told."""

    memory: int = 0
    """All of it, or what a container's limit leaves."""
    available: int = 0
    """What is free of it now."""
    device: str = "cpu"
    """What evaluates the model: `cpu`, `metal`, `cuda`, `vulkan` …"""
    device_memory: int = 0
    """What a model may take on that device."""


def _kilobytes(text: str, name: str) -> int:
    for line in text.splitlines():
        if line.startswith(name):
            return int(line.split()[1]) * 1024
    return 0


def _cgroup_directories(root: Path) -> Iterator[tuple[Path, str, str]]:
    """Yield each directory that may limit this process, and the names of its limit and of what is used of it."""
    with suppress(OSError):
        for line in (root / "proc/self/cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            versions = {"": ("", "memory.max", "memory.current")}
            versions["memory"] = ("memory", "memory.limit_in_bytes", "memory.usage_in_bytes")
            for name, (below, limit, usage) in versions.items():
                if name not in controllers.split(",") and (name or controllers):
                    continue
                directory = root / _CGROUPS / below / path.strip("/")
                # A container sees its own group as the root of the tree, whatever its path says.
                yield from ((above, limit, usage) for above in (directory, *directory.parents))
                yield root / _CGROUPS / below, limit, usage


def _number(path: Path) -> int:
    with suppress(OSError, ValueError):
        return int(path.read_text())
    return _NO_LIMIT


def _cached(directory: Path) -> int:
    """Return what a group counts as used and gives back when it must: files, such as the weights of the last load."""
    with suppress(OSError, ValueError):
        stat = dict(line.split() for line in (directory / "memory.stat").read_text().splitlines())
        # Version 1 has the group's own numbers there, too; those with those below it count.
        return sum(int(stat.get(f"total_{name}", stat.get(name, 0))) for name in ("active_file", "inactive_file"))
    return 0


def read_linux(root: Path = Path("/")) -> Machine:
    """Return the memory of a Linux machine or container, from /proc and the cgroups below `root`."""
    text = ""
    with suppress(OSError):
        text = (root / "proc/meminfo").read_text()
    memory, available = _kilobytes(text, "MemTotal:"), _kilobytes(text, "MemAvailable:")
    for directory, limit_name, usage_name in _cgroup_directories(root):
        limit = _number(directory / limit_name)
        if 0 < limit < min(memory, _NO_LIMIT):
            memory = limit
            used = _number(directory / usage_name) - _cached(directory)
            available = min(available, max(0, limit - min(used, limit)))
    return Machine(memory, available)


def read_memory() -> Machine:
    """Return the memory of this machine, and no device."""
    if sys.platform == "linux":
        return read_linux()
    with suppress(OSError, ValueError):
        total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        # What is free cannot be read without a program or ctypes there, and the system compresses what it must.
        return Machine(total, total)
    return Machine()


def has_accelerator(devices: Path = Path("/dev")) -> bool:
    """Tell whether there is anything that a GPU build could use, without loading one."""
    if sys.platform == "darwin":
        return os.uname().machine == "arm64"
    return any((devices / name).exists() for name in _ACCELERATORS)


Ask = Callable[[str], tuple[str, int]]
"""Returns the kind of the device that is meant and the bytes that a model may take there; may take a second."""


def read_machine(device: str = "auto", ask: Ask | None = None) -> Machine:
    """Return the facts for the user's choice of a device; `ask` is asked only where there may be more than the CPU."""
    machine = read_memory()
    if device == "cpu" or not has_accelerator():
        return machine
    from caro_shell.models.device import ask_llama

    kind, memory = (ask or ask_llama)(device)
    if kind == "metal":
        memory = min(memory or machine.memory, round(machine.memory * _METAL_SHARE))
    return Machine(machine.memory, machine.available, kind, memory)
