"""The machine's root with a layer over it that takes what is written, and covers what is private."""

import os
import shutil
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from evals.sandbox import kernel

# What a machine's software lives in. Whatever else is at the top of the tree is somebody's own.
_SYSTEM = frozenset("bin boot etc gnu lib lib32 lib64 libx32 nix opt sbin usr var".split())  # noqa: SIM905
# Filesystem Hierarchy Standard 3.0: there in any case, and empty here.
_EMPTY = {"dev": 0o755, "home": 0o755, "media": 0o755, "mnt": 0o755, "proc": 0o555, "root": 0o700, "run": 0o755}
_EMPTY |= {"srv": 0o755, "sys": 0o555, "tmp": 0o1777, "var/tmp": 0o1777}
_ROOM = "size=768m,nr_inodes=400k,mode=755"
# A directory that cannot be covered by a layer is copied when it is no larger.
_COPIED = frozenset({"etc"})


@dataclass(frozen=True)
class Place:
    """Where one run happens: the tree that is seen, and the layer that takes what is written."""

    base: Path
    is_whole: bool
    """Whether one layer covers the machine's root; else one covers each of its directories of software."""

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
        return ("trusted" if self.is_whole else "user") + ".overlay.opaque"

    def has_own(self, path: str) -> bool:
        """Say whether nothing of the machine's is seen at a path, whatever is in the layer."""
        top = path.split("/")[1]
        return not self.is_whole and (top not in _SYSTEM or top in _COPIED)


def lay(base: Path, hidden: tuple[str, ...], *, is_root: bool) -> Place:
    """Mount the tree; raises OSError where the kernel allows neither way."""
    if is_root:
        try:
            return _laid(Place(base, is_whole=True), hidden)
        except OSError:
            # A container's root, or the root of a user namespace only.
            kernel.unmount(base)
    return _laid(Place(base, is_whole=False), hidden)


def _laid(place: Place, hidden: tuple[str, ...]) -> Place:
    kernel.mount("tmpfs", place.base, "tmpfs", kernel.NO_DEVICES, _ROOM)
    for path in (place.upper, place.base / "work", place.root):
        path.mkdir()
    _hide(place, hidden)
    if place.is_whole:
        _overlay(Path("/"), place.upper, place.base / "work", place.root)
    else:
        _lay_parts(place)
    return place


def _overlay(lower: Path, upper: Path, work: Path, target: Path, more: str = "") -> None:
    data = f"lowerdir={lower},upperdir={upper},workdir={work}{more}"
    kernel.mount("overlay", target, "overlay", kernel.NO_DEVICES, data)


def _lay_parts(place: Place) -> None:
    """Cover each directory by itself: in a user's namespace nothing may be laid over what has other mounts in it."""
    for entry in sorted(os.scandir("/"), key=lambda entry: entry.name):
        if entry.name not in _SYSTEM or not entry.is_dir():
            continue
        target, upper = place.root / entry.name, place.upper / entry.name
        if entry.is_symlink():
            target.symlink_to(Path(entry.path).readlink())
            continue
        target.mkdir()
        _directory(place, entry.name)
        if entry.name in _COPIED:
            _copy(Path(entry.path), upper)
            kernel.mount(str(upper), target, flags=kernel.BIND)
            continue
        work = place.base / "work" / entry.name
        work.mkdir()
        try:
            _overlay(Path(entry.path), upper, work, target, ",userxattr")
        except OSError:
            # It has mounts of its own: it can be read.
            kernel.mount(entry.path, target, flags=kernel.BIND | kernel.RECURSIVE)
            kernel.read_only(target)
    for name in _EMPTY:
        if "/" not in name:
            (place.root / name).mkdir()
            kernel.mount(str(place.upper / name), place.root / name, flags=kernel.BIND)


def _copy(directory: Path, target: Path) -> None:
    """Copy what may be read of a directory."""
    for entry in os.scandir(directory):
        copy = target / entry.name
        # What the user may not read would not be seen by the user either.
        with suppress(OSError):
            if entry.is_symlink():
                copy.symlink_to(Path(entry.path).readlink())
            elif entry.is_dir():
                copy.mkdir()
                _copy(Path(entry.path), copy)
                shutil.copystat(entry.path, copy)
            elif entry.is_file():
                shutil.copy2(entry.path, copy)


def _hide(place: Place, hidden: tuple[str, ...]) -> None:
    """Lay out the upper layer so that nothing private is seen."""
    for entry in os.scandir("/") if place.is_whole else ():
        if entry.name not in _SYSTEM and entry.name not in _EMPTY:
            _whiteout(place.upper / entry.name)
    _directory(place, "var")
    for name, mode in _EMPTY.items():
        _directory(place, name)
        (place.upper / name).chmod(mode)
        _empty(place, name)
    for path in hidden:
        parts = Path(path).resolve().parts[1:]
        if len(parts) < len(("usr", "own")) or not Path("/", *parts).is_dir() or parts[0] not in _SYSTEM:
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
