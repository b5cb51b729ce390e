"""From ggml's blocks to MLX's groups: the same numbers, packed another way.

A group of 32 values is one scale, one bias and small whole numbers in both. So what ggml holds in groups of 32 (Q4_0 to
Q8_0, Q4_K, Q5_K) keeps its value but for the rounding of scale and bias to 16 bits; Q6_K has groups of 16, which MLX
has not, and is held in 8 bits instead. The layouts: ggml/src/ggml-common.h and ggml-quants.c.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from caro_shell.engines.mlx.gguf_file import Bytes, Tensor

GROUP = 32
Floats = NDArray[np.float32]
_Numbers = NDArray[np.integer[Any]]
_Groups = tuple[_Numbers, Floats, Floats]
"""Whole numbers (groups x 32), the scale of each group, and its bias: value = scale * number + bias."""
# Values worked on at once: what is in memory beside the result stays small.
_AT_ONCE = 1 << 22


@dataclass(frozen=True)
class Packed:
    """A quantised matrix as MLX keeps it."""

    bits: int
    weight: NDArray[np.uint32]
    scales: NDArray[np.float16]
    biases: NDArray[np.float16]


def _float(blocks: Bytes, at: int) -> Floats:
    """Return the 16-bit float that lies at `at` in each block, as a column."""
    return np.ascontiguousarray(blocks[:, at : at + 2]).view("<f2").astype(np.float32)


def _nibbles(data: Bytes) -> _Numbers:
    """Return the low halves of all the bytes of a row, then the high ones."""
    return np.concatenate([data & 15, data >> 4], axis=-1)


def _fifth_bits(blocks: Bytes, at: int) -> _Numbers:
    """Return bit 4 of each of 32 values, from the 32 bits at `at`."""
    return np.unpackbits(blocks[:, at : at + 4], axis=-1, bitorder="little") << 4


def _q4_0(blocks: Bytes) -> _Groups:
    scale = _float(blocks, 0)
    return _nibbles(blocks[:, 2:]), scale, -8 * scale


def _q4_1(blocks: Bytes) -> _Groups:
    return _nibbles(blocks[:, 4:]), _float(blocks, 0), _float(blocks, 2)


def _q5_0(blocks: Bytes) -> _Groups:
    scale = _float(blocks, 0)
    return _nibbles(blocks[:, 6:]) | _fifth_bits(blocks, 2), scale, -16 * scale


def _q5_1(blocks: Bytes) -> _Groups:
    return _nibbles(blocks[:, 8:]) | _fifth_bits(blocks, 4), _float(blocks, 0), _float(blocks, 2)


def _q8_0(blocks: Bytes) -> _Groups:
    scale = _float(blocks, 0)
    return blocks[:, 2:] ^ 128, scale, -128 * scale


def _k_scales(blocks: Bytes) -> tuple[Floats, Floats]:
    """Return scale and bias of the eight groups of a Q4_K or Q5_K block, from 6 bits each."""
    low, high, rest = (blocks[:, at : at + 4] for at in (4, 8, 12))
    scales = np.concatenate([low & 63, (rest & 15) | (low >> 6 << 4)], axis=-1)
    minima = np.concatenate([high & 63, (rest >> 4) | (high >> 6 << 4)], axis=-1)
    return (_float(blocks, 0) * scales).reshape(-1, 1), (-_float(blocks, 2) * minima).reshape(-1, 1)


def _q4_k(blocks: Bytes) -> _Groups:
    return (_nibbles(blocks[:, 16:].reshape(-1, GROUP)).reshape(-1, GROUP), *_k_scales(blocks))


def _q5_k(blocks: Bytes) -> _Groups:
    numbers = _nibbles(blocks[:, 48:].reshape(-1, GROUP)).reshape(-1, 8, GROUP)
    fifth = (blocks[:, None, 16:48] >> np.arange(8, dtype=np.uint8)[:, None]) & 1
    return ((numbers | (fifth << 4)).reshape(-1, GROUP), *_k_scales(blocks))


def _q6_k(blocks: Bytes) -> _Groups:
    low = _nibbles(blocks[:, :128].reshape(-1, 2, 64))
    pairs = blocks[:, 128:192].reshape(-1, 2, 1, 32) >> np.array([0, 2, 4, 6], dtype=np.uint8)[:, None]
    numbers = low.reshape(-1, 16, 16) | ((pairs & 3) << 4).reshape(-1, 16, 16)
    scales = np.ascontiguousarray(blocks[:, 192:208]).view(np.int8) * _float(blocks, 208)
    return _in_8_bits((scales[:, :, None] * (numbers.astype(np.float32) - 32)).reshape(-1, GROUP))


def _in_8_bits(values: Floats) -> _Groups:
    bias = values.min(axis=-1, keepdims=True).astype(np.float16).astype(np.float32)
    scale = ((values.max(axis=-1, keepdims=True) - bias) / 255).astype(np.float16).astype(np.float32)
    numbers = np.rint((values - bias) / np.where(scale > 0, scale, 1))
    return numbers.clip(0, 255).astype(np.uint8), scale, bias


_BF16 = 30
# ggml.h's number of the type, the bits MLX keeps it in, and how it is read.
_KINDS: dict[int, tuple[int, Callable[[Bytes], _Groups]]] = {
    2: (4, _q4_0),
    3: (4, _q4_1),
    6: (5, _q5_0),
    7: (5, _q5_1),
    8: (8, _q8_0),
    12: (4, _q4_k),
    13: (5, _q5_k),
    14: (8, _q6_k),
}


def _pack(numbers: _Numbers, bits: int) -> NDArray[np.uint32]:
    """Return numbers of `bits` bits one behind the other, the lowest bit first."""
    eights = numbers.reshape(-1, 8).astype("<u8") << (np.arange(8, dtype="<u8") * bits)
    joined = np.bitwise_or.reduce(eights, axis=-1, keepdims=True)
    return np.ascontiguousarray(joined.view(np.uint8)[:, :bits]).reshape(-1).view("<u4")


def _plain(tensor: Tensor) -> Floats:
    data = np.ascontiguousarray(tensor.blocks).reshape(-1)
    if tensor.kind == _BF16:
        # The upper half of a 32-bit float.
        return (data.view("<u2").astype("<u4") << 16).view("<f4").reshape(tensor.shape)
    return data.view({0: "<f4", 1: "<f2"}[tensor.kind]).astype(np.float32).reshape(tensor.shape)


def repack(tensor: Tensor) -> Packed | Floats:
    """Return a tensor as MLX keeps it: packed when it is quantised, else as plain numbers."""
    if tensor.kind not in _KINDS:
        return _plain(tensor)
    bits, read = _KINDS[tensor.kind]
    rows = tensor.shape[0]
    step = max(1, _AT_ONCE // tensor.shape[-1])
    parts = []
    for row in range(0, rows, step):
        blocks = np.ascontiguousarray(tensor.blocks[row : row + step]).reshape(-1, tensor.blocks.shape[-1])
        numbers, scales, biases = read(blocks)
        parts.append((_pack(numbers, bits), scales.astype(np.float16), biases.astype(np.float16)))
    return Packed(bits, *(np.concatenate(column).reshape(rows, -1) for column in zip(*parts, strict=True)))
