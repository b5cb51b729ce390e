"""How the programs of this checkout end: with a status, and quietly when nobody reads on."""

import os
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn


def leave(main: Callable[[Sequence[str]], int]) -> NoReturn:
    """Do what the command line asks for, and leave with its status."""
    try:
        status = main(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read has seen enough; the interpreter would say so once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 1
    sys.exit(status)
