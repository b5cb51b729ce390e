"""A progress bar of one line on a terminal, and a line per tenth where there is none."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self, TextIO

MEGABYTE = 1_000_000
WIDTH = 24
REDRAW_S = 0.1


def size_text(count: int) -> str:
    """Return a number of bytes in words, as `491 MB` or `1.12 GB`."""
    megabytes = count / MEGABYTE
    if megabytes >= 1000:  # noqa: PLR2004  a gigabyte
        return f"{megabytes / 1000:.2f} GB"
    return f"{megabytes:.0f} MB" if megabytes >= 10 else f"{megabytes:.1f} MB"  # noqa: PLR2004


def _time_text(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02} left"


class Bar:
    """Shows how much of `total` bytes is done; never goes back, and never leaves a half-drawn line behind."""

    def __init__(self, label: str, total: int, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        """Draw nothing yet: a step that fails at once leaves no trace."""
        self._label, self._total, self._stream, self._clock = label, max(total, 1), stream, clock
        self._live = stream.isatty()
        self._start: tuple[float, int] | None = None
        self._done = 0
        self._drawn_at = float("-inf")
        self._drawn_width = 0
        self._tenth = 0

    def __enter__(self) -> Self:
        """Return the bar itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the bar's line, so that what follows begins on its own."""
        if self._drawn_width:
            self._draw()
            self._stream.write("\n")
            self._stream.flush()

    def show(self, done: int) -> None:
        """Say that `done` bytes are there; those of the first call were there before: they are no speed."""
        now = self._clock()
        if self._start is None:
            self._start = (now, done)
            self._tenth = 10 * done // self._total
        self._done = min(max(done, self._done), self._total)
        if self._live:
            if now - self._drawn_at >= REDRAW_S:
                self._drawn_at = now
                self._draw()
        elif 10 * self._done // self._total > self._tenth:
            self._tenth = 10 * self._done // self._total
            self._stream.write(f"caro: {self._label} {self._figures()}\n")
            self._stream.flush()

    def _figures(self) -> str:
        text = f"{100 * self._done // self._total:3d} %  {self._done // MEGABYTE}/{self._total // MEGABYTE} MB"
        began, before = self._start or (0.0, 0)
        spent, fetched = self._clock() - began, self._done - before
        if spent <= 0 or fetched <= 0:
            return text
        speed = fetched / spent
        return f"{text}  {speed / MEGABYTE:.1f} MB/s  {_time_text((self._total - self._done) / speed)}"

    def _draw(self) -> None:
        filled = WIDTH * self._done // self._total
        text = f"{self._label} [{'#' * filled}{'-' * (WIDTH - filled)}] {self._figures()}"
        # Spaces rather than an escape code wipe the longer line before, so that a dumb terminal copes too.
        self._stream.write(f"\r{text.ljust(self._drawn_width)}")
        self._stream.flush()
        self._drawn_width = len(text)
