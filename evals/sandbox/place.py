"""What commands see: this machine's own root with nothing private in it, devices, processes, and ada's home."""

import resource
from contextlib import suppress
from pathlib import Path

from evals.sandbox import kernel, layers
from evals.sandbox.layers import Place

HOSTNAME = "vega"
HOME = "/home/ada"
WORK = f"{HOME}/work"
ENDED = "/dev/.ended"
"""Where a shell writes the directory it was left in."""
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
_LINKS = {"fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2", "ptmx": "pts/ptmx"}
# Kernel settings that are not the namespace's own.
_KERNEL_SETTINGS = ("sys", "sysrq-trigger", "irq", "bus", "fs")
# The kernel refuses less than 301.
_MOST_PROCESSES = 800
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


def make(base: Path, hidden: tuple[str, ...], *, is_root: bool) -> Place:
    """Mount the tree in this mount namespace, which must be new; `hidden` directories are not in it."""
    kernel.mount("none", Path("/"), flags=kernel.RECURSIVE | kernel.PRIVATE)
    place = layers.lay(base, hidden, is_root=is_root)
    _mount_devices(place.root / "dev")
    kernel.mount("proc", place.root / "proc", "proc", kernel.NO_SUID | kernel.NO_DEVICES | kernel.NO_PROGRAMS)
    _limit_processes(place.root / "proc")
    _protect_settings(place.root / "proc")
    with suppress(OSError):
        # Where a container has parts of it covered, the kernel refuses; little asks for it.
        kernel.mount("sysfs", place.root / "sys", "sysfs", kernel.READ_ONLY | kernel.NO_SUID | kernel.NO_DEVICES)
    _furnish(place.root)
    return place


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
        # Where /usr cannot be written, its own sudo is all there is.
        with suppress(OSError):
            program.parent.mkdir(parents=True, exist_ok=True)
            program.unlink(missing_ok=True)
            program.write_text(_SUDO, encoding="utf-8")
            program.chmod(0o755)
