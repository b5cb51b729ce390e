"""What `printf` makes of a form and the words behind it."""

import re
from collections.abc import Sequence

from caro_shell.safety.words import unescape_ansi

_HOLE = re.compile(r"%-?\d*[bsdqcxXoiu]")


def printed(words: Sequence[str], _given: str | None) -> str | None:
    """Return the form with the words in its holes; as long as there are words left, it is used again."""
    if not words:
        return None
    form, *values = [word for at, word in enumerate(words) if not (at == 0 and word == "--")] or [""]
    form = unescape_ansi(form)
    holes = len(_HOLE.findall(form))
    if not holes or not values:
        return _HOLE.sub("", form)
    said = ""
    # As long as there are words left, the form is used again.
    for at in range(0, len(values), holes):
        rest = values[at : at + holes]
        pieces = _HOLE.split(form)
        kinds = _HOLE.findall(form)
        for number, piece in enumerate(pieces):
            said += piece
            if number < len(rest):
                said += _in_hole(kinds[number][-1], rest[number])
    # A form of `\\x%x` is read once more by whoever prints it.
    return unescape_ansi(said) if "\\x" in form else said


def _in_hole(kind: str, value: str) -> str:
    """Return a value as one of `printf`'s letters writes it."""
    if kind == "b":
        return unescape_ansi(value)
    if kind == "c":
        return value[:1]
    if kind in "xXo" and value.isdigit() and len(value) < _MOST_DIGITS:
        return format(int(value), kind)
    return value


_MOST_DIGITS = 18
