"""A command on the clipboard: by the desktop's own program, by tmux, and by the terminal, which never confirms it."""

import base64
import os
import platform
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import suppress

# xclip and wl-copy stay to serve the clipboard; what is started here answers at once or not at all.
_LIMIT_S = 2.0


def copy(text: str, environ: Mapping[str, str], terminal: int = 1) -> str:
    """Put `text` on every clipboard there is, and return a sentence that says where; `terminal` is a descriptor."""
    taken = [argv[0] for argv in _programs(environ) if _takes(argv, text, environ)]
    if environ.get("TERM") not in (None, "", "dumb"):
        os.write(terminal, clipboard_sequence(text, environ))
        taken.append("the terminal, if it allows that")
    return f"Copied: handed to {' and '.join(taken)}." if taken else "There is no clipboard here that caro knows."


def clipboard_sequence(text: str, environ: Mapping[str, str]) -> bytes:
    """Return what makes a terminal copy (xterm's control sequences, OSC 52); GNU screen has to be told to let it by."""
    sequence = b"\x1b]52;c;" + base64.b64encode(text.encode("utf-8", "replace")) + b"\x07"
    return b"\x1bP" + sequence + b"\x1b\\" if environ.get("STY") else sequence


def _programs(environ: Mapping[str, str]) -> Iterator[list[str]]:
    """Yield what may take a text on its standard input here; at most one for the desktop."""
    if environ.get("TMUX"):
        yield ["tmux", "load-buffer", "-w", "-"]
    desktop = []
    if platform.system() == "Darwin":
        desktop.append(["pbcopy"])
    if environ.get("WAYLAND_DISPLAY"):
        desktop.append(["wl-copy"])
    if environ.get("DISPLAY"):
        desktop += [["xclip", "-selection", "clipboard"], ["xsel", "--clipboard", "--input"]]
    if environ.get("WSL_DISTRO_NAME"):
        desktop.append(["clip.exe"])
    yield from [argv for argv in desktop if shutil.which(argv[0], path=environ.get("PATH"))][:1]


def _takes(argv: list[str], text: str, environ: Mapping[str, str]) -> bool:
    with suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(
            argv,
            input=text.encode("utf-8", "replace"),
            env=environ,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_LIMIT_S,
            check=False,
        )
        return done.returncode == 0
    return False
