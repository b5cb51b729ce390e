"""The requests of a soak: kinds, what each must end in, and what became of all of them."""

import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from other_version import OtherVersion
from user_home import Home

_PRESS = "import sys; from caro_shell import keypress; sys.exit(keypress.main(sys.argv[1]))"
# `caro: what happened`, and below it what to do next.
_SENTENCE = re.compile(r"caro: \S.*\.\n(?:      \S.*\n)?")
# The same as a record, behind whatever was said before it.
_RECORD = re.compile(r"(?:^|\0)error\t[^\0]+[\0\n]$")
_BROKEN = "Something in caro broke"
_BATCH = 3


class Ended(NamedTuple):
    """A request's end: in which of these ways, how long it took, and what was seen."""

    outcome: str
    """answered; said (one sentence why not); killed (by a fault); cancelled (by its user); wrong; lost; hang."""
    took_s: float
    seen: str = ""


BAD = ("wrong", "lost", "hang")


class Tally:
    """What became of the requests, by kind; any thread may add to it."""

    def __init__(self, limit_s: float, around: Callable[[], str] = str) -> None:
        """Nothing has been asked; a request that takes longer than `limit_s` hangs.

        `around` says what goes on, for those that take long.
        """
        self.limit_s = limit_s
        self.slow: list[str] = []
        """Those that have used up half of it, whatever they ended in."""
        self._around = around
        self.by_kind: dict[str, Counter[str]] = {}
        self.slowest: tuple[float, str] = (0.0, "")
        self.bad: list[str] = []
        self.memory: dict[int, list[tuple[int, int]]] = {}
        """Of each daemon that told it: how many requests it had, and its bytes."""
        self._lock = threading.Lock()

    def add(self, kind: str, ended: Ended) -> None:
        """Count an end."""
        outcome = "hang" if ended.took_s > self.limit_s else ended.outcome
        with self._lock:
            self.by_kind.setdefault(kind, Counter())[outcome] += 1
            self.slowest = max(self.slowest, (ended.took_s, kind))
            if ended.took_s > self.limit_s / 2:
                self.slow.append(f"{kind} {outcome} after {ended.took_s:.1f} s; {self._around()}")
            if outcome in BAD:
                self.bad.append(f"{kind} {outcome} after {ended.took_s:.1f} s: {ended.seen[:600]!r}")

    def remember(self, pid: int, requests: int, size: int) -> None:
        """Keep what a daemon says of itself."""
        with self._lock:
            self.memory.setdefault(pid, []).append((requests, size))

    def sizes(self) -> tuple[int, int]:
        """Return the bytes of the first and of the last daemon that has told them."""
        told = [size for sizes in self.memory.values() for requests, size in sizes[-1:]]
        return (told[0], told[-1]) if told else (0, 0)

    def most_grown(self) -> int:
        """Return by how many bytes a daemon has grown at most, once it had answered its first request."""
        loaded = [[size for requests, size in sizes if requests] for sizes in self.memory.values()]
        return max((sizes[-1] - sizes[0] for sizes in loaded if sizes), default=0)

    def total(self, outcome: str = "") -> int:
        """Return how many requests ended so; all of them without a word."""
        return sum(counted[outcome] if outcome else counted.total() for counted in self.by_kind.values())


