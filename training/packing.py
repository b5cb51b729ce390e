"""Pairs as tokens, several in one row of a batch behind the constant beginning that they share.

Each pair sees that beginning and itself, as it does when the product asks: nothing is padded, and what is the same in
all of them is evaluated once.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from caro_shell.prompt import Message

Tokens = Callable[[Sequence[Message]], tuple[list[int], list[int]]]
"""A prompt's constant tokens, and the others, as `ChatTemplate.tokens`."""


@dataclass(frozen=True)
class Example:
    """A pair in tokens."""

    prefix: tuple[int, ...]
    """What stands before the request."""
    request: tuple[int, ...]
    """The request, and what stands between it and the answer."""
    answer: tuple[int, ...]
    """The command, and the token that ends an answer."""

    @property
    def length(self) -> int:
        """How many tokens it adds to a pack."""
        return len(self.request) + len(self.answer)


@dataclass
class Pack:
    """Examples with one prefix, as one row of tokens."""

    prefix: tuple[int, ...]
    examples: list[Example] = field(default_factory=list)

    @property
    def length(self) -> int:
        """The number of its tokens."""
        return len(self.prefix) + sum(example.length for example in self.examples)

    def tokens(self) -> list[int]:
        """Return the row."""
        row = list(self.prefix)
        for example in self.examples:
            row += example.request + example.answer
        return row

    def positions(self) -> list[int]:
        """Return each token's position in the prompt that it belongs to."""
        places = list(range(len(self.prefix)))
        for example in self.examples:
            places += range(len(self.prefix), len(self.prefix) + example.length)
        return places

    def owners(self) -> list[int]:
        """Return the number of each token's example, from 1; the prefix, which all see, is 0."""
        numbers = [0] * len(self.prefix)
        for number, example in enumerate(self.examples, 1):
            numbers += [number] * example.length
        return numbers

    def targets(self) -> list[tuple[int, int]]:
        """Return where something is to be learnt: a token's index in the row, and the token that should follow."""
        found, start = [], len(self.prefix)
        for example in self.examples:
            first = start + len(example.request) - 1
            found += [(first + offset, token) for offset, token in enumerate(example.answer)]
            start += example.length
        return found


def example_of(row: dict[str, Any], tokens: Tokens, tokenize: Callable[[str], list[int]], end: int) -> Example:
    """Return a row of train.jsonl in tokens."""
    prefix, request = tokens([Message(**message) for message in row["messages"]])
    return Example(tuple(prefix), tuple(request), (*tokenize(row["command"]), end))


def packed(examples: Iterable[Example], most: int, seed: int) -> list[Pack]:
    """Return the examples in packs of up to `most` tokens, in an order by chance; one that is longer is left out."""
    open_packs: dict[tuple[int, ...], Pack] = {}
    packs = []
    for example in examples:
        if len(example.prefix) + example.length > most:
            continue
        pack = open_packs.get(example.prefix)
        if pack is None or pack.length + example.length > most:
            pack = open_packs[example.prefix] = Pack(example.prefix)
            packs.append(pack)
        pack.examples.append(example)
    Random(seed).shuffle(packs)
    return packs
