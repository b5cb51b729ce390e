"""The programs of a machine: what a name on PATH stands for, and which of them may be asked about themselves."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_SBIN = ("/usr/local/sbin", "/usr/sbin", "/sbin")
_OF_THE_SYSTEM = ("/bin", "/usr/bin", "/sbin", "/usr/sbin")
_MOST_NAMES = 20_000


@dataclass(frozen=True)
class Programs:
    """The directories of a PATH, in order, as they are seen from `cwd`."""

    path: str
    cwd: str = ""
    home: str = ""

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


def is_trusted(program: str, cwd: str, home: str) -> bool:
    """Say whether `program` is surely the tool of its name, so that it may be run with `--help`.

    Nobody but root or this user can have put it there. It does not lie below the current directory, whose files came
    with somebody's project, nor below the home: the user's own `install` or `watch` may do anything. Where scripts
    stand for other programs (pyenv's, rbenv's, asdf's shims), asking them does more than print: only those that the
    system brings are asked.
    """
    if not program.startswith("/") or ".." in program.split("/"):
        return False
    not_below = [Path(place).resolve() for place in (cwd, home) if place]
    for path in (Path(program), Path(program).resolve()):
        if any(path.is_relative_to(place) for place in not_below) or "shims" in path.parts:
            return False
        for part in (path, path.parent):
            try:
                found = part.stat()
            except OSError:
                return False
            if found.st_mode & stat.S_IWOTH or found.st_uid not in {0, os.getuid()}:
                return False
    return not _is_script(Path(program).resolve())


def _is_script(path: Path) -> bool:
    """Say whether `path` is a script that did not come with the system."""
    try:
        with path.open("rb") as file:
            return file.read(2) == b"#!" and str(path.parent) not in _OF_THE_SYSTEM
    except OSError:
        return True
