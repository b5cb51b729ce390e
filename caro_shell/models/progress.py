"""A progress bar of one line on a terminal, and a line per tenth where there is none."""

import os
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Self, TextIO

MEGABYTE = 1_000_000
WIDTH, LEAST_WIDTH = 24, 6
REDRAW_S = 0.1
COLUMNS = 80
"""Of a terminal that does not say how wide it is."""


def size_text(count: int) -> str:
    """Return a number of bytes in words, as `491 MB` or `1.12 GB`."""
    megabytes = count / MEGABYTE
    if megabytes >= 1000:  # noqa: PLR2004  a gigabyte
        return f"{megabytes / 1000:.2f} GB"
    return f"{megabytes:.0f} MB" if megabytes >= 10 else f"{megabytes:.1f} MB"  # noqa: PLR2004


def columns_of(stream: TextIO) -> int:
    """Return how wide the terminal is that `stream` goes to."""
    try:
        return os.get_terminal_size(stream.fileno()).columns or COLUMNS
    except (OSError, ValueError):
        return COLUMNS


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
            self._stream.write(f"caro: {self._label} {'  '.join(self._figures())}\n")
            self._stream.flush()

    def _figures(self) -> list[str]:
        """Return percent and amounts; with something fetched, also the speed and the time that is left."""
        figures = [f"{100 * self._done // self._total:3d} %", f"{self._done // MEGABYTE}/{self._total // MEGABYTE} MB"]
        began, before = self._start or (0.0, 0)
        spent, fetched = self._clock() - began, self._done - before
        if spent <= 0 or fetched <= 0:
            return figures
        speed = fetched / spent
        return [*figures, f"{speed / MEGABYTE:.1f} MB/s", _time_text((self._total - self._done) / speed)]

    def _lines(self, columns: int) -> Iterator[str]:
        """Yield what could be drawn, the fullest first."""
        figures = self._figures()
        room = min(WIDTH, columns - len(f"{self._label} []   {'  '.join(figures)}"))
        if room >= LEAST_WIDTH:
            filled = room * self._done // self._total
            yield f"{self._label} [{'#' * filled}{'-' * (room - filled)}] {'  '.join(figures)}"
        yield f"{self._label} {'  '.join(figures)}"
        yield f"{self._label} {'  '.join(figures[:1] + figures[2:])}"
        yield f"{self._label} {'  '.join(figures[:1] + figures[3:])}"
        yield figures[0]

    def _draw(self) -> None:
        # A line that reaches the last column would wrap, and could not be drawn over.
        columns = columns_of(self._stream) - 1
        text = next((line for line in self._lines(columns) if len(line) <= columns), "")
        # Spaces rather than an escape code wipe the longer line before, so that a dumb terminal copes too.
        self._stream.write(f"\r{text.ljust(min(self._drawn_width, columns))}")
        self._stream.flush()
        self._drawn_width = max(len(text), 1)
