"""The head of a GGUF file: read to the end of its list of tensors, so that a broken one is named before it is loaded.

The format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. llama.cpp checks the same and more, but says so
in its own log only, and what it is given may be a terabyte.
"""

import mmap
import stat
import struct
from collections.abc import Iterator
from pathlib import Path

from caro_shell.errors import ModelError
from caro_shell.models.progress import MEGABYTE, size_text

MAGIC = b"GGUF"
_HINT = "Set `model` to a GGUF file that is whole, or to a name from: caro models list"
_VERSIONS = (2, 3)
# The largest models have a few thousand tensors, a few dozen facts and a quarter of a million words; a broken count may
# be anything.
_MOST, _MOST_WORDS = 1 << 16, 1 << 22
_DEFAULT_ALIGNMENT = 32
_STRING, _ARRAY = 8, 9
_SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
# ggml.h: a type's number, how many values a block of it holds, and a block's bytes.
_BLOCKS = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34), 10: (256, 84),
    11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210), 30: (1, 2),
}  # fmt: skip


class _Head:
    """Reads one value after another; anything beyond the end of the file is an IndexError or struct.error."""

    def __init__(self, data: mmap.mmap) -> None:
        self._data, self.at, self._end = data, 0, len(data)

    def number(self, form: str) -> int:
        size = struct.calcsize(form)
        (value,) = struct.unpack_from(form, self._data, self.at)
        self.at += size
        return int(value)

    def skip(self, count: int) -> None:
        if self.at + count > self._end:
            raise IndexError(count)
        self.at += count

    def string(self) -> bytes:
        start = self.at + 8
        self.skip(8 + self.number_ahead())
        return bytes(self._data[start : self.at])

    def number_ahead(self) -> int:
        return int(struct.unpack_from("<Q", self._data, self.at)[0])

    def skip_value(self, kind: int) -> None:
        if kind in _SIZES:
            self.skip(_SIZES[kind])
        elif kind == _STRING:
            self.skip(8 + self.number_ahead())
        elif kind == _ARRAY:
            inner, count = self.number("<I"), self.number("<Q")
            if inner in _SIZES:
                self.skip(_SIZES[inner] * count)
            elif inner == _STRING and count <= _MOST_WORDS:
                self._skip_strings(count)
            else:
                raise IndexError(inner)
        else:
            raise IndexError(kind)

    def _skip_strings(self, count: int) -> None:
        # A third of a million of them in every file: nothing but what is needed.
        at, data, unpack = self.at, self._data, struct.Struct("<Q").unpack_from
        for _ in range(count):
            at += 8 + unpack(data, at)[0]
        self.at = at
        self.skip(0)


def _least_size(head: _Head, tensors: int, facts: int) -> int:
    """Return the bytes that the file must have for what its head lists."""
    alignment = _DEFAULT_ALIGNMENT
    for _ in range(facts):
        key, kind = head.string(), head.number("<I")
        if key == b"general.alignment" and kind == 4:  # noqa: PLR2004  a uint32
            alignment = head.number("<I")
        else:
            head.skip_value(kind)
    ends = list(_ends(head, tensors))
    start = -(-head.at // alignment) * alignment
    return start + max(ends, default=0)


def _ends(head: _Head, tensors: int) -> Iterator[int]:
    for _ in range(tensors):
        head.skip(8 + head.number_ahead())
        values = 1
        for _ in range(min(head.number("<I"), 8)):
            values *= head.number("<Q")
        kind, offset = head.number("<I"), head.number("<Q")
        per_block, block = _BLOCKS.get(kind, (1, 0))
        yield offset + values // per_block * block


def texts_of(path: Path) -> dict[str, str]:
    """Return the facts of a file that are text, by their keys; raises ModelError as `check_head` does."""
    check_head(path)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        head = _Head(data)
        head.skip(16)
        found = {}
        for _ in range(head.number("<Q")):
            key, kind = head.string(), head.number("<I")
            if kind == _STRING:
                found[key.decode("utf-8", "replace")] = head.string().decode("utf-8", "replace")
            else:
                head.skip_value(kind)
    return found


def check_head(path: Path) -> None:
    """Raise ModelError, in one sentence, unless `path` begins as a GGUF file does and has all that its head lists."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise ModelError(f"{path} is not a file.", _HINT)
        with path.open("rb") as file:
            start = file.read(24)
            if start[:4] != MAGIC:
                raise ModelError(f"{path} is not a GGUF file.", _HINT)
            if len(start) < 24:  # noqa: PLR2004  magic, version, two counts
                raise ModelError(f"{path} ends in the middle of its head.", _HINT)
            _check_counts(path, *struct.unpack("<IQQ", start[4:]))
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                _check_size(path, data)
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror or error}.", _HINT) from None


def _check_counts(path: Path, version: int, tensors: int, facts: int) -> None:
    if version not in _VERSIONS:
        raise ModelError(f"{path} is GGUF of version {version}, which llama.cpp cannot read.", _HINT)
    if tensors > _MOST or facts > _MOST:
        raise ModelError(f"{path} is damaged: its head claims {max(tensors, facts):,} entries.", _HINT)


def _check_size(path: Path, data: mmap.mmap) -> None:
    head = _Head(data)
    head.skip(8)
    try:
        least = _least_size(head, head.number("<Q"), head.number("<Q"))
    except (IndexError, struct.error, ZeroDivisionError, OverflowError):
        raise ModelError(f"{path} is damaged: its head makes no sense.", _HINT) from None
    if missing := max(0, least - len(data)):
        lack = f"{missing:,} bytes" if missing < MEGABYTE else size_text(missing)
        raise ModelError(f"{path} is cut off: {lack} of it are missing.", _HINT)
