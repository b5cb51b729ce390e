"""A real shell on a terminal of its own: keys in, and when it drew what."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Self

from caro_shell.errors import CaroError

_COLUMNS, _LINES = 160, 40
# A shell that has drawn nothing for so long has drawn all that it will; and an engine has rested then (floor.py).
QUIET_S = 0.3
# A shell that is not there after so long will not come.
_START_LIMIT_S = 60.0
# What a terminal is asked, and what it says: that it is well (which bash and fish use to be told of an answer), what it
# is (fish waits for that), where the cursor is.
_ANSWERS = {b"5n": b"\x1b[0n", b"c": b"\x1b[?62c", b"0c": b"\x1b[?62c", b"6n": b"\x1b[1;1R"}
_QUERY = re.compile(rb"\x1b\[(5n|6n|0?c)")
_LONGEST_QUERY = 5


class Terminal:
    """One program on one terminal; a context manager."""

    def __init__(self, argv: Sequence[str], environ: Mapping[str, str]) -> None:
        """Start `argv` with exactly `environ`; no thread may run yet, because this forks."""
        self._pid, self.fd = pty.fork()
        if self._pid == 0:
            with suppress(OSError):
                os.execve(argv[0], list(argv), dict(environ))  # noqa: S606  no shell in between is the point
            os._exit(127)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", _LINES, _COLUMNS, 0, 0))
        self.drawn = b""
        self.moments: list[tuple[float, int]] = []
        """When something was drawn (seconds of time.perf_counter), and how much of `drawn` there was then."""
        self._asked = b""

    def __enter__(self) -> Self:
        """Return the terminal itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Hang up, and end the program."""
        os.close(self.fd)
        with suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGHUP)
            os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)

    def forget(self) -> None:
        """Begin anew to keep what is drawn."""
        self.drawn, self.moments = b"", []

    def type(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self.fd, keys)

    def read(self) -> None:
        """Read what there is; raises CaroError when the program has gone."""
        try:
            piece = os.read(self.fd, 65536)
        except OSError:
            # Linux says EIO when the last program on the terminal has gone.
            piece = b""
        if not piece:
            raise CaroError("The shell that was to be measured has gone.", "Mend that first: caro doctor")
        self.drawn += piece
        self.moments.append((time.perf_counter(), len(self.drawn)))
        asked = self._asked + piece
        for query in _QUERY.finditer(asked):
            self.type(_ANSWERS[query[1]])
        # A query may come in two pieces, and none is answered twice.
        self._asked = asked[max([len(asked) - _LONGEST_QUERY + 1, *(one.end() for one in _QUERY.finditer(asked))]) :]

    def settle(self, text: bytes = b"") -> None:
        """Read until `text` has been drawn, and then nothing more for a while; raises CaroError when it never is."""
        deadline = time.monotonic() + _START_LIMIT_S
        while select.select([self.fd], [], [], QUIET_S)[0] or text not in self.drawn:
            if time.monotonic() > deadline:
                raise CaroError("The shell does not come to its prompt.", "Mend that first: caro doctor")
            if select.select([self.fd], [], [], 0)[0]:
                self.read()

    def first(self, text: str) -> float | None:
        """Return when `text` had been drawn, None if never."""
        at = self.drawn.find(text.encode())
        return None if at < 0 else next(moment for moment, length in self.moments if length >= at + len(text.encode()))
