"""What a key press leaves for the tour, a line of JSON in a file; imported by a key press in a tour only."""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from caro_shell.keypress.press import Press


def note_press(directory: str, press: Press, message: Mapping[str, Any]) -> None:
    """Add a press to what has been pressed; `message` is what it asked the daemon, empty for an explanation."""
    told = {
        "gesture": press.gesture,
        "line": press.line,
        "alternative": message.get("alternative", 0),
        "outcomes": list(press.outcomes),
    }
    # Whoever has left the tour while the answer was on its way has removed the directory.
    with suppress(OSError):
        file = os.open(f"{directory}/pressed", os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW)
        try:
            os.write(file, json.dumps(told).encode() + b"\n")
        finally:
            os.close(file)
