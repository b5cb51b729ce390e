"""Pictures of the gestures: the text of the screen, kept in the directory CARO_TEST_PICTURES for people to look at.

The cursor is drawn as a bar before its character. `python tests/shells/pictures.py DIR` prints them as the page
docs/gestures.md.
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from shell_kinds import KINDS, ShellKind
from terminal import Terminal, wait_for

CURSOR = "▏"
# In the order of the page: the gesture, and the pictures of it.
_GESTURES = {
    "Words, and the key": ("write-1", "write-2", "write-3"),
    "`# words` and Enter": ("comment-1", "comment-2"),
    "The key again: the next alternative": ("alternatives-1", "alternatives-2"),
    "A comment behind the command changes it": ("refine-1", "refine-2"),
    "Half a command, the cursor in the middle of it": ("repair-1", "repair-2"),
    "An empty line after a failure": ("fix-1", "fix-2"),
    "Explain": ("explain", "explain-narrow"),
    "A line that has changed meanwhile": ("offer",),
    "A failure": ("error",),
    "A key that somebody else has": ("key-taken",),
    "The request kept in the history, or as a comment": ("keep-history", "keep-comment"),
    "fish: `,words`": ("abbreviation-1", "abbreviation-2"),
}
_HEAD = """# The gestures, as they look

The text of the screen, taken by the tests from real shells (`CARO_TEST_PICTURES=DIR` and `tests/shells/pictures.py`).
The answers are the tests' own, not a model's. `▏` is the cursor. Status and ghost text are dim,
and so is fish's own suggestion behind the cursor.

`caro tour` lets you try them: your own shell, with your own files and keys, in a directory that goes when you leave,
and beside each prompt what to press next. `skip` goes on, `exit` leaves; nothing of it comes into your history.
"""


def keep_picture(terminal: Terminal, kind: ShellKind, name: str) -> None:
    """Write what is on the screen into `SHELL-NAME.txt`; nothing when no pictures are wanted."""
    directory = os.environ.get("CARO_TEST_PICTURES", "")
    if directory:
        path = Path(directory)
        path.mkdir(parents=True, exist_ok=True)
        rows = terminal.screen().split("\n")
        # While a key's function runs, bash's cursor stands before the prompt.
        wait_for(lambda: not terminal.cursor().startswith("0 "), terminal.screen)
        column, row = map(int, terminal.cursor().split())
        rows += [""] * (row + 1 - len(rows))
        rows[row] = f"{rows[row][:column]:{column}}{CURSOR}{rows[row][column:]}"
        # The test's own rows: the first, and in a history the line that has loaded caro.
        shown = [row for row in rows[rows[0] == "ready" :] if f"rc.{kind.name}; clear" not in row]
        (path / f"{kind.name}-{name}.txt").write_text("\n".join([*shown, ""]))


def page(directory: Path) -> str:
    """Return the pictures in `directory` as a page, each gesture in each shell."""
    parts = [_HEAD]
    for title, names in _GESTURES.items():
        parts.append(f"## {title}\n")
        for kind in KINDS:
            shots = [directory / f"{kind.name}-{name}.txt" for name in names]
            texts = [shot.read_text(encoding="utf-8").rstrip() for shot in shots if shot.exists()]
            if texts:
                parts.append(f"{kind.name}:\n\n```\n" + "\n\n".join(texts) + "\n```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    sys.stdout.write(page(Path(sys.argv[1])))
