"""Where the bytes of a model may come from: one module a source, each with `fetch(job)`.

A source either leaves a complete file and returns its path, or raises NoAnswer. It is never trusted: whoever
called it checks the hash of the whole.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from caro_shell.models.catalogue import File, Model
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
    """One file of a model on its way to `path`; its size and its hash are known."""

    model: Model
    file: File
    path: Path
    partial: Partial
    stream: TextIO
    """Where people read: progress and remarks."""

    def say(self, sentence: str) -> None:
        """Tell the user one thing, on its own line."""
        self.stream.write(f"caro: {sentence}\n")
        self.stream.flush()

    @property
    def label(self) -> str:
        """Return the name to show; of a split model, with the number of the part."""
        count = len(self.model.files)
        short = self.model.title if self.model.repo == "" and self.model.url else self.model.name.rpartition("/")[2]
        return f"{short} {self.model.files.index(self.file) + 1}/{count}" if count > 1 else short

    def bar(self) -> Bar:
        """Return a progress bar over the whole file."""
        return Bar(self.label, self.file.bytes, self.stream)
