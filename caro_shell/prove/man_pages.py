"""The man page of a program, found from where the program lies and read from its source; no process is started."""

import bz2
import gzip
import lzma
import re
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from caro_shell.prove.documented import Options, read_options
from caro_shell.prove.roff import plain_lines

_SIZE_LIMIT = 2 * 1024 * 1024
_OPENERS: Mapping[str, Callable[..., Any]] = {".gz": gzip.open, "": Path.open, ".bz2": bz2.open, ".xz": lzma.open}
_SECTIONS = ("1", "8", "6")
_INCLUDED = re.compile(r"^\.so +(?:man\w+/)?([^\s/\0]+)[ \t]*$", re.MULTILINE)


def find_page(name: str, program: str) -> Path | None:
    """Return the file of the man page `name` that came with `program`."""
    if "/" in name:
        return None
    above = Path(program).parent.parent
    roots = [above / "share" / "man", above / "man", above / "gnuman"]
    # What lies in /bin is described below /usr.
    if str(above) == "/":
        roots.append(Path("/usr/share/man"))
    for root in roots:
        for section in _SECTIONS:
            for ending in _OPENERS:
                path = root / f"man{section}" / f"{name}.{section}{ending}"
                if path.is_file():
                    return path
    return None


def read_page(path: Path) -> Options:
    """Return the options a man page names; one that cannot be read has none."""
    return read_options(plain_lines(read_source(path)))


def read_source(path: Path, depth: int = 2) -> str:
    """Return the source of a man page, of the one it includes if that is all it does; empty when it cannot be read."""
    try:
        if path.stat().st_size > _SIZE_LIMIT:
            return ""
        with _OPENERS.get(path.suffix, Path.open)(path, "rb") as file:
            # A few packed bytes may stand for gigabytes.
            source = str(file.read(_SIZE_LIMIT), "utf-8", "replace")
    except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError):
        return ""
    if (other := _INCLUDED.search(source)) and depth and len(source) < 1000:  # noqa: PLR2004  nothing but that line
        near = [path.with_name(f"{other[1]}{ending}") for ending in _OPENERS]
        return next((read_source(page, depth - 1) for page in near if page.is_file()), "")
    return source
