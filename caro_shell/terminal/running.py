"""A command run as the user would: by their shell, on their terminal, with Ctrl-C for the command alone."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from caro_shell.errors import CaroError

# What a shell says of a program that a signal has ended.
_BY_SIGNAL = 128


def run_command(command: str, shell: str, environ: Mapping[str, str]) -> int:
    """Run a command of `shell` and return its exit status; raises CaroError when the shell cannot be started."""
    sys.stdout.flush()
    with _left_to_the_command():
        try:
            status = subprocess.Popen([program_of(shell, environ), "-c", command], env=environ).wait()
        except (OSError, ValueError) as error:
            raise CaroError(f"{shell} cannot be started: {error}.", "Copy the command to your own shell.") from None
    return status if status >= 0 else _BY_SIGNAL - status


def program_of(shell: str, environ: Mapping[str, str]) -> str:
    """Return the program that is `shell`: the user's own if it is that one; raises CaroError when there is none."""
    own = environ.get("SHELL", "")
    if Path(own).name == shell and os.access(own, os.X_OK):
        return own
    if found := shutil.which(shell, path=environ.get("PATH")):
        return found
    raise CaroError(f"{shell} is not installed here.", "Copy the command, or ask for one of your own shell.")


@contextmanager
def _left_to_the_command() -> Iterator[None]:
    """Let the terminal's signals end the command and not us: by a handler, which is not handed down as SIG_IGN is."""
    before = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGINT, signal.SIGQUIT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
