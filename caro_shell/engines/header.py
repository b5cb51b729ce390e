"""The few numbers of a GGUF header that say how much of a model fits where; whether it is whole is checked before."""

import struct
from pathlib import Path
from typing import BinaryIO

# The architecture's numbers stand at the beginning, before the vocabulary; no file has as many keys before that.
_MOST_KEYS = 200
_LONGEST = 1 << 16
_STRING, _ARRAY = 8, 9
_FORMATS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}


class _EndError(Exception):
    """There is nothing more to be read here."""


def _number(file: BinaryIO, form: str) -> int | float:
    data = file.read(struct.calcsize(form))
    if len(data) != struct.calcsize(form):
        raise _EndError
    (value,) = struct.unpack(form, data)
    return value  # type: ignore[no-any-return]


def _text(file: BinaryIO) -> str:
    length = int(_number(file, "<Q"))
    if length > _LONGEST:
        raise _EndError
    return file.read(length).decode("utf-8", "replace")


def read_numbers(path: Path) -> dict[str, int]:
    """Return the whole numbers of the architecture, by key without its name, as in `block_count`.

    What cannot be read is left out; raises OSError when the file cannot be.
    """
    found: dict[str, int] = {}
    with path.open("rb") as file:
        try:
            file.seek(16)
            for _ in range(min(int(_number(file, "<Q")), _MOST_KEYS)):
                key, kind = _text(file), int(_number(file, "<I"))
                if kind == _STRING:
                    _text(file)
                elif kind in _FORMATS:
                    value = _number(file, _FORMATS[kind])
                    if isinstance(value, int):
                        found[key.partition(".")[2]] = int(value)
                else:
                    raise _EndError  # noqa: TRY301  an array: the vocabulary's beginning
        except _EndError:
            pass
    return found
