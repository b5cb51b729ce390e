"""The file that a download grows in: `<file>.partial`, with a small record of what in it is whole.

Nothing but a download reads it, and it becomes the model only when the whole of it has the right hash.
"""

import json
import os
from pathlib import Path

from caro_shell.models.catalogue import File
from caro_shell.models.checksum import beside, write_private
from caro_shell.models.disk import storage_error


class Partial:
    """The growing form of one file; every write error is a ModelError."""

    def __init__(self, file: File, path: Path) -> None:
        """Take the place where the finished file will be; nothing is touched yet."""
        self.file = file
        self.path = beside(path, ".partial")
        self.resumed = False
        """Whether some of the bytes are from an earlier run, and so may be what is wrong with the whole."""
        self._record = beside(path, ".partial.json")
        self._source = ""
        self._parts: list[int] = []

    def size(self) -> int:
        """Return the bytes that are there."""
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0

    def begin(self, source: str) -> list[int]:
        """Go on with what `source` left, or start anew; return the sizes of the parts that are whole.

        What another source has written is dropped: who sent wrong bytes must stay plain.
        """
        parts = self._read_parts(source)
        self._source, self._parts = source, []
        if parts is None or self.size() > self.file.bytes:
            self.drop()
            parts = []
        there = self.size()
        for part in parts:
            if sum(self._parts) + part > there:
                break
            self._parts.append(part)
        self.resumed = there > 0
        self._write_record()
        return list(self._parts)

    def _read_parts(self, source: str) -> list[int] | None:
        """Return the parts on record, or None where the record is not about `source` and these very bytes."""
        try:
            record = json.loads(self._record.read_text(encoding="utf-8"))
            if record["source"] != source or record["sha256"] != self.file.sha256:
                return None
            return [int(size) for size in record["parts"]]
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _write_record(self) -> None:
        record = {"source": self._source, "sha256": self.file.sha256, "parts": self._parts}
        try:
            write_private(self._record, json.dumps(record))
        except OSError as error:
            raise storage_error(error, self.path.parent) from None

    def truncate(self, size: int) -> None:
        """Cut the file back to `size` bytes."""
        if self.size() > size:
            os.truncate(self.path, size)

    def append(self, block: bytes) -> None:
        """Add `block` at the end."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
        try:
            with os.fdopen(os.open(self.path, flags, 0o600), "ab", buffering=0) as file:
                rest = memoryview(block)
                while rest:
                    rest = rest[file.write(rest) :]
        except OSError as error:
            raise storage_error(error, self.path.parent) from None

    def end_part(self) -> None:
        """Record that all that was added since the last part is one whole part."""
        self._parts.append(self.size() - sum(self._parts))
        self._write_record()

    def drop(self) -> None:
        """Remove the file and its record."""
        self.resumed = False
        self.path.unlink(missing_ok=True)
        self._record.unlink(missing_ok=True)
