"""What differs from the machine, and what a command changed of it."""

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from evals.sandbox import archives
from evals.sandbox.layers import Place

_WHOLE = 64 * 1024 * 1024
_EDGE = 1024 * 1024
_GIT = (".git",)
# Logs, caches and spools with a time in them, which no request is about.
_NOISE = ("/var/log/", "/var/cache/", "/var/spool/", "/run/", "/var/tmp/", "/var/lib/")  # noqa: S108  in the sandbox
_NOISE_HOME = (
    ".cache/",
    ".local/share/fish/",
    ".local/state/",
    ".config/fish/",
    ".wget-hsts",
    ".lesshst",
    ".zcompdump",
)
_NOISE_TMP = ("/tmp/tmp.", "/tmp/sort")  # noqa: S108  names in the sandbox


@dataclass(frozen=True)
class Entry:
    """One path: kind is f, d, l, p, s, c, b, or - for what was taken away."""

    kind: str
    mode: int = 0
    owner: str = ""
    size: int = 0
    mtime: float = 0.0
    digest: str = ""
    """Of a file's bytes; a link's target."""
    held: str = ""
    """Of what an archive holds."""
    inode: int = 0
    links: int = 1
    is_opaque: bool = False
    stamp: tuple[int, ...] = field(default=(), repr=False)


Snapshot = Mapping[str, Entry]


def snapshot(place: Place, before: Snapshot | None = None) -> Snapshot:
    """Return everything that differs from the machine; what is not written since `before` is not read again."""
    return dict(_walk(place, before or {}))


def _walk(place: Place, before: Snapshot) -> Iterator[tuple[str, Entry]]:
    waiting = [place.upper]
    while waiting:
        for found in os.scandir(waiting.pop()):
            path = "/" + str(Path(found.path).relative_to(place.upper))
            entry = read_entry(Path(found.path), before.get(path), place.opaque)
            yield path, entry
            if entry.kind == "d":
                waiting.append(Path(found.path))


def read_entry(path: Path, known: Entry | None = None, opaque: str = "") -> Entry:
    """Return what a path is; raises OSError when it is not there."""
    about = path.lstat()
    kind = {stat.S_IFREG: "f", stat.S_IFDIR: "d", stat.S_IFLNK: "l", stat.S_IFIFO: "p", stat.S_IFSOCK: "s"}.get(
        stat.S_IFMT(about.st_mode), "c"
    )
    if kind == "c" and not about.st_rdev:
        return Entry("-")
    stamp = (about.st_ino, about.st_size, about.st_mtime_ns, about.st_ctime_ns)
    digest = held = ""
    if known and known.stamp == stamp:
        digest, held = known.digest, known.held
    elif kind == "f":
        digest, held = _digest(path, about.st_size), archives.contents(path)
    elif kind == "l":
        digest = str(path.readlink())
    return Entry(
        kind,
        stat.S_IMODE(about.st_mode),
        f"{about.st_uid}:{about.st_gid}",
        about.st_size if kind == "f" else 0,
        about.st_mtime,
        digest,
        held,
        about.st_ino,
        about.st_nlink if kind == "f" else 1,
        kind == "d" and bool(opaque) and _is_opaque(path, opaque),
        stamp,
    )


def _is_opaque(path: Path, name: str) -> bool:
    try:
        return os.getxattr(path, name, follow_symlinks=False) == b"y"
    except OSError:
        return False


def _digest(path: Path, size: int) -> str:
    with path.open("rb") as file:
        if size <= _WHOLE:
            return hashlib.file_digest(file, "sha256").hexdigest()
        first = file.read(_EDGE)
        file.seek(-_EDGE, os.SEEK_END)
        return f"{size}:{hashlib.sha256(first + file.read()).hexdigest()}"


def _before(place: Place, path: str, before: Snapshot) -> Entry | None:
    """Return what was at a path after the setup."""
    if path in before:
        return before[path] if before[path].kind != "-" else None
    if place.has_own(path):
        return None
    for parent in Path(path).parents:
        covering = before.get(str(parent))
        if covering and (covering.kind != "d" or covering.is_opaque):
            return None
    try:
        return read_entry(Path(path))
    except OSError:
        return None


def changes(place: Place, before: Snapshot, after: Snapshot) -> list[dict[str, Any]]:
    """Return what differs between two snapshots: `path`, `before` and `after`, each an entry or None."""
    found = []
    for path in sorted({*before, *after}):
        if is_noise(path):
            continue
        was, now = _before(place, path, before), after.get(path)
        now = None if now and now.kind == "-" else now
        if now is None and path not in after and path not in before:
            continue
        if _fields(was) != _fields(now) or (was and now and was.kind != "d" and was.mtime != now.mtime):
            change: dict[str, Any] = {
                "path": path,
                "before": _fields(was, path, before),
                "after": _fields(now, path, after),
            }
            if was and now and was.kind == now.kind == "f" and was.digest != now.digest:
                change["appended"] = _begins_with(place.root / path[1:], was)
            found.append(change)
    return found


def _fields(entry: Entry | None, path: str = "", among: Snapshot | None = None) -> dict[str, Any] | None:
    if entry is None:
        return None
    told = asdict(entry)
    for name in ("stamp", "is_opaque", "inode", "links"):
        del told[name]
    if not among:
        del told["mtime"]
    elif entry.links > 1:
        same = sorted(other for other, it in among.items() if it.inode == entry.inode and it.kind == "f")
        told["same_as"] = same[0] if same[0] != path else ""
    return told


def _begins_with(path: Path, was: Entry) -> bool:
    """Say whether a file is what it was with something behind it."""
    if was.size > _WHOLE or not was.size:
        return not was.size
    try:
        with path.open("rb") as file:
            return hashlib.sha256(file.read(was.size)).hexdigest() == was.digest
    except OSError:
        return False


def is_noise(path: str) -> bool:
    """Say whether a path says nothing about a command: logs, caches, what git keeps inside."""
    parts = path.split("/")
    if any(part in _GIT or (part.endswith(".git") and part != path) for part in parts[:-1]):
        return True
    if "__pycache__" in parts or f"{path}/".startswith(_NOISE) or path.startswith(_NOISE_TMP):
        return True
    return f"{path}/".removeprefix("/home/ada/").startswith(_NOISE_HOME) or path == "/etc/ld.so.cache"
