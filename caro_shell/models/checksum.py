"""Whole-file SHA-256, and the memory of a check that was right.

Hashing a gigabyte takes about a second, too long for every load of the model. So a right check is kept beside
the file, together with what would change if the file did, and believed only while all of that still holds.
"""

import json
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

BLOCK = 1 << 20


def file_sha256(path: Path, report: Callable[[int], None] | None = None) -> str:
    """Return the SHA-256 of the whole file in hex; `report` is told the bytes read so far."""
    import hashlib

    digest, done = hashlib.sha256(), 0
    with path.open("rb", buffering=0) as file:
        while block := file.read(BLOCK):
            digest.update(block)
            done += len(block)
            if report:
                report(done)
    return digest.hexdigest()


def beside(path: Path, ending: str) -> Path:
    """Return the file that lies beside `path` and is called the same with `ending` after it."""
    return path.with_name(path.name + ending)


def write_private(path: Path, text: str) -> None:
    """Replace `path` by `text`, whole or not at all, readable by its owner only."""
    new = beside(path, f".{os.getpid()}.new")
    with os.fdopen(
        os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "w", encoding="utf-8"
    ) as file:
        file.write(text)
    new.replace(path)


def memory_path(path: Path) -> Path:
    """Return where the check of `path` is remembered."""
    return beside(path, ".verified")


def _identity(path: Path, sha256: str) -> dict[str, int | str]:
    found = path.stat()
    # Whoever may write the file may also set its time of modification, but not that of its last change.
    times = {"mtime_ns": found.st_mtime_ns, "ctime_ns": found.st_ctime_ns}
    return {"size": found.st_size, **times, "inode": found.st_ino, "sha256": sha256}


def is_remembered(path: Path, sha256: str) -> bool:
    """Tell whether `path` was found to have `sha256` before and is still the same file."""
    try:
        with memory_path(path).open(encoding="utf-8") as file:
            # A memory that somebody else wrote is no memory of ours.
            owned = os.fstat(file.fileno()).st_uid == os.getuid()
            return owned and bool(json.load(file) == _identity(path, sha256))
    except (OSError, ValueError):
        return False


def remember(path: Path, sha256: str) -> None:
    """Keep that `path` has just been found to have `sha256`, where its directory can be written."""
    with suppress(OSError):
        write_private(memory_path(path), json.dumps(_identity(path, sha256)))


def forget(path: Path) -> None:
    """Drop the memory of a check of `path`, if there is one."""
    memory_path(path).unlink(missing_ok=True)


def is_right(path: Path, sha256: str, report: Callable[[int], None] | None = None) -> bool:
    """Tell whether the file at `path` has `sha256`, by memory where it can, else by reading all of it."""
    if is_remembered(path, sha256):
        return True
    before = _identity(path, sha256)
    right = file_sha256(path, report) == sha256
    if right and _identity(path, sha256) == before:
        remember(path, sha256)
    return right
