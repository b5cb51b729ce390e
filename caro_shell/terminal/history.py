"""The requests of earlier conversations, in a file of mode 0600; a line that begins with a blank is not kept."""

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from caro_shell import paths
from caro_shell.private_file import open_private
from caro_shell.redact import without_secrets

MOST = 1000
"""Requests that are kept; the latest."""


class History:
    """The requests, oldest first; on a full or read-only disk they are simply not kept."""

    def __init__(self, path: Path) -> None:
        """Use the file at `path`, whether or not it is there; raises DaemonError for one that is not ours."""
        self.path = path
        self.lines = self._read()

    def add(self, line: str) -> None:
        """Keep a request, unless it is meant not to be, has a secret in it, or is the latest already."""
        if line.startswith((" ", "\t")) or not line.strip() or "\n" in line or line in self.lines[-1:]:
            return
        if without_secrets([line]) != [line]:
            return
        self.lines.append(line)
        with (
            suppress(OSError),
            os.fdopen(self._open(os.O_WRONLY | os.O_APPEND | os.O_CREAT), "w", encoding="utf-8") as file,
        ):
            file.write(f"{line}\n")

    def forget(self, text: str = "") -> int:
        """Remove the requests with `text` in them, in capitals or not, or all; returns how many those are."""
        kept = [line for line in self.lines if text and text.casefold() not in line.casefold()]
        count = len(self.lines) - len(kept)
        if count and kept:
            self._write(kept)
        elif count:
            self.path.unlink(missing_ok=True)
        self.lines = kept
        return count

    def _write(self, lines: Sequence[str]) -> None:
        with os.fdopen(self._open(os.O_WRONLY | os.O_TRUNC), "wb") as file:
            file.write("".join(f"{line}\n" for line in lines).encode("utf-8", "replace"))

    def _open(self, flags: int) -> int:
        paths.make_dirs(str(self.path.parent))
        return open_private(str(self.path), flags)

    def _read(self) -> list[str]:
        try:
            with os.fdopen(self._open(os.O_RDONLY), encoding="utf-8", errors="replace") as file:
                lines = [line for line in file.read().split("\n") if line]
        except OSError:
            return []
        if len(lines) > 2 * MOST:
            lines = lines[-MOST:]
            self._write(lines)
        return lines
