"""A GGUF file read for conversion: its facts, and its tensors as the bytes they lie in.

The format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. Every file that comes here has been checked by
`find_model`; what is broken all the same is an EngineError.
"""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from caro_shell.errors import EngineError

Bytes = NDArray[np.uint8]
_STRING, _ARRAY = 8, 9
_NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
# ggml.h: a type's number, how many values a block of it holds, and a block's bytes.
BLOCKS = {
    0: (1, 4), 1: (1, 2), 30: (1, 2),  # F32, F16, BF16
    2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34),  # Q4_0, Q4_1, Q5_0, Q5_1, Q8_0
    12: (256, 144), 13: (256, 176), 14: (256, 210),  # Q4_K, Q5_K, Q6_K
}  # fmt: skip


@dataclass(frozen=True)
class Tensor:
    """A tensor as it lies in the file: ggml's number of its type, its shape (rows first), its blocks row by row."""

    kind: int
    shape: tuple[int, ...]
    blocks: Bytes


@dataclass(frozen=True)
class GgufFile:
    """What a model is made of, from all the files it is split into."""

    facts: dict[str, Any]
    tensors: dict[str, Tensor]


class _Reader:
    def __init__(self, data: Bytes) -> None:
        self.data, self.at = data, 0

    def number(self, form: str) -> Any:  # noqa: ANN401  the format says which
        (value,) = struct.unpack_from(f"<{form}", self.data.data, self.at)
        self.at += struct.calcsize(form)
        return value

    def text(self) -> str:
        size = self.number("Q")
        self.at += size
        return self.data[self.at - size : self.at].tobytes().decode(errors="replace")

    def value(self, kind: int) -> Any:  # noqa: ANN401  the file says which
        if kind == _STRING:
            return self.text()
        if kind != _ARRAY:
            return self.number(_NUMBERS[kind])
        inner, count = self.number("I"), self.number("Q")
        return [self.text() if inner == _STRING else self.number(_NUMBERS[inner]) for _ in range(count)]


def _read_one(path: Path) -> GgufFile:
    reader = _Reader(np.memmap(path, dtype=np.uint8, mode="r"))
    reader.at = 8
    count, fact_count = reader.number("Q"), reader.number("Q")
    facts = {reader.text(): reader.value(reader.number("I")) for _ in range(fact_count)}
    places = {}
    for _ in range(count):
        name = reader.text()
        shape = tuple(reader.number("Q") for _ in range(reader.number("I")))[::-1]
        places[name] = (shape, reader.number("I"), reader.number("Q"))
    alignment = facts.get("general.alignment", 32)
    start = -(-reader.at // alignment) * alignment
    return GgufFile(facts, {name: _tensor(name, reader.data[start:], *place) for name, place in places.items()})


def _tensor(name: str, data: Bytes, shape: tuple[int, ...], kind: int, offset: int) -> Tensor:
    if kind not in BLOCKS:
        raise EngineError(
            f"MLX cannot take this model: `{name}` is of a type (number {kind}) that has no counterpart there.",
            "Use its q4_k_m or q8_0: caro models list",
        )
    per_block, block = BLOCKS[kind]
    rows, columns = int(np.prod(shape[:-1])), shape[-1]
    size = rows * (columns // per_block) * block
    return Tensor(kind, shape, data[offset : offset + size].reshape(rows, -1, block))


def read_gguf(path: Path) -> GgufFile:
    """Return the model whose first file is `path`; raises EngineError when it makes no sense."""
    try:
        first = _read_one(path)
        facts, tensors = first.facts, dict(first.tensors)
        count = facts.get("split.count", 1)
        for number in range(2, count + 1):
            tensors |= _read_one(Path(str(path).replace("-00001-of-", f"-{number:05}-of-"))).tensors
    except (OSError, KeyError, ValueError, struct.error, OverflowError, MemoryError) as error:
        raise EngineError(f"{path} cannot be read for MLX: {error}.", "caro models verify") from None
    return GgufFile(facts, tensors)
