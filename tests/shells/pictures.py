"""Pictures of the gestures: the text of the screen, kept in the directory CARO_TEST_PICTURES for people to look at.

The cursor is drawn as a bar before its character.
"""

import os
from pathlib import Path

from shell_kinds import ShellKind
from terminal import Terminal

CURSOR = "▏"


def keep_picture(terminal: Terminal, kind: ShellKind, name: str) -> None:
    """Write what is on the screen into `SHELL-NAME.txt`; nothing when no pictures are wanted."""
    directory = os.environ.get("CARO_TEST_PICTURES", "")
    if directory:
        path = Path(directory)
        path.mkdir(parents=True, exist_ok=True)
        rows = terminal.screen().split("\n")
        column, row = map(int, terminal.cursor().split())
        rows += [""] * (row + 1 - len(rows))
        rows[row] = f"{rows[row][:column]:{column}}{CURSOR}{rows[row][column:]}"
        # The first row is the test's own.
        (path / f"{kind.name}-{name}.txt").write_text("\n".join([*rows[rows[0] == "ready" :], ""]))
