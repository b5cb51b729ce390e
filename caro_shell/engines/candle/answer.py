"""An answer of mistral.rs's: read in a thread of its own, so that nobody has to wait for what he does not want."""

import threading
from collections.abc import Callable, Iterator, Mapping
from queue import Empty, SimpleQueue
from typing import Any

from caro_shell.errors import EngineError

# Seconds between two looks at whether somebody has cancelled; a piece of the answer is not held up by it.
LOOK = 0.02


def first_line(error: BaseException) -> str:
    """Return what is said before the backtrace."""
    return str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__


class Answer:
    """An answer that another thread waits for: nothing interrupts mistral.rs before its first token."""

    def __init__(self, ask: Callable[[], Iterator[Any]]) -> None:
        """Ask, in a thread of its own."""
        self._ask = ask
        self._chunks: SimpleQueue[Any] = SimpleQueue()
        self._unwanted = threading.Event()
        self._thread = threading.Thread(target=self._read, name="candle", daemon=True)
        self._thread.start()

    def _read(self) -> None:
        # When the iterator is dropped, mistral.rs stops at the next token.
        try:
            for chunk in self._ask():
                if self._unwanted.is_set():
                    break
                self._chunks.put(chunk)
        except BaseException as error:  # whatever it is, the thread that waits must hear of it
            self._chunks.put(error)
        self._chunks.put(None)

    def chunks(self, cancelled: Callable[[], bool]) -> Iterator[Any]:
        """Yield what comes until it ends or somebody cancels; raises EngineError."""
        while not cancelled():
            try:
                chunk = self._chunks.get(timeout=LOOK)
            except Empty:
                continue
            if chunk is None:
                return
            if isinstance(chunk, BaseException):
                raise EngineError(f"Candle failed at work: {first_line(chunk)}.", "Try: caro daemon restart")
            yield chunk

    def drop(self) -> None:
        """Want nothing more of it."""
        self._unwanted.set()

    def is_over(self, limit_s: float) -> bool:
        """Wait for its end for so long; return whether it has come."""
        self._thread.join(limit_s)
        return not self._thread.is_alive()


class Restored:
    """Puts back, in an answer, what was written another way in the question."""

    def __init__(self, written: Mapping[str, str]) -> None:
        """Take what was written, and what it stands for."""
        self._written = written
        self._held = ""

    def add(self, text: str) -> str:
        """Return what can be shown once `text` has come: all but what may be the beginning of something written."""
        self._held += text
        for written, meant in self._written.items():
            self._held = self._held.replace(written, meant)
        kept = max((len(word) for word in self._beginnings() if self._held.endswith(word)), default=0)
        shown = self._held[: len(self._held) - kept]
        self._held = self._held[len(shown) :]
        return shown

    def _beginnings(self) -> Iterator[str]:
        for written in self._written:
            yield from (written[:end] for end in range(1, len(written)))

    def rest(self) -> str:
        """Return what was held back."""
        return self._held
