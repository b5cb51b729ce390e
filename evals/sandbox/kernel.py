"""The calls into Linux that Python's library of 3.11 does not have; each raises OSError."""

import ctypes
import fcntl
import os
import platform
import socket
import struct
from pathlib import Path

# <linux/sched.h>
NEW_MOUNTS, NEW_HOSTNAME, NEW_IPC, NEW_USERS, NEW_PIDS, NEW_NETWORK = (
    0x00020000,
    0x04000000,
    0x08000000,
    0x10000000,
    0x20000000,
    0x40000000,
)
# <linux/mount.h>
READ_ONLY, NO_SUID, NO_DEVICES, NO_PROGRAMS, REMOUNT, BIND, RECURSIVE, PRIVATE = 1, 2, 4, 8, 32, 4096, 16384, 1 << 18
_DETACH = 2
# <linux/mount.h>, <linux/fcntl.h>, and the number of the call, the same for every processor since 5.12
_READ_ONLY_ATTRIBUTE, _RECURSIVE_AT, _MOUNT_SETATTR = 1, 0x8000, 442
# <linux/prctl.h>
_PARENT_DEATH_SIGNAL, _SET_NAME, _DROP_FROM_BOUNDING_SET = 1, 15, 24
# <linux/if.h>, <linux/sockios.h>
_GET_FLAGS, _SET_FLAGS, _IS_UP = 0x8913, 0x8914, 1

HAS_OWN_PID_MAX = (6, 14)
"""Since then `pid_max` is a PID namespace's own."""
_libc = ctypes.CDLL(None, use_errno=True)


def _call(name: str, *arguments: object) -> None:
    if getattr(_libc, name)(*arguments) < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def unshare(flags: int) -> None:
    """Leave the namespaces that `flags` name for new ones."""
    _call("unshare", flags)


def mount(source: str, target: Path, kind: str = "", flags: int = 0, data: str = "") -> None:
    """Mount `source` on `target`."""
    try:
        _call(
            "mount", source.encode(), bytes(target), kind.encode() or None, ctypes.c_ulong(flags), data.encode() or None
        )
    except OSError as error:
        raise OSError(error.errno, f"mounting {kind or source} on {target}: {os.strerror(error.errno or 0)}") from error


def read_only(target: Path) -> None:
    """Let nobody write what is mounted on `target`, nor on what is mounted below it."""
    # mount_setattr(2), struct mount_attr: set, clear, propagation, user namespace.
    attributes = struct.pack("QQQQ", _READ_ONLY_ATTRIBUTE, 0, 0, 0)
    if _libc.syscall(_MOUNT_SETATTR, -100, bytes(target), _RECURSIVE_AT, attributes, len(attributes)) < 0:
        raise OSError(ctypes.get_errno(), f"mount_setattr: {os.strerror(ctypes.get_errno())}")


def unmount(target: Path) -> None:
    """Take away what is mounted on `target`, once nobody uses it."""
    _call("umount2", bytes(target), _DETACH)


def die_with_parent(signal: int) -> None:
    """Ask for `signal` when the process that made this one ends."""
    _call("prctl", _PARENT_DEATH_SIGNAL, signal, 0, 0, 0)


def drop_capability(number: int) -> None:
    """Take a capability away from whatever this process starts; a number the kernel does not know raises OSError."""
    _call("prctl", _DROP_FROM_BOUNDING_SET, number, 0, 0, 0)


def call_me(name: str) -> None:
    """Change what `ps` and `pgrep` see of this process: its name and its whole command line."""
    _call("prctl", _SET_NAME, name.encode(), 0, 0, 0)
    # proc(5): fields 48 and 49 of /proc/self/stat, counted from the one behind the name in parentheses.
    rest = Path("/proc/self/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    start, end = int(rest[45]), int(rest[46])
    if end > start + len(name):
        ctypes.memset(start, 0, end - start)
        ctypes.memmove(start, name.encode(), len(name))


def loopback_up() -> None:
    """Bring `lo` up in this network namespace."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sH14s", b"lo", 0, b"")
        flags = struct.unpack("16sH14s", fcntl.ioctl(any_socket, _GET_FLAGS, request))[1]
        fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sH14s", b"lo", flags | _IS_UP, b""))


def version() -> tuple[int, int]:
    """Return the kernel's version, as far as features are concerned."""
    major, minor = platform.release().split(".")[:2]
    return int(major), int("".join(char for char in minor if char.isdigit()) or "0")
