"""What the user made of earlier answers, kept in an SQLite file of the user's.

Nothing here is in a request's way: what a shell tells is written by a thread of its own, and whatever is wrong with the
file costs a line in the log. A file that is damaged, or none of ours, is moved aside.
"""

import logging
import os
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from functools import cache
from pathlib import Path

from caro_shell import paths
from caro_shell.errors import CaroError
from caro_shell.learned import rows
from caro_shell.learned.rows import Pair, Row
from caro_shell.machine.threads import start
from caro_shell.retrieval.terms import terms

_log = logging.getLogger(__name__)
# A reader would rather know nothing than wait; the writer has all the time of its thread.
_READ_WAIT_S, _WRITE_WAIT_S = 0.005, 5.0
_MOST_WAITING = 100


# Of the words of two requests, what has to be in both for one to say something about the other.
_NEAR = 0.5
_LOOKED_AT = 8


@cache
def _of_this_user() -> "Learned":
    return Learned(paths.learned_file(os.environ))


def recalled(request: str, shell: str) -> list[str]:
    """Return what the user made of the answer to a request like this one, as a line for the prompt; at most one.

    Only what was corrected: an answer that was taken as it came is what the model writes anyway.
    """
    return [
        f"{pair.request}: {pair.command}"
        for pair in _of_this_user().similar(request, _LOOKED_AT, shell)
        if pair.fate == "corrected" and _are_near(pair.request, request) and (pair.request + pair.command).isprintable()
    ][:1]


def _are_near(one: str, other: str) -> bool:
    if " ".join(one.split()).casefold() == " ".join(other.split()).casefold():
        return True
    some, others = set(terms(one)), set(terms(other))
    return len(some & others) > _NEAR * len(some | others)


class Learned:
    """The file at `path`, whether or not it is there; every method may be called from any thread."""

    def __init__(self, path: str, now: Callable[[], float] = time.time) -> None:
        """Open nothing yet; `now` gives the seconds that rows are dated with."""
        self.path = Path(path)
        self._now = now
        self._waiting: queue.Queue[tuple[str, Sequence[Mapping[str, str]]] | None] = queue.Queue(_MOST_WAITING)
        self._writer: threading.Thread | None = None
        self._reader: sqlite3.Connection | None = None
        self._reading = threading.Lock()

    def keep(self, shell: str, outcomes: Sequence[Mapping[str, str]]) -> None:
        """Have outcomes of `shell` written, and return at once."""
        if self._writer is None:
            self._writer = threading.Thread(target=self._write_all, name="learned", daemon=True)
            start(self._writer)
        with suppress(queue.Full):
            self._waiting.put_nowait((shell, outcomes))

    def similar(self, request: str, limit: int = 3, of_shell: str = "") -> list[Pair]:
        """Return what was run for the requests most like this one, the likest first; of one shell alone if it is given.

        Empty where nothing is known, and where the file cannot be read now.
        """
        found: list[Pair] = []
        with self._reading, self._harmless("read"):
            if self._reader is None and self.path.exists():
                self._reader = rows.open_file(self.path, _READ_WAIT_S)
            if self._reader is not None:
                found = rows.similar(self._reader, request, limit, of_shell)
        return found

    def forget(self, text: str = "", *, only_look: bool = False) -> list[Row]:
        """Remove what has `text` in it, or everything, unless `only_look`; return what that is, the latest first.

        Raises CaroError when the file cannot be used.
        """
        if not self.path.exists():
            return []
        try:
            with closing(rows.open_file(self.path, _WRITE_WAIT_S)) as file:
                found = list(rows.rows(file, text))
                if found and not only_look:
                    rows.remove(file, text)
                return found
        except (sqlite3.Error, OSError) as error:
            raise CaroError(f"{self.path} cannot be used: {error}.", "Remove it: nothing else needs it.") from None

    def close(self, limit_s: float = 1.0) -> None:
        """Write what still waits, for at most `limit_s` seconds."""
        if self._writer is not None:
            with suppress(queue.Full):
                self._waiting.put(None, timeout=limit_s)
            self._writer.join(limit_s)
            self._writer = None
        with self._reading:
            self._let_go()

    def _write_all(self) -> None:
        while told := self._waiting.get():
            with self._harmless("written"), closing(rows.open_file(self.path, _WRITE_WAIT_S)) as file:
                rows.write(file, *told, self._now())

    @contextmanager
    def _harmless(self, verb: str) -> Iterator[None]:
        """Let nothing that is wrong with the file reach anybody but the log."""
        try:
            yield
        # Half a character is no text to SQLite.
        except (sqlite3.Error, OSError, CaroError, UnicodeError) as error:
            _log.warning("what was learnt cannot be %s: %s", verb, error)
            if verb == "read":
                self._let_go()
            # The others say that it is locked, full, read-only: that may pass.
            if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError):
                self._move_aside()

    def _let_go(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _move_aside(self) -> None:
        _log.warning("it is %s.broken from now on", self.path)
        with suppress(OSError):
            self.path.replace(f"{self.path}.broken")
            for end in ("-wal", "-shm"):
                Path(f"{self.path}{end}").unlink(missing_ok=True)
