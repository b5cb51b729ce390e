"""Where the bytes of a model may come from: one module a source, each with `fetch(job)`.

A source either leaves a complete file and returns its path, or raises NoAnswer. It is never trusted: whoever
called it checks the hash of the whole.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from caro_shell.models.catalogue import Model
from caro_shell.models.partial import Partial
from caro_shell.models.progress import Bar


class NoAnswer(Exception):  # noqa: N818  not an error: the next source is asked
    """This source cannot give the model; the text says why, in a few words."""

    def __init__(self, reason: str, *, expected: bool = False, unreachable: bool = False) -> None:
        """Keep why; an `expected` one goes unsaid, an `unreachable` source has no other model either."""
        super().__init__(reason)
        self.expected = expected
        self.unreachable = unreachable


@dataclass(frozen=True)
class Job:
    """One model on its way to `path`."""

    model: Model
    path: Path
    partial: Partial
    stream: TextIO
    """Where people read: progress and remarks."""

    def say(self, sentence: str) -> None:
        """Tell the user one thing, on its own line."""
        self.stream.write(f"caro: {sentence}\n")
        self.stream.flush()

    def bar(self) -> Bar:
        """Return a progress bar over the whole file."""
        return Bar(self.model.name, self.model.bytes, self.stream)
