"""The root that commands see: this machine's, copied when written, with an empty home, /tmp and everything private."""

import os
import resource
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from evals.sandbox import kernel

HOSTNAME = "vega"
HOME = "/home/ada"
WORK = f"{HOME}/work"
ENDED = "/dev/.ended"
"""Where a shell writes the directory it was left in."""
# What a machine's software lives in. Whatever else is at the top of the tree is somebody's own.
_SYSTEM = frozenset("bin boot etc gnu lib lib32 lib64 libx32 nix opt sbin usr var".split())  # noqa: SIM905
# Filesystem Hierarchy Standard 3.0: there in any case, and empty here.
_EMPTY = {"dev": 0o755, "home": 0o755, "media": 0o755, "mnt": 0o755, "proc": 0o555, "root": 0o700, "run": 0o755}
_EMPTY |= {"srv": 0o755, "sys": 0o555, "tmp": 0o1777, "var/tmp": 0o1777}
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
_LINKS = {"fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2", "ptmx": "pts/ptmx"}
# Kernel settings that are not the namespace's own.
_KERNEL_SETTINGS = ("sys", "sysrq-trigger", "irq", "bus", "fs")
# The kernel refuses less than 301.
_MOST_PROCESSES = 800
_ROOM = "size=768m,nr_inodes=400k,mode=755"
_GIT_SETTINGS = """[user]
\tname = Ada Marsh
\temail = ada@vega.example
[init]
\tdefaultBranch = main
[safe]
\tdirectory = *
[advice]
\tdetachedHead = false
"""
# A person's sudo would ask for a password; whoever runs these commands is root already.
_SUDO = """#!/bin/sh
while :; do
  case ${1-} in
    -u | -g | -p | -C | -h | -U | -D) shift 2 ;;
    --) shift; break ;;
    -*) shift ;;
    [A-Za-z_]*=*) export "$1"; shift ;;
    *) break ;;
  esac
done
[ $# -gt 0 ] || exit 0
exec "$@"
"""


@dataclass(frozen=True)
class Place:
    """Where one run happens: the tree that is seen, and the layer that takes what is written."""

    base: Path
    is_root: bool

    @property
    def upper(self) -> Path:
        """What differs from the machine."""
        return self.base / "upper"

    @property
    def root(self) -> Path:
        """The tree that the commands see."""
        return self.base / "root"

    @property
    def opaque(self) -> str:
        """The attribute of a directory under which nothing of the machine's is seen."""
        return ("trusted" if self.is_root else "user") + ".overlay.opaque"


def make(base: Path, hidden: tuple[str, ...], *, is_root: bool) -> Place:
    """Mount the tree in this mount namespace, which must be new; `hidden` directories are not in it."""
    place = Place(base, is_root)
    kernel.mount("none", Path("/"), flags=kernel.RECURSIVE | kernel.PRIVATE)
    kernel.mount("tmpfs", base, "tmpfs", kernel.NO_DEVICES, _ROOM)
    for name in ("upper", "work", "root"):
        (base / name).mkdir()
    _hide(place, hidden)
    data = f"lowerdir=/,upperdir={place.upper},workdir={base / 'work'}" + ("" if is_root else ",userxattr")
    kernel.mount("overlay", place.root, "overlay", kernel.NO_DEVICES, data)
    _mount_devices(place.root / "dev")
    kernel.mount("proc", place.root / "proc", "proc", kernel.NO_SUID | kernel.NO_DEVICES | kernel.NO_PROGRAMS)
    _limit_processes(place.root / "proc")
    _protect_settings(place.root / "proc")
    with suppress(OSError):
        # Where a container has parts of it covered, the kernel refuses; little asks for it.
        kernel.mount("sysfs", place.root / "sys", "sysfs", kernel.READ_ONLY | kernel.NO_SUID | kernel.NO_DEVICES)
    _furnish(place.root)
    return place


def _hide(place: Place, hidden: tuple[str, ...]) -> None:
    """Lay out the upper layer so that nothing private is seen."""
    for entry in os.scandir("/"):
        if entry.name not in _SYSTEM and entry.name not in _EMPTY:
            _whiteout(place.upper / entry.name)
    _directory(place, "var")
    for name, mode in _EMPTY.items():
        _directory(place, name)
        (place.upper / name).chmod(mode)
        _empty(place, name)
    for path in hidden:
        parts = Path(path).resolve().parts[1:]
        if not parts or not Path("/", *parts).is_dir() or parts[0] not in _SYSTEM:
            continue
        for at in range(1, len(parts)):
            _directory(place, "/".join(parts[:at]))
        with suppress(FileExistsError):
            _whiteout(place.upper.joinpath(*parts))


