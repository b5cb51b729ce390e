"""What a word of the shell's language stands for, as far as the text alone tells it.

A value is text in which what the shell would fill in is a mark: one character of Unicode's private use area that
stands for something unknown, or for a character that has a meaning because it is not quoted.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

UNKNOWN = "\ue000"
"""What cannot be known from the text: a variable nobody has set, the output of a command. It may be empty."""
STAR = "\ue001"
"""An unquoted `*`."""
GLOB = "\ue002"
"""Any other unquoted wildcard: `?`, `[`."""
TILDE = "\ue003"
"""An unquoted `~` at the beginning, and everything that means the home directory."""
OPEN, COMMA, CLOSE = "\ue004", "\ue005", "\ue006"
ODD = "\ue008"
"""What an unusual expansion comes to: nobody can tell, and hardly anybody writes one without a reason."""
BLANK = "\ue007"
"""What divides words wherever it stands: the value of `$IFS`."""
MARKS = re.compile("[\ue000-\ue008]")
_SHOWN = {UNKNOWN: "…", STAR: "*", GLOB: "?", TILDE: "~", OPEN: "{", COMMA: ",", CLOSE: "}", BLANK: " ", ODD: "…"}
# A brace expression can name more words than anybody would read: enough of them to judge by.
MOST_VALUES = 64
MOST_CHARACTERS = 50_000
_RANGE = re.compile(r"(-?\d+|[A-Za-z])\.\.(-?\d+|[A-Za-z])(?:\.\.-?\d+)?")
_ANSI = re.compile(r"\\(x[0-9A-Fa-f]{1,2}|0[0-7]{1,3}|[0-7]{1,3}|u[0-9A-Fa-f]{1,4}|U[0-9A-Fa-f]{1,8}|.)", re.DOTALL)
_ANSI_NAMES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "v": "\v"}
_HEXADECIMAL = "xuU"
LAST_CHARACTER = 0x10FFFF
"""The highest code point (The Unicode Standard, 3.4)."""
_SURROGATES = (0xD800, 0xDFFF)
"""Halves of characters in UTF-16 (The Unicode Standard, 3.8): no characters."""

Values = tuple[str, ...]
"""The values that a word may have: several after a brace expression or in a loop."""


class Several(tuple[str, ...]):
    """The values of an array: each is a word of its own, where those of another word are alternatives."""

    __slots__ = ()


@dataclass(frozen=True)
class Word:
    """A word and where it stands in the text, in characters."""

    values: Values
    start: int
    end: int

    @property
    def value(self) -> str:
        """The first value; most words have one."""
        return self.values[0] if self.values else ""


def shown(value: str) -> str:
    """Return a value for people: the marks as the characters they came from."""
    return MARKS.sub(lambda mark: _SHOWN[mark.group()], value)


def plain(value: str) -> str:
    """Return a value as text for another parser: an unknown part is a variable nobody has set."""
    return shown(value.replace(UNKNOWN, "${_unknown}").replace(ODD, "${_unknown@P}"))


def unescape_ansi(text: str) -> str:
    r"""Return the text that `$'…'` or `printf` means: `\n`, `\x41`, `\101`, `\u00e9`."""

    def character(match: re.Match[str]) -> str:
        code = match.group(1)
        if code[0] in _HEXADECIMAL and len(code) > 1:
            number = int(code[1:], 16)
        elif code[0] in "01234567":
            number = int(code, 8)
        else:
            return _ANSI_NAMES.get(code, code)
        return chr(number) if 0 < number <= LAST_CHARACTER and not _SURROGATES[0] <= number <= _SURROGATES[1] else ""

    return _ANSI.sub(character, text)


def expand_braces(value: str) -> Iterator[str]:
    """Yield what a brace expression names; a brace that is none stays a character."""
    pending = [value]
    given = 0
    while pending and given < MOST_VALUES:
        value = pending.pop(0)
        close = value.find(CLOSE)
        start = value.rfind(OPEN, 0, close) if close >= 0 else -1
        if start < 0:
            given += 1
            yield "".join(_SHOWN[char] if char in (OPEN, COMMA, CLOSE) else char for char in value)
            continue
        before, inner, after = value[:start], value[start + 1 : close], value[close + 1 :]
        if COMMA in inner:
            parts = inner.split(COMMA)
        elif found := _RANGE.fullmatch(inner):
            parts = [found.group(1), found.group(2)]
        else:
            pending.insert(0, f"{before}{{{inner}}}{after}")
            continue
        pending = [f"{before}{part}{after}" for part in parts[:MOST_VALUES]] + pending
