"""`caro bench --vs`: another command asked the same, in turn with ours.

Its time is from its start to its end, and it must end with status 0 and have printed something. What it prints is
looked at by nobody, and run by nobody. Ours is from the key to the command on the line.
"""

import os
import select
import shlex
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from caro_shell.bench.figures import median_interval, summary
from caro_shell.errors import CaroError, UsageError

_PLACE = "{}"
_LOOK_S = 0.05
# Of what it says on stderr, a sentence shows the end.
_SHOWN = 200


@dataclass(frozen=True)
class Command:
    """A command line with `{}` where the request goes; no shell reads it."""

    words: tuple[str, ...]

    @staticmethod
    def of(text: str) -> "Command":
        """Return the command of a line that is quoted as for a shell; raises UsageError."""
        try:
            words = tuple(shlex.split(text))
        except ValueError:
            words = ()
        if not words or not any(_PLACE in word for word in words):
            raise UsageError("The other command needs {} where the request goes.", "Try: caro bench --vs 'sgpt -s {}'")
        return Command(words)

    def __str__(self) -> str:
        """Return it as it may be typed."""
        return shlex.join(self.words).replace(shlex.quote(_PLACE), _PLACE)

    def ask(self, line: str, limit_s: float) -> float:
        """Return the milliseconds that it takes to answer a request; raises CaroError when it does not."""
        argv = [word.replace(_PLACE, line) for word in self.words]
        with tempfile.TemporaryFile() as said:
            start = time.perf_counter()
            try:
                # A session of its own: it gets neither our terminal nor its Ctrl-C, and ends as a whole.
                process = subprocess.Popen(
                    argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said, start_new_session=True
                )
            except OSError as error:
                raise self._failure(f"cannot be run ({error.strerror})") from None
            try:
                printed, end = _read(process, start + limit_s)
            finally:
                _end(process)
            if end is None:
                raise self._failure(f"had not ended after {limit_s:g} s")
            said.seek(0)
            last = said.read().decode(errors="replace").strip()[-_SHOWN:].replace("\n", " ")
        if process.returncode:
            raise self._failure(f"failed with status {process.returncode}" + (f": {last}" if last else ""))
        if not printed:
            raise self._failure("printed nothing")
        return (end - start) * 1000

    def _failure(self, what: str) -> CaroError:
        return CaroError(f"The other command {what}.", f"Try it by itself: {str(self)[:_SHOWN]}")


def _read(process: "subprocess.Popen[bytes]", deadline: float) -> tuple[bool, float | None]:
    """Return whether something but blanks was printed, and when it was over; None when it was not until the deadline.

    Over is when it has ended, whoever may hold its output still: a server, say, that it has left behind.
    """
    assert process.stdout is not None  # noqa: S101  for the type checker
    output, printed, is_open = process.stdout.fileno(), False, True
    while time.perf_counter() < deadline:
        ended = process.poll() is not None
        if is_open and select.select([output], [], [], 0 if ended else _LOOK_S)[0]:
            piece = os.read(output, 65536)
            printed, is_open = printed or bool(piece.strip()), bool(piece)
            if not is_open:
                break
        elif ended:
            return printed, time.perf_counter()
    if is_open:
        return printed, None
    end = time.perf_counter()
    try:
        process.wait(max(0.0, deadline - end))
    except subprocess.TimeoutExpired:
        return printed, None
    return printed, time.perf_counter()


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End a command that has not ended, with all that it has started; what one left behind that has, stays."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if process.stdout:
        process.stdout.close()


@dataclass
class Rival:
    """A command beside ours: milliseconds, a list entry a pair."""

    command: Command
    limit_s: float
    ours: list[float] = field(default_factory=list)
    theirs: list[float] = field(default_factory=list)
    error: str = ""
    """Why it is asked no more; the pairs before count."""

    def ask(self, line: str) -> float | None:
        """Return the milliseconds of an answer; None when there is none, and from then on."""
        if self.error:
            return None
        try:
            return self.command.ask(line, self.limit_s)
        except CaroError as error:
            self.error = error.message
            return None

    def pair(self, ours_ms: float, theirs_ms: float | None) -> None:
        """Count a pair, unless it is none."""
        if theirs_ms is not None:
            self.ours.append(ours_ms)
            self.theirs.append(theirs_ms)

    def figures(self) -> dict[str, Any]:
        """Return the row as an object; the ratio is theirs to ours, so above 1 ours is faster."""
        row: dict[str, Any] = {"command": str(self.command), "pairs": len(self.ours)}
        if self.error:
            row["error"] = self.error
        if not self.ours:
            return row
        ratios = [theirs / ours for ours, theirs in zip(self.ours, self.theirs, strict=True)]
        interval = median_interval(ratios)
        return {
            **row,
            "ours_ms": summary(self.ours),
            "theirs_ms": summary(self.theirs),
            "faster": sum(ratio > 1 for ratio in ratios),
            "ratio": {
                **summary(ratios, digits=3),
                "low": round(interval.low, 3),
                "high": round(interval.high, 3),
                "confidence": round(interval.confidence, 4),
            },
        }


def rivals_of(commands: Sequence[str], limit_s: float) -> list[Rival]:
    """Return the rivals that command lines stand for; raises UsageError."""
    return [Rival(Command.of(text), limit_s) for text in commands]