def _directory(place: Place, name: str) -> None:
    """Make a directory in the upper layer that is like the machine's."""
    path = place.upper / name
    if path.is_dir():
        return
    path.mkdir()
    with suppress(OSError):
        about = Path("/", name).stat()
        path.chmod(stat.S_IMODE(about.st_mode))
        os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))


def _whiteout(path: Path) -> None:
    # Documentation/filesystems/overlayfs.rst: a character device 0:0 stands for what is not there.
    os.mknod(path, stat.S_IFCHR, os.makedev(0, 0))


def _empty(place: Place, name: str) -> None:
    """Let a directory of the upper layer cover the machine's."""
    try:
        os.setxattr(place.upper / name, place.opaque, b"y")
    except OSError:
        with suppress(FileNotFoundError, PermissionError):
            for entry in os.scandir(Path("/", name)):
                if not (place.upper / name / entry.name).exists():
                    _whiteout(place.upper / name / entry.name)


def _mount_devices(dev: Path) -> None:
    kernel.mount("tmpfs", dev, "tmpfs", kernel.NO_SUID | kernel.NO_DEVICES, "size=64m,mode=755")
    for name in _DEVICES:
        (dev / name).touch()
        kernel.mount(f"/dev/{name}", dev / name, flags=kernel.BIND)
    for name, target in _LINKS.items():
        (dev / name).symlink_to(target)
    for name in ("pts", "shm"):
        (dev / name).mkdir()
    (dev / "shm").chmod(0o1777)
    with suppress(OSError):
        kernel.mount("devpts", dev / "pts", "devpts", kernel.NO_SUID, "newinstance,ptmxmode=0666,mode=620")


def _limit_processes(proc: Path) -> None:
    """Let nobody in this PID namespace start processes without end, where the kernel can tell namespaces apart."""
    if kernel.version() >= kernel.HAS_OWN_PID_MAX:
        (proc / "sys/kernel/pid_max").write_text(str(_MOST_PROCESSES), encoding="ascii")
    else:
        resource.setrlimit(resource.RLIMIT_NPROC, (_MOST_PROCESSES, _MOST_PROCESSES))


def _protect_settings(proc: Path) -> None:
    """Let nobody inside write what is the whole machine's."""
    for name in _KERNEL_SETTINGS:
        path = proc / name
        if path.exists():
            kernel.mount(str(path), path, flags=kernel.BIND)
            flags = kernel.BIND | kernel.REMOUNT | kernel.READ_ONLY | kernel.NO_SUID | kernel.NO_DEVICES
            kernel.mount("none", path, flags=flags | kernel.NO_PROGRAMS)


def _furnish(root: Path) -> None:
    """Make what a user's machine has: names, a home, a sudo that asks for nothing."""
    (root / WORK[1:]).mkdir(parents=True)
    (root / HOME[1:] / ".gitconfig").write_text(_GIT_SETTINGS, encoding="utf-8")
    (root / "run/lock").mkdir(mode=0o1777)
    etc = root / "etc"
    for name, text in {"hostname": f"{HOSTNAME}\n", "hosts": f"127.0.0.1 localhost {HOSTNAME}\n"}.items():
        (etc / name).unlink(missing_ok=True)
        (etc / name).write_text(text, encoding="utf-8")
    with suppress(FileNotFoundError):
        names = (etc / "passwd").read_text(encoding="utf-8", errors="replace").splitlines()
        kept = [line for line in names if line.split(":")[0] != "ada" and line.split(":")[2:3] != ["1000"]]
        (etc / "passwd").write_text("\n".join([*kept, f"ada:x:1000:1000:Ada Marsh:{HOME}:/bin/bash", ""]), "utf-8")
        groups = (etc / "group").read_text(encoding="utf-8", errors="replace").splitlines()
        kept = [line for line in groups if line.split(":")[0] != "ada" and line.split(":")[2:3] != ["1000"]]
        (etc / "group").write_text("\n".join([*kept, "ada:x:1000:", ""]), "utf-8")
    for name in ("sudo", "doas"):
        program = root / "usr/local/bin" / name
        program.parent.mkdir(parents=True, exist_ok=True)
        program.unlink(missing_ok=True)
        program.write_text(_SUDO, encoding="utf-8")
        program.chmod(0o755)
