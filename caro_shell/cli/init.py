"""`caro init SHELL`: the lines to put into the shell's rc file."""

import shlex
import sys
from collections.abc import Sequence

from caro_shell import paths
from caro_shell.errors import UsageError

SHELLS = ("zsh", "bash", "fish")


def run(argv: Sequence[str]) -> int:
    """Print the lines that load caro; they hold absolute paths, so that sourcing them starts no process."""
    if len(argv) != 1 or argv[0] not in SHELLS:
        raise UsageError("`caro init` takes the name of a shell.", f"Try: caro init {SHELLS[0]}")
    python = shlex.quote(sys.executable)
    print(f"set -g CARO_PYTHON {python}" if argv[0] == "fish" else f"CARO_PYTHON={python}")
    print(f"source {shlex.quote(paths.shell_script(argv[0]))}")
    return 0
