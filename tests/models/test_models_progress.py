"""The bar: one line on a terminal, tenths in a log."""

import io
from itertools import pairwise

import pytest

from caro_shell.models import progress
from caro_shell.models.progress import Bar, size_text


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


class Clock:
    """A clock that goes on by one second whenever it is read."""

    def __init__(self) -> None:
        """Begin at zero."""
        self.now = 0.0

    def __call__(self) -> float:
        """Return the time, a second later than before."""
        self.now += 1.0
        return self.now


@pytest.mark.parametrize(
    ("count", "text"), [(1_200_000, "1.2 MB"), (491_400_064, "491 MB"), (1_117_320_768, "1.12 GB")]
)
def test_a_size_reads_as_people_say_it(count: int, text: str) -> None:
    """Decimal units, as the sellers of disks count."""
    assert size_text(count) == text


def test_a_log_gets_a_line_per_tenth_at_most() -> None:
    """A hundred steps make ten lines."""
    stream = io.StringIO()
    with Bar("mini", 100_000_000, stream, Clock()) as bar:
        for done in range(0, 100_000_001, 1_000_000):
            bar.show(done)
    lines = stream.getvalue().splitlines()
    assert len(lines) == 10
    assert lines[0].startswith("caro: mini  10 %  10/100 MB")
    assert lines[-1].startswith("caro: mini 100 %  100/100 MB")


def test_a_terminal_gets_one_line_that_is_drawn_anew_and_ended() -> None:
    """Percent, megabytes, speed and the time that is left."""
    stream = Terminal()
    with Bar("mini", 100_000_000, stream, lambda: times.pop(0)) as bar:
        times = [0.0, 0.0, 10.0, 10.0, 10.0]
        bar.show(0)
        bar.show(25_000_000)
    drawn = stream.getvalue()
    assert drawn.count("\n") == 1
    assert drawn.endswith("\n")
    assert drawn.splitlines()[-1].split("\r")[-1].rstrip() == (
        "mini [######------------------]  25 %  25/100 MB  2.5 MB/s  0:30 left"
    )


def test_a_shorter_line_wipes_the_longer_one() -> None:
    """No rest of an old drawing stays on the screen."""
    stream = Terminal()
    with Bar("mini", 100_000_000, stream, Clock()) as bar:
        for done in (0, 1_000_000, 99_000_000):
            bar.show(done)
    drawings = stream.getvalue().rstrip("\n").split("\r")[1:]
    assert all(len(after) >= len(before.rstrip()) for before, after in pairwise(drawings))


def test_a_bar_never_goes_back() -> None:
    """A wheel that pip has moved away makes nothing undone."""
    stream = Terminal()
    with Bar("mini", 100_000_000, stream, Clock()) as bar:
        bar.show(50_000_000)
        bar.show(40_000_000)
    assert "40 %" not in stream.getvalue()


def test_a_step_that_fails_at_once_draws_nothing() -> None:
    """No empty line for what never began."""
    stream = Terminal()
    with Bar("mini", 100_000_000, stream, Clock()):
        pass
    assert stream.getvalue() == ""


def test_what_was_there_before_is_no_speed() -> None:
    """A download that goes on from 50 MB and adds 10 MB in ten seconds makes 1 MB a second."""
    times = [0.0, 10.0, 10.0]
    stream = io.StringIO()
    with Bar("mini", 100_000_000, stream, lambda: times.pop(0)) as bar:
        bar.show(50_000_000)
        bar.show(60_000_000)
    assert "1.0 MB/s  0:40 left" in stream.getvalue()


@pytest.mark.parametrize(
    ("columns", "drawn"),
    [
        (60, "mini [######------]  50 %  50/100 MB  5.0 MB/s  0:10 left"),
        (48, "mini  50 %  50/100 MB  5.0 MB/s  0:10 left"),
        (40, "mini  50 %  5.0 MB/s  0:10 left"),
        (24, "mini  50 %  0:10 left"),
        (12, " 50 %"),
    ],
)
def test_a_narrow_terminal_gets_what_fits_on_one_line(
    monkeypatch: pytest.MonkeyPatch, columns: int, drawn: str
) -> None:
    """A line that wrapped could not be drawn over; the time that is left goes last."""
    monkeypatch.setattr(progress, "columns_of", lambda _: columns)
    now, stream = [0.0], Terminal()
    with Bar("mini", 100_000_000, stream, lambda: now[0]) as bar:
        bar.show(0)
        now = [10.0]
        bar.show(50_000_000)
    drawings = [line.rstrip() for line in stream.getvalue().split("\r")]
    assert drawings[-1] == drawn
    assert max(map(len, drawings)) < columns
