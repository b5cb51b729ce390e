"""What `caro setup` and `caro uninstall` have in common with install.sh: its own parts, shipped inside the package.

They are text for /bin/sh because they must also work before there is a caro, and after it is broken.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from caro_shell.errors import CaroError

_SHELL = "/bin/sh"


def installer() -> Path:
    """Return the directory of the parts: inside the installed package, or at the top of a checkout."""
    here = Path(__file__).resolve().parent
    installed = here / "install"
    return installed if installed.is_dir() else here.parents[1] / "install"


def become(verb: str, options: Sequence[str]) -> NoReturn:
    """Become the installer's `verb`, with its terminal and its exit status; raises CaroError when that cannot be."""
    script = installer() / "setup.sh"
    if not script.is_file():
        raise CaroError(f"This caro came without {script}.", "Install it again, as a wheel or from a checkout.")
    sys.stdout.flush()
    os.execv(_SHELL, [_SHELL, str(script), verb, sys.executable, *options])  # noqa: S606  our own script
