"""The evaluated beginning of every prompt in files, so that the next daemon reads what this one has worked out.

A file is whole or not there, and is believed only if it is the user's alone, of this model, library and device, of
these tokens, and of the right checksum: llama.cpp may break over anything else. What is saved comes from the constant
prompt; of requests nothing is in it.
"""

import hashlib
import json
import logging
import os
import shutil
import stat
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from io import BufferedReader
from pathlib import Path

from caro_shell import paths
from caro_shell.errors import DaemonError
from caro_shell.machine.threads import start

_log = logging.getLogger(__name__)
_FORM = "caro prefix 1"
_SUFFIX, _NEW = ".prefix", ".new"
# A few shells and two models; a prompt of 1,500 tokens takes 42 MB with the 1.5B.
MOST_FILES, MOST_BYTES = 8, 256_000_000
_MOST_HEADER = 1_000_000
# What must be free on the disk besides.
_SPARE_BYTES = 500_000_000
# A file that is still being written is younger.
_LEFT_OVER_S = 600.0
# Reading on a slow machine: opening and checking, then reading, SHA-256 and copying.
_READ_MS, _READ_BYTES_A_MS = 5.0, 200_000


def directory() -> Path:
    """Return where the files lie, whether or not it is there."""
    return Path(paths.cache_dir(), "prefixes")


def files_of(model: Path) -> list[Path]:
    """Return what is saved for a file of weights."""
    with suppress(OSError):
        return sorted(directory().glob(f"{_short(str(model))}-*"))
    return []


def pays(size: int, evaluated_ms: float) -> bool:
    """Say whether reading `size` bytes takes less than half as long as evaluating did."""
    return 2 * (_READ_MS + size / _READ_BYTES_A_MS) < evaluated_ms


def _short(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:24]


@dataclass
class SavedPrefixes:
    """The saved states of one loaded model; without a `place` none is kept and none is found."""

    place: Path | None
    model: Path
    key: Sequence[str]
    """What a state depends on besides the tokens."""
    _writing: list[threading.Thread] = field(default_factory=list)

    def name(self, prefix: Sequence[int]) -> str:
        """Return the name of the file for these tokens."""
        return f"{_short(str(self.model))}-{_short(self._described(prefix))}{_SUFFIX}"

    def _described(self, prefix: Sequence[int]) -> str:
        return json.dumps([_FORM, *self.key, list(prefix)])

    def read(self, prefix: Sequence[int]) -> bytearray | None:
        """Return the state after these tokens; None when there is none that can be believed."""
        if self.place is None:
            return None
        path = self.place / self.name(prefix)
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
            with os.fdopen(descriptor, "rb") as file:
                found = os.fstat(descriptor)
                ours = stat.S_ISREG(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077
                state = self._content(file.readline(_MOST_HEADER), prefix, found.st_size) if ours else None
                right = state is not None and self._fill(state[0], file) == state[1]
        except FileNotFoundError:
            return None
        except OSError as error:
            _log.info("%s cannot be read: %s", path.name, error.strerror)
            return None
        if state is None or not right:
            _log.warning("%s is damaged and is removed", path.name)
            self.forget(prefix)
            return None
        with suppress(OSError):
            # What is used stays.
            os.utime(path)
        return state[0]

    def _content(self, header: bytes, prefix: Sequence[int], size: int) -> tuple[bytearray, str] | None:
        """Return room for the state, and its checksum; None when the header is not the one it should be."""
        with suppress(ValueError, KeyError, TypeError):
            said = json.loads(header)
            count = said["bytes"]
            if said["of"] == self._described(prefix) and size == len(header) + count <= MOST_BYTES:
                return bytearray(count), said["sha256"]
        return None

    @staticmethod
    def _fill(state: bytearray, file: BufferedReader) -> str:
        """Read the state and return its checksum."""
        whole = file.readinto(state) == len(state)
        return hashlib.sha256(state).hexdigest() if whole else ""

    def has(self, prefix: Sequence[int]) -> bool:
        """Say whether there is a file for these tokens, or will be in a moment."""
        return self.place is not None and (
            any(thread.name == self.name(prefix) and thread.is_alive() for thread in self._writing)
            or os.path.lexists(self.place / self.name(prefix))
        )

    def keep(self, prefix: Sequence[int], state: bytearray) -> None:
        """Write the state in a thread of its own; when that fails there is only nothing to read."""
        if self.place is None or len(state) + _MOST_HEADER > MOST_BYTES:
            return
        name, what = self.name(prefix), (self._described(prefix), state)
        self.settle(0)
        thread = threading.Thread(target=self._write, args=(self.place / name, *what), name=name, daemon=True)
        self._writing.append(thread)
        start(thread)

    def settle(self, limit_s: float) -> None:
        """Wait until what is being written is on the disk, at most so long for each."""
        for thread in self._writing:
            thread.join(limit_s)
        self._writing = [thread for thread in self._writing if thread.is_alive()]

    @staticmethod
    def _write(path: Path, described: str, state: bytearray) -> None:
        header = {"of": described, "bytes": len(state), "sha256": hashlib.sha256(state).hexdigest()}
        line = json.dumps(header).encode() + b"\n"
        try:
            place = Path(paths.ensure_private_dir(str(path.parent)))
            _make_room(place, len(line) + len(state))
            if shutil.disk_usage(place).free < len(state) + _SPARE_BYTES:
                return
            # Of mode 0600, and under a name that nobody reads.
            descriptor, new = tempfile.mkstemp(_NEW, path.stem, place)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(line)
                    file.write(state)
                Path(new).replace(path)
            except OSError:
                Path(new).unlink(missing_ok=True)
                raise
        except (OSError, DaemonError) as error:
            _log.info("an evaluated prompt is not kept: %s", error)

    def forget(self, prefix: Sequence[int]) -> None:
        """Remove the file for these tokens."""
        if self.place is not None:
            with suppress(OSError):
                (self.place / self.name(prefix)).unlink()


def _make_room(place: Path, size: int) -> None:
    """Remove the files that were used longest ago, so that one of `size` bytes has room, and what a death has left."""
    kept, room = 0, MOST_BYTES - size
    for path, found in sorted(_files(place), key=lambda file: -file[1].st_mtime):
        if path.suffix == _NEW:
            stays = time.time() - found.st_mtime < _LEFT_OVER_S
        else:
            kept, room = kept + 1, room - found.st_size
            stays = kept < MOST_FILES and room >= 0
        if not stays:
            with suppress(OSError):
                path.unlink()


def _files(place: Path) -> Iterator[tuple[Path, os.stat_result]]:
    for path in place.iterdir():
        with suppress(OSError):
            yield path, path.lstat()
