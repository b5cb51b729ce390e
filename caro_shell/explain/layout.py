"""An explanation as rows of a terminal: each part below its own place in the command, what it does beside it.

A command that is wider than half of the terminal, or has several lines, is broken between its parts; each row of it
has its parts below. In a terminal too narrow for two columns, what a part does stands in the rows under it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from prompt_toolkit.utils import get_cwidth

from caro_shell.explain.part import MODEL, Explanation, Part, Span
from caro_shell.parse.characters import is_refused

MARK = "~"
"""Stands before what the model says: a sign of its own, so that it is seen without colours and heard."""
UNKNOWN = "no manual on this machine says what this does"
_GAP = 2
_LEAST_TEXT = 24
"""Columns that what a part does needs beside it."""
_INDENT = "    "
_SHOWN = "\u00b7"
"""Stands for a character that a terminal must not see."""
_COMBINED = 0


@dataclass(frozen=True)
class Line:
    """A row, and whether it is the command's own text, so that it may be shown in another colour."""

    text: str
    is_command: bool = False


def legend(explanation: Explanation) -> str:
    """Return what the mark means, in words; empty where nothing is marked."""
    if not explanation.summary and not any(part.source == MODEL for part in explanation.parts):
        return ""
    by = f"the model {shown(explanation.model)}".rstrip()
    return f"{MARK} said by {by}, which can be wrong; all else by this machine's manuals and the shell's grammar"


def shown(text: str) -> str:
    """Return `text`, as many characters, with a sign in place of each that a terminal must not see."""
    return "".join(_SHOWN if is_refused(char) or char in "\t\r\n" else char for char in text)


def width(text: str) -> int:
    """Return how many columns `text` takes."""
    return sum(max(get_cwidth(char), 0) for char in text)


def rows(explanation: Explanation, columns: int, unknown: str = UNKNOWN) -> list[Line]:
    """Return the rows of an explanation, none wider than `columns`; `unknown` stands for what nobody has said."""
    command, parts = explanation.command, explanation.parts
    found: list[Line] = []
    for sentence in explanation.summary.split("\n") if explanation.summary else ():
        found += [Line(text) for text in wrapped(f"{MARK} {sentence}", columns)]
    room = _room(columns)
    for row, own in _broken(command, parts, room):
        if found:
            found.append(Line(""))
        found += _below(command, row, own, _Frame(columns, room, unknown))
    if told := legend(explanation):
        found += [Line(""), *(Line(text) for text in wrapped(told, columns))]
    return found


def spoken(explanation: Explanation) -> list[str]:
    """Return an explanation as lines that can be read aloud: no part depends on where it stands."""
    by = f" (said by the model {shown(explanation.model)})".replace(" )", ")")
    lines = [f"{sentence}{by}" for sentence in explanation.summary.split("\n") if sentence]
    for part in explanation.parts:
        told = part.text or UNKNOWN
        lines.append(f"{shown(part.written(explanation.command))}: {told}{by if part.source == MODEL else ''}")
    return lines


def _room(columns: int) -> int:
    """Return how wide a row of the command may be so that there is room for words beside it."""
    return max(columns - _GAP - max(_LEAST_TEXT, columns // 2), 8)


def _broken(command: str, parts: Sequence[Part], room: int) -> Iterator[tuple[Span, list[Part]]]:
    """Yield the rows that a command is broken into, and the parts that begin in each."""
    breaks = sorted(_between_words(command, parts, room) | _line_starts(command))
    start = 0
    for at, after in pairwise([*breaks, len(command)]):
        lines = "\n" in command[start:at]
        if at > start and (lines or width(command[start:after].rstrip()) > room):
            yield (start, at), [part for part in parts if start <= part.span[0] < at]
            start = at
    if command[start:].strip():
        yield (start, len(command)), [part for part in parts if part.span[0] >= start]


def _between_words(command: str, parts: Sequence[Part], room: int) -> set[int]:
    """Return where a row may end: before a word, and not between an option and what it takes."""
    starts = {start for part in parts for start, _ in part.spans if start and command[start - 1].isspace()}
    kept = [part.span for part in parts if _is_one(command, part) and width(command[slice(*part.span)]) <= room]
    return {at for at in starts if not any(begin < at < end for begin, end in kept)}


def _is_one(command: str, part: Part) -> bool:
    return all(not command[one[1] : other[0]].strip() for one, other in pairwise(sorted(part.spans)))


def _line_starts(command: str) -> set[int]:
    return {at + 1 for at, char in enumerate(command) if char == "\n"}


@dataclass(frozen=True)
class _Frame:
    columns: int
    room: int
    unknown: str

    @property
    def has_two(self) -> bool:
        """Say whether there is room for two columns."""
        return self.columns - self.room - _GAP >= _LEAST_TEXT


def _below(command: str, row: Span, parts: Sequence[Part], frame: _Frame) -> Iterator[Line]:
    """Yield a row of the command and below it its parts, each with what it does."""
    (start, end), columns, room = row, frame.columns, frame.room
    text = shown(command[start:end].rstrip())
    yield from (Line(piece, is_command=True) for piece in _pieces(text, columns))
    for part in parts:
        mine = [(max(one, start) - start, min(other, end) - start) for one, other in part.spans if one < end]
        here = _at_their_places(text, mine, room if frame.has_two else columns)
        mark = f"{MARK} " if part.source == MODEL else ""
        told = f"{mark}{part.text}" if part.text else frame.unknown
        if frame.has_two:
            left = min(width(text), room)
            first, *more = wrapped(told, columns - left - _GAP)
            yield Line(f"{here}{' ' * (left - width(here) + _GAP)}{first}")
            yield from (Line(" " * (left + _GAP) + words) for words in more)
        else:
            yield Line(here.strip())
            indent = _INDENT[: columns // 4]
            yield from (Line(indent + words) for words in wrapped(told, max(columns - len(indent), 1)))


def _at_their_places(text: str, spans: Sequence[Span], room: int) -> str:
    """Return the pieces of a row where they stand in it, at most `room` columns of it."""
    drawn, column = "", 0
    for start, end in sorted(spans):
        piece = text[start:end]
        drawn += " " * (width(text[:start]) - column) + piece
        column = width(text[:start]) + width(piece)
    return clipped(drawn, room)


def clipped(text: str, columns: int) -> str:
    """Return the beginning of `text` that fits, with an ellipsis where something is missing."""
    if width(text) <= columns:
        return text
    head = _pieces(text, columns - 1)[0]
    return f"{head}…" if width(head) < columns else "…"


def _pieces(text: str, columns: int) -> list[str]:
    """Return `text` in pieces of at most `columns`; a character stays with what is combined with it."""
    pieces, piece, taken = [], "", 0
    for char in text:
        size = max(get_cwidth(char), 0)
        if piece and taken + size > columns and size > _COMBINED:
            pieces.append(piece)
            piece, taken = "", 0
        piece += char
        taken += size
    return [*pieces, piece]


def wrapped(text: str, columns: int) -> list[str]:
    """Return `text` in rows of at most `columns`, broken between words where that can be."""
    found, row = list[str](), ""
    for word in text.split():
        *heads, last = _pieces(word, max(columns, 1))
        if row and (heads or width(row) + 1 + width(last) > columns):
            found.append(row)
            row = ""
        found += heads
        row = f"{row} {last}" if row else last
    return [*found, row]