class Asker:
    """Asks in one way after the other, as users, scripts and shells do."""

    def __init__(self, home: Home, tally: Tally, other: OtherVersion, chance: random.Random) -> None:
        """`other` is another version that some of the users have."""
        self._home = home
        self._tally = tally
        self._other = other
        self._chance = chance
        self.kinds: Sequence[tuple[str, Callable[[str], Ended]]] = (
            *[("caro", self._caro)] * 6,
            *[("key", self._key)] * 6,
            *[("wait", self._wait)] * 3,
            *[("json", self._json)] * 2,
            *[("explain", self._explain)] * 2,
            *[("batch", self._batch)] * 2,
            *[("cancelled", self._cancelled)] * 2,
            *[("deadly", self._deadly)] * 2,
            *[("status", self._status)] * 2,
            ("other version", self._of_other_version),
        )

    def ask(self, number: int) -> None:
        """Make the next request and count what came of it."""
        kind, act = self._chance.choice(self.kinds)
        self._tally.add(kind, act(f"request {number}"))

    def _end(
        self, process: "subprocess.Popen[str]", stdin: str, whole: Callable[[str, str], str], requests: int = 1
    ) -> Ended:
        """Wait for a client of so many requests; `whole` says what is wrong with an answer, empty when nothing is."""
        since = time.monotonic()
        try:
            out, err = process.communicate(stdin, timeout=requests * self._tally.limit_s)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            return Ended("hang", time.monotonic() - since, out + err)
        # As one of them has taken.
        took = (time.monotonic() - since) / requests
        status, seen = process.returncode, f"exit {process.returncode}: {out}{err}"
        if status in (-signal.SIGKILL, -signal.SIGTERM):
            return Ended("killed", took, seen)
        if status in (130, -signal.SIGINT):
            return Ended("cancelled", took, seen)
        wrong = whole(out, err)
        if not wrong:
            return Ended("answered", took, seen)
        is_said = status == 1 and _BROKEN not in out + err
        if is_said and ((not out and _SENTENCE.fullmatch(err)) or _RECORD.search(out)):
            return Ended("said", took, seen)
        return Ended("lost" if wrong == "lost" else "wrong", took, seen)

    def _start(self, *words: str) -> "subprocess.Popen[str]":
        pipe = subprocess.PIPE
        command = [sys.executable, *words]
        return subprocess.Popen(command, env=self._home.environ, stdin=pipe, stdout=pipe, stderr=pipe, text=True)

    def _fields(self, line: str) -> str:
        # A terminal of its own: of two requests from one, the newer one takes over.
        return f"shell\tbash\0left\t{line}\0terminal\t/dev/{line}\0pid\t{os.getpid()}\0"

    def _caro(self, words: str) -> Ended:
        return self._end(self._start("-m", "caro_shell", words), "", _is(f"echo {words}\n"))

    def _of_other_version(self, words: str) -> Ended:
        return self._end(self._other.start(words), "", _is(f"echo {words}\n"))

    def _json(self, words: str) -> Ended:
        def whole(out: str, _err: str) -> str:
            return "" if out and json.loads(out)["command"] == f"echo {words}" else "wrong"

        return self._end(self._start("-m", "caro_shell", "--json", words), "", whole)

    def _explain(self, _words: str) -> Ended:
        return self._end(self._start("-m", "caro_shell", "explain", "ls -l"), "", lambda out, _: "" if out else "none")

    def _key(self, words: str) -> Ended:
        def whole(out: str, _err: str) -> str:
            if out and not out.endswith("\0"):
                return "lost"
            return "" if out.endswith(f"\0done\techo {words}\0") else "wrong"

        return self._end(self._start("-c", _PRESS, "stream"), self._fields(words), whole)

    def _wait(self, words: str) -> Ended:
        def whole(out: str, _err: str) -> str:
            path = Path(out.rpartition(" ")[2].rstrip("\n"))
            if not out.startswith(f"{process.pid} /"):
                return "wrong"
            try:
                answer = path.read_text()
            except FileNotFoundError:
                # A fault has removed the directory since.
                return ""
            with suppress(OSError):
                # While the disk is read-only it stays; the next press removes it.
                path.unlink()
            return "" if answer.endswith(f"\0done\techo {words}\0") or "error\t" in answer else "lost"

        process = self._start("-c", _PRESS, "wait")
        return self._end(process, self._fields(words), whole)

    def _batch(self, words: str) -> Ended:
        lines = [f"{words} {at}" for at in range(_BATCH)]

        def whole(out: str, err: str) -> str:
            said = out.splitlines()
            if len(said) != _BATCH or any(
                one not in ("", f"echo {line}") for one, line in zip(said, lines, strict=True)
            ):
                return "lost" if _SENTENCE.match(err) is None else "said"
            return ""

        return self._end(self._start("-m", "caro_shell", "--batch"), "\n".join([*lines, ""]), whole, _BATCH)

    def _cancelled(self, words: str) -> Ended:
        process = self._start("-m", "caro_shell", words)
        timer = threading.Timer(self._chance.uniform(0.05, 0.6), lambda: _send(process, signal.SIGINT))
        timer.start()
        ended = self._end(process, "", _is(f"echo {words}\n"))
        timer.cancel()
        return ended

    def _deadly(self, words: str) -> Ended:
        """Ask for what the engine crashes over, or dies of; that it broke is the right thing to say of a crash."""
        kind = self._chance.choice(("crash", "memory", "end", "exit"))
        ended = self._end(self._start("-m", "caro_shell", f"{kind} {words}"), "", lambda *_: "none")
        return ended._replace(outcome="said") if kind == "crash" and _BROKEN in ended.seen else ended

    def _status(self, _words: str) -> Ended:
        def whole(out: str, _err: str) -> str:
            try:
                said: Mapping[str, int] = json.loads(out)
            except ValueError:
                return "wrong"
            if said["pid"]:
                self._tally.remember(said["pid"], said["requests"], said["rss_bytes"])
            return ""

        return self._end(self._start("-m", "caro_shell", "daemon", "status", "--json"), "", whole)


def _send(process: "subprocess.Popen[str]", number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        process.send_signal(number)


def _is(expected: str) -> Callable[[str, str], str]:
    return lambda out, _err: "" if out == expected else "lost" if out else "wrong"
