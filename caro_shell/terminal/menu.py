"""The menu below a command: what can be done with it, and by which key."""

from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

from caro_shell.terminal.highlight import Fragment


class Action(Enum):
    """What the user wants with the command."""

    RUN = "run"
    EDIT = "edit"
    NEXT = "next"
    REFINE = "refine"
    EXPLAIN = "explain"
    COPY = "copy"
    QUIT = "quit"


class Item(NamedTuple):
    """An action, its key, and its name with the key in brackets."""

    action: Action
    key: str
    label: str


MENU = (
    Item(Action.RUN, "r", "[r]un"),
    Item(Action.EDIT, "e", "[e]dit"),
    Item(Action.NEXT, "n", "[n]ext"),
    Item(Action.REFINE, "f", "re[f]ine"),
    Item(Action.EXPLAIN, "x", "e[x]plain"),
    Item(Action.COPY, "c", "[c]opy"),
    Item(Action.QUIT, "q", "[q]uit"),
)
SPOKEN = f"{', '.join(f'{item.key} {item.action.value}' for item in MENU)}: "
"""The menu as a question that is answered by a letter, or the word, and Enter."""


def action_of(answer: str) -> Action | None:
    """Return what a letter or a word of the menu means; None for any other."""
    said = answer.strip().lower()
    return next((item.action for item in MENU if said in (item.key, item.action.value)), None)


def menu_rows(columns: int) -> list[Fragment]:
    """Return the menu in as many rows as it takes; no item is cut in two."""
    rows, width = list[Fragment](), 0
    for item in MENU:
        if width and width + 2 + len(item.label) > columns - 1:
            rows.append(("", "\n"))
            width = 0
        rows += [("", "  ")] if width else []
        width += len(item.label) + (2 if width else 0)
        rows += _marked(item)
    return rows


def _marked(item: Item) -> Sequence[Fragment]:
    before, _, rest = item.label.partition("[")
    key, _, after = rest.partition("]")
    style = "class:caro.menu"
    return [(style, f"{before}["), ("class:caro.menu.key", key), (style, f"]{after}")]
