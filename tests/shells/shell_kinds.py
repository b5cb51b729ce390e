"""The shells of the contract suite: how each is started, and its key for undo."""

from pathlib import Path
from typing import NamedTuple


class ShellKind(NamedTuple):
    """A shell as the suite sees it."""

    name: str
    argv: tuple[str, ...]
    rc: str
    """The file it is told to read, a template with {init}."""
    undo: str
    comment: str


HERE = Path(__file__).parent
ZSH = ShellKind("zsh", ("zsh", "-f", "-i"), (HERE / "rc.zsh").read_text(), "C-_", "#")
KINDS = {kind.name: kind for kind in (ZSH,)}
