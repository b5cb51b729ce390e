"""Random texts, values and changes for the fuzz scripts, all from a seed: the same seed, the same inputs."""

import random
from collections.abc import Sequence

ESCAPES = (
    "\x1b[2J",
    "\x1b]0;title\x07",
    "\x1b]52;c;ZWNobw==\x1b\\",
    "\x1bP+q\x1b\\",
    "\x1b[5n",
    "\x1b[200~",
    "\x1b[201~",
    "\x9b31m",
    "\x90x\x9c",
    "\x85",
)
"""What a terminal would obey: sequences of ECMA-48, some with the C1 controls of eight bits."""
INVISIBLE = ("\u202e", "\u2066", "\u2069", "\u200b", "\u200f", "\ufeff", "\u2028", "\U000e0041", "\ue000", "\ufffd")
"""What shows a text as another one than it is: bidi, zero width, tags, private use."""
BROKEN = ("\x00", "\ud800", "\udc1b", "\udfff", "\x7f", "\x08", "\r", "\x1f")
"""What ends a C string, is no character, or moves the cursor."""
ODD_TEXTS = (
    *ESCAPES,
    *INVISIBLE,
    *BROKEN,
    "",
    " ",
    "\n",
    "\t",
    "é",
    "日本",
    "e\u0301",
    "👩\u200d💻",
    "'",
    '"',
    "\\",
    "$(",
    "`",
    "#",
    "{",
    "[",
    "%n%s",
    "../../x",
    "-",
    "--",
)
ODD_NUMBERS = (0, -1, 1, 255, 2**31, 2**63, -(2**63) - 1, 10**40, 0.5, -0.0, 1e308, float("inf"), float("nan"))
_MOST_CHARACTERS = 20_000


def text(chance: random.Random, most: int = 12) -> str:
    """Return a short text, of at most `most` pieces, in which anything may stand."""
    pieces = (
        chance.choice(ODD_TEXTS) if chance.random() < 0.5 else chr(chance.choice((chance.randrange(32, 127), 0x3B1)))
        for _ in range(chance.randint(0, most))
    )
    return "".join(pieces)


def value(chance: random.Random, depth: int = 3) -> object:
    """Return any value that JSON (or Python's reading of it) has, lists and objects up to `depth` deep."""
    kind = chance.randrange(8 if depth else 6)
    if kind == 0:
        return chance.choice((None, True, False))
    if kind in (1, 2):
        return chance.choice(ODD_NUMBERS)
    if kind == 6:
        return [value(chance, depth - 1) for _ in range(chance.randrange(4))]
    if kind == 7:
        return {text(chance, 3): value(chance, depth - 1) for _ in range(chance.randrange(4))}
    return text(chance)


def mutated_bytes(data: bytes, chance: random.Random, others: Sequence[bytes] = (b"",)) -> bytes:
    """Return `data` with a few changes: bits turned, pieces gone, doubled, moved, cut off, put in from `others`."""
    for _ in range(chance.randint(1, 4)):
        at, to = sorted((chance.randint(0, len(data)), chance.randint(0, len(data))))
        kind = chance.randrange(6)
        if kind == 0 and at < len(data):
            data = data[:at] + bytes([data[at] ^ (1 << chance.randrange(8))]) + data[at + 1 :]
        elif kind == 1:
            data = data[:at] + data[to:]
        elif kind == 2:
            data = data[:to] + data[at:]
        elif kind == 3:
            data = data[:at] + chance.choice(others)[: chance.randint(0, 64)] + data[to:]
        elif kind == 4:
            data = data[:at] + chance.randbytes(chance.randint(1, 8)) + data[at:]
        else:
            data = data[:to]
        data = data[:_MOST_CHARACTERS]
    return data


def mutated_text(line: str, lines: Sequence[str], signs: Sequence[str], chance: random.Random, most: int) -> str:
    """Return `line` with a few changes: signs put in, taken out, doubled; parts of other lines; pieces moved."""
    for _ in range(chance.randint(1, 6)):
        at, to = sorted((chance.randint(0, len(line)), chance.randint(0, len(line))))
        line = chance.choice(
            (
                f"{line[:at]}{chance.choice(signs)}{line[at:]}",
                f"{line[:at]}{line[to:]}",
                f"{line[:to]}{line[at:]}",
                f"{line[:at]}{chance.choice(lines)}{line[at:]}",
                f"{line[:at]}{chance.choice(signs) * chance.randint(2, 60)}{line[to:]}",
                f"{line}{chance.choice((' | ', '; ', ' && ', chr(10)))}{chance.choice(lines)}",
                line[::-1] if chance.random() < 0.1 else line,
            )
        )[:most]
    return line
