"""A command of several lines in the user's own editor."""

import os
import shlex
import tempfile
from pathlib import Path

from caro_shell.cli.config_edit import editor
from caro_shell.terminal.face import Typed
from caro_shell.terminal.running import run_command


def in_editor(text: str) -> Typed:
    """Return what the user has made of `text`; it does not count when the editor fails."""
    descriptor, name = tempfile.mkstemp(prefix="caro-", suffix=".sh")
    file = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
            opened.write(text)
        status = run_command(shlex.join([*editor(), name]), "sh", os.environ)
        return Typed(file.read_text(encoding="utf-8").rstrip("\n"), accepted=status == 0)
    finally:
        file.unlink()
