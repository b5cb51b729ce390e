"""What is known about the place a command will run in, without running anything."""

import os
from functools import cache
from pathlib import Path

from caro_shell.prompt import Place


def _flavour(system: str, path: str) -> str:
    if system == "Darwin":
        # Homebrew's GNU tools come first only where the user has put their directory on PATH.
        return "GNU" if "/coreutils/libexec/gnubin" in path else "BSD"
    if system != "Linux":
        return "BSD"
    return "BusyBox" if Path("/bin/ls").resolve().name == "busybox" else "GNU"


@cache
def place(shell: str) -> Place:
    """Return this machine as a place for `shell`."""
    system = os.uname().sysname
    return Place(
        system="macOS" if system == "Darwin" else system,
        flavour=_flavour(system, os.environ.get("PATH", "")),
        shell=shell,
    )
