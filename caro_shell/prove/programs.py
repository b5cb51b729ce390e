"""The programs of a machine: what a name on PATH stands for, and which of them may be asked about themselves."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_SBIN = ("/usr/local/sbin", "/usr/sbin", "/sbin")
_MOST_NAMES = 20_000


@dataclass(frozen=True)
class Programs:
    """The directories of a PATH, in order, as they are seen from `cwd`."""

    path: str
    cwd: str = ""

    @property
    def directories(self) -> list[str]:
        """Return them; the empty one is the current directory, as POSIX has it."""
        return [os.path.join(self.cwd, part) for part in self.path.split(os.pathsep)]  # noqa: PTH118  an empty part

    def find(self, name: str, *, as_root: bool = False) -> str:
        """Return the file that runs as `name`, empty when there is none; root finds more by sudo's own PATH."""
        for directory in [*self.directories, *(_SBIN if as_root else ())]:
            candidate = f"{directory.rstrip('/')}/{name}"
            if directory and _is_executable(candidate):
                return candidate
        return ""

    def names(self) -> Iterator[str]:
        """Yield what there is, without looking at each file."""
        left = _MOST_NAMES
        for directory in self.directories:
            try:
                with os.scandir(directory or ".") as entries:
                    for entry in entries:
                        left -= 1
                        if left < 0:
                            return
                        yield entry.name
            except OSError:
                continue


def _is_executable(path: str) -> bool:
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116  thousands a second
    except (OSError, ValueError):
        return False
    return stat.S_ISREG(mode) and bool(mode & 0o111)


def is_trusted(program: str, cwd: str) -> bool:
    """Say whether `program` may be run with `--help`: nobody but root or this user can have put it there.

    What lies below the current directory is left alone, too: it came with somebody's project.
    """
    if not program.startswith("/") or ".." in program.split("/"):
        return False
    here = Path(cwd or "/nowhere").resolve()
    for path in (Path(program), Path(program).resolve()):
        if path.is_relative_to(here):
            return False
        for part in (path, path.parent):
            try:
                found = part.stat()
            except OSError:
                return False
            if found.st_mode & stat.S_IWOTH or found.st_uid not in {0, os.getuid()}:
                return False
    return True
