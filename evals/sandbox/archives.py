"""What is in an archive, so that two of them can be compared: the times in them never are the same."""

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path

# The modules that open archives are imported where one is met: every sandbox is a fork of a process that has none.
_MOST_BYTES = 64 * 1024 * 1024
_PACKED = {b"\x1f\x8b": "gzip", b"BZh": "bz2", b"\xfd7zXZ\0": "lzma"}
_ZIPPED = b"PK\x03\x04"
_TAR_AT, _TAR = 257, b"ustar"


def contents(path: Path) -> str:
    """Return a digest of what an archive holds, without times and owners; empty for any other file."""
    with path.open("rb") as file:
        head = file.read(_TAR_AT + len(_TAR))
    is_archive = head.startswith((*_PACKED, _ZIPPED)) or head[_TAR_AT:] == _TAR
    if not is_archive or path.stat().st_size > _MOST_BYTES:
        return ""
    try:
        return _digest(path.read_bytes())
    except Exception:  # whatever a broken archive makes its module say
        return ""


def _digest(data: bytes) -> str:
    for magic, name in _PACKED.items():
        if data.startswith(magic):
            return f"{name}:{_digest(_unpacked(data, name))}"
    if data.startswith(_ZIPPED):
        return f"zip:{_sum(_of_zip(data))}"
    if data[_TAR_AT : _TAR_AT + len(_TAR)] == _TAR:
        return f"tar:{_sum(_of_tar(data))}"
    return hashlib.sha256(data).hexdigest()


def _unpacked(data: bytes, name: str) -> bytes:
    import bz2
    import gzip
    import lzma

    return {"gzip": gzip.decompress, "bz2": bz2.decompress, "lzma": lzma.decompress}[name](data)


def _sum(members: Iterator[tuple[str, str]]) -> str:
    """Return a digest of names and what they hold; a directory counts only where nothing is in it."""
    named = dict(members)
    kept = [
        (name, held) for name, held in named.items() if held != "d" or not any(o.startswith(f"{name}/") for o in named)
    ]
    return hashlib.sha256(repr(sorted(kept)).encode()).hexdigest()


def _plain(name: str) -> str:
    return name.removeprefix("./").strip("/")


def _of_tar(data: bytes) -> Iterator[tuple[str, str]]:
    import tarfile

    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.isreg() or member.islnk() else None
            held = hashlib.sha256(file.read()).hexdigest() if file else member.linkname or "d"
            if _plain(member.name) not in ("", "."):
                yield _plain(member.name), held


def _of_zip(data: bytes) -> Iterator[tuple[str, str]]:
    import zipfile

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for member in archive.infolist():
            # Bit 0: encrypted; its contents are nobody's to read.
            if member.flag_bits & 1:
                held = f"encrypted {member.file_size}"
            else:
                held = "d" if member.is_dir() else hashlib.sha256(archive.read(member)).hexdigest()
            yield _plain(member.filename), held
