"""What a terminal shows, read from the text that `tmux capture-pane -e` writes: rows of cells with their looks."""

import re
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from wcwidth import wcwidth

_ESCAPE = re.compile(r"\x1b\[([\d;:]*)m|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x0e|\x0f")
_BRIGHT = 8
# ECMA-48, Select Graphic Rendition: the plain attributes, and what takes each back.
_SET = {1: "bold", 2: "dim", 3: "italic", 4: "underlined", 7: "reversed"}
_UNSET = {22: ("bold", "dim"), 23: ("italic",), 24: ("underlined",), 27: ("reversed",)}


@dataclass(frozen=True)
class Look:
    """How a cell is shown; a colour is a number of xterm's 256, `#rrggbb`, or empty for the terminal's own."""

    ink: str = ""
    paper: str = ""
    bold: bool = False
    dim: bool = False
    italic: bool = False
    underlined: bool = False
    reversed: bool = False


class Run(NamedTuple):
    """Cells side by side that look alike: the column of the first, how many columns they take, the text."""

    column: int
    width: int
    text: str
    look: Look


def rows(captured: str) -> list[list[Run]]:
    """Return the runs of each row; a look lasts over the end of a row, as tmux writes it."""
    look, found = Look(), []
    for line in captured.split("\n"):
        runs, column, at = list[Run](), 0, 0
        for escape in [*_ESCAPE.finditer(line), None]:
            text = line[at : escape.start() if escape else len(line)]
            width = sum(max(wcwidth(character), 0) for character in text)
            if text:
                runs.append(Run(column, width, text, look))
            column += width
            if escape:
                at = escape.end()
                look = _changed(look, escape[1]) if escape[1] is not None else look
        found.append(runs)
    return found


def _with(look: Look, **changes: Any) -> Look:  # noqa: ANN401  the fields' own types
    return replace(look, **changes)


def _changed(look: Look, codes: str) -> Look:
    numbers = [int(code or 0) for code in re.split("[;:]", codes)]
    while numbers:
        code = numbers.pop(0)
        if code == 0:
            look = Look()
        elif code in _SET:
            look = _with(look, **{_SET[code]: True})
        elif code in _UNSET:
            look = _with(look, **dict.fromkeys(_UNSET[code], False))
        elif code in (38, 48):
            look = _with(look, **{"ink" if code == 38 else "paper": _colour(numbers)})
        elif code in (39, 49):
            look = _with(look, **{"ink" if code == 39 else "paper": ""})
        elif 30 <= code < 38 or 90 <= code < 98:
            look = _with(look, ink=str(code % 10 + (_BRIGHT if code >= 90 else 0)))
        elif 40 <= code < 48 or 100 <= code < 108:
            look = _with(look, paper=str(code % 10 + (_BRIGHT if code >= 100 else 0)))
    return look


def _colour(numbers: list[int]) -> str:
    """Take a colour off `5;N` or `2;R;G;B`."""
    kind = numbers.pop(0) if numbers else 0
    if kind == 5 and numbers:
        return str(numbers.pop(0))
    red, green, blue = (numbers.pop(0) if numbers else 0 for _ in range(3))
    return f"#{red:02x}{green:02x}{blue:02x}"
