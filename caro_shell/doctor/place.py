"""The machine around caro: the locale, room on the disks, memory."""

import locale
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from caro_shell import paths
from caro_shell.doctor.finding import Finding, Surroundings
from caro_shell.doctor.settings import settings_of
from caro_shell.machine import memory
from caro_shell.models.progress import size_text

# Enough for a log, an index and a prompt's evaluated beginning; a model is looked for room when it is fetched.
_LEAST_ROOM = 200_000_000
_FEWEST_FILES = 1000
_CHOOSING = ("LC_ALL", "LC_CTYPE", "LANG")


def check_locale(around: Surroundings) -> list[Finding]:
    """Say whether the locale has characters for everything, and whether this machine has it."""
    name = next((around.environ[variable] for variable in _CHOOSING if around.environ.get(variable)), "")
    which = next((variable for variable in _CHOOSING if around.environ.get(variable)), "LANG")
    if not name or name in {"C", "POSIX"}:
        seen = f"{which}={name}" if name else "none is set"
        seen += ": shells show what is not ASCII as signs; export LANG=C.UTF-8 would change that"
        return [Finding("locale", ok=True, seen=seen)]
    if "UTF8" not in name.upper().replace("-", ""):
        seen, mend = f"{which}={name} has no UTF-8", f"export {which}=C.UTF-8"
        return [Finding("locale", ok=False, seen=seen, mend=mend)]
    if not _is_here(name):
        seen, mend = f"{which}={name} is not installed here", f"export {which}=C.UTF-8, or: sudo locale-gen {name}"
        return [Finding("locale", ok=False, seen=seen, mend=mend)]
    return [Finding("locale", ok=True, seen=f"{which}={name}")]


def _is_here(name: str) -> bool:
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        locale.setlocale(locale.LC_CTYPE, name)
    except locale.Error:
        return False
    else:
        return True
    finally:
        locale.setlocale(locale.LC_CTYPE, before)


def check_disk(around: Surroundings) -> list[Finding]:
    """Say whether the disks that caro writes to have room, and can be written to."""
    found = list(_without_room(around))
    return found or [Finding("disk", ok=True, seen="there is room where caro writes, and it may")]


def _without_room(around: Surroundings) -> Iterator[Finding]:
    from caro_shell.models.store import models_dir

    runtime = Path(paths.runtime_dir(around.environ))
    places = [runtime, models_dir(settings_of(around)), Path(paths.cache_dir())]
    disks: dict[int, Path] = {}
    for place in places:
        there = next(path for path in (place, *place.parents) if path.exists())
        disks.setdefault(there.stat().st_dev, there)
    for there in disks.values():
        if trouble := room_trouble(there):
            yield trouble


def room_trouble(there: Path, least: int = _LEAST_ROOM) -> Finding | None:
    """Return what to say of the disk of a directory that has not `least` bytes, or no more files, or is read-only."""
    try:
        free, system = shutil.disk_usage(there).free, os.statvfs(there)
    except OSError as error:
        return Finding("disk", ok=False, seen=f"{there}: {error.strerror}", mend=f"look at: df {there}")
    if system.f_flag & os.ST_RDONLY:
        mend = "set CARO_RUNTIME_DIR, `models_dir` and XDG_CACHE_HOME to a disk that can be written to"
        return Finding("disk", ok=False, seen=f"{there} can only be read", mend=mend)
    if free < least:
        mend = "free some space; `caro models rm` gives back a model's"
        return Finding("disk", ok=False, seen=f"{there} has {size_text(free)} left", mend=mend)
    if system.f_files and system.f_favail < _FEWEST_FILES:
        return Finding("disk", ok=False, seen=f"{there} has no room for more files", mend=f"look at: df -i {there}")
    return None


def check_memory(around: Surroundings) -> list[Finding]:
    """Say whether memory is short now: the daemon gives the model back then."""
    found = memory.read_memory(around.root)
    if found.is_short:
        mend = "end what takes it, or choose a smaller model: caro models use tiny"
        return [Finding("memory", ok=False, seen=f"it is short: {found}", mend=mend)]
    return [Finding("memory", ok=True, seen=str(found))]
