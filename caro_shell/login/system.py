"""What is common to the systems that start a user's programs."""

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

MARK = "Written by `caro daemon install`; `caro daemon uninstall` takes it away."
"""What our files say; one without it is not ours."""
# One that takes longer does not answer.
_LIMIT_S = 15.0


@dataclass(frozen=True)
class Start:
    """What is started at login."""

    python: str
    environ: Mapping[str, str]
    """The variables that it has besides those which everything has that is started at login."""

    @property
    def words(self) -> Sequence[str]:
        """Return the command, which says nothing about anybody: others can read it (`ps`)."""
        # -I as the client has it: nothing but the installation decides what is imported.
        return (self.python, "-I", "-m", "caro_shell", "daemon", "warm", "--at-login")


class System(Protocol):
    """Something that starts a user's programs at login, by files in a directory of the user's."""

    @property
    def program(self) -> str:
        """Return the command that talks to it."""

    @property
    def environ(self) -> Mapping[str, str]:
        """Return the variables of whoever asks."""

    @property
    def file(self) -> Path:
        """Return where our file belongs."""

    @property
    def links(self) -> Sequence[Path]:
        """Return what may be left to point at it."""

    @property
    def directories(self) -> Sequence[Path]:
        """Return the directories that may have been made for the file, the deepest first."""

    @property
    def left_to_do(self) -> str:
        """Return the command that does what `switch_on` could not."""

    @property
    def is_on(self) -> bool:
        """Say whether what the file says will be done at login."""

    def text(self, start: Start) -> bytes:
        """Return the file that starts it."""

    def python_in(self, text: bytes) -> str:
        """Return the interpreter that such a file starts, empty when it names none."""

    def switch_on(self) -> bool:
        """Have the file followed; returns whether that can be counted upon."""

    def switch_off(self) -> None:
        """Have the file followed no more, and what it has started ended; it may have been gone before."""

    def forget(self) -> None:
        """Let the system see that the file is gone."""


def answers(words: Sequence[str], environ: Mapping[str, str]) -> bool:
    """Run a command that prints nothing for anybody; returns whether it went well."""
    try:
        done = subprocess.run(
            words, env=dict(environ), stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=_LIMIT_S
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
