"""When the index is filled: while nobody asks, by a process of its own that ends as soon as somebody does."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

QUIET_S = 5.0
"""Nobody has asked for so long when it begins."""
_AGAIN_S = 3600.0
"""After so long it is looked whether the sources have changed."""
_AFTER_A_FAILURE_S = 600.0


@dataclass(frozen=True)
class Order:
    """What the process is to do."""

    file: str
    """The index."""
    path: str
    """The PATH of whoever asked last."""
    history: bool
    """Whether the user's history belongs into it."""


class Indexing:
    """The process that fills the index at `file`, if there is one now; one thread alone may use this."""

    def __init__(self, file: Path, environ: Mapping[str, str], now: Callable[[], float] = time.monotonic) -> None:
        """Start nothing yet; `now` gives seconds."""
        self._file = file
        self._environ = environ
        self._now = now
        self._process: subprocess.Popen[bytes] | None = None
        self._ending: list[subprocess.Popen[bytes]] = []
        self._order: Order | None = None
        self._not_before = 0.0

    def go_on(self, idle_s: float, path: str, *, history: bool) -> None:
        """Start the process, or look after it; the caller has been idle for `idle_s` seconds.

        `path` is the PATH of whoever asked last.
        """
        self._ending = [process for process in self._ending if process.poll() is None]
        if self._ending:
            return
        order = Order(str(self._file), path, history)
        if self._process is not None:
            status = self._process.poll()
            if status is None:
                return
            self._let_go()
            self._not_before = self._now() + (_AFTER_A_FAILURE_S if status else _AGAIN_S)
        if idle_s >= QUIET_S and (self._now() >= self._not_before or order != self._order):
            self._order = order
            self._start(order)

    def stop(self) -> None:
        """Have it end at once, and go on when nobody asks any more."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.terminate()
            # It has its own way to end; whoever asks does not wait for that.
            self._not_before = 0.0
        elif self._process.returncode == 0:
            self._not_before = self._now() + _AGAIN_S
        self._let_go()

    @property
    def is_at_work(self) -> bool:
        """Say whether a process runs, or has not quite ended."""
        return any(process and process.poll() is None for process in (self._process, *self._ending))

    def _start(self, order: Order) -> None:
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-m", "caro_shell.retrieval.build"],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                cwd="/",
                env=dict(self._environ),
                start_new_session=True,
            )
        except OSError:
            self._not_before = self._now() + _AFTER_A_FAILURE_S
            return
        assert self._process.stdin is not None  # noqa: S101  it was asked for
        try:
            self._process.stdin.write(json.dumps(asdict(order)).encode() + b"\n")
            self._process.stdin.flush()
        except OSError:
            self.stop()

    def _let_go(self) -> None:
        process, self._process = self._process, None
        if process is not None and process.stdin is not None:
            with suppress(OSError):
                process.stdin.close()
            self._ending.append(process)
