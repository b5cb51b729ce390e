"""Pictures of the gestures: the text of the screen, kept in the directory CARO_TEST_PICTURES for people to look at."""

import os
from pathlib import Path

from shell_kinds import ShellKind
from terminal import Terminal


def keep_picture(terminal: Terminal, kind: ShellKind, name: str) -> None:
    """Write what is on the screen into `SHELL-NAME.txt`; nothing when no pictures are wanted."""
    directory = os.environ.get("CARO_TEST_PICTURES", "")
    if directory:
        path = Path(directory)
        path.mkdir(parents=True, exist_ok=True)
        screen = terminal.screen()
        (path / f"{kind.name}-{name}.txt").write_text(f"{screen}\n")
