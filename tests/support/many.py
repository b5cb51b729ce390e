"""Many shells at one daemon: `python tests/support/many.py SHELLS REQUESTS SECONDS [--help]`.

REQUESTS key presses in SHELLS terminals, at random moments within SECONDS; each is a connection of its own, as a press
makes it, and one that comes while the press before it is waiting takes its place. Beside them, `--scripts` ask without
a terminal, each again as soon as it has its answer. Prints who waited how long, who was told `busy` and how soon, and
what the daemon held of memory and descriptors. The engine takes `--answer-ms` each or, with `--model`, is a real one.
"""

import argparse
import random
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

sys.path[:0] = [str(Path(__file__).parents[2])]

from user_home import SUPPORT, Home  # noqa: E402  a program by itself, found by the line above

from caro_shell import __version__  # noqa: E402  as above
from caro_shell.bench.figures import percentile  # noqa: E402  as above
from caro_shell.client import Client, settings_in  # noqa: E402  as above
from caro_shell.errors import CaroError  # noqa: E402  as above
from caro_shell.protocol import Ask  # noqa: E402  as above

_LOOK_S = 0.5
# "Ask again in a moment."
_MOMENT_S = 0.2


@dataclass(frozen=True)
class Plan:
    """What is asked, by whom and how fast."""

    shells: int
    requests: int
    seconds: float
    scripts: int = 0
    seed: int = 1


class Asked(NamedTuple):
    """One request: what became of it (`answered`, or an error's code), when it was asked and when it ended, seconds."""

    origin: str
    number: int
    fate: str
    start: float
    end: float

    @property
    def ms(self) -> float:
        """How long it took."""
        return (self.end - self.start) * 1000


class Held(NamedTuple):
    """What a daemon holds at a moment."""

    rss_bytes: int
    descriptors: int
    waiting: int


@dataclass
class Load:
    """Everything that is asked of the daemon of a home; `asked` and `held` are what came of it."""

    home: Home
    plan: Plan
    asked: list[Asked] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Do as planned, and return when everything has ended."""
        with Client(self.home.environ) as client:
            client.ask(self._message("list the files here", "", 0))
        self.look()
        chance = random.Random(self.plan.seed)  # noqa: S311  a load, not a secret
        moments = sorted(chance.uniform(0, self.plan.seconds) for _ in range(self.plan.requests))
        presses = [(moment, f"tty{chance.randrange(self.plan.shells)}") for moment in moments]
        beside = list(_started(self._script, [(f"script{number}",) for number in range(self.plan.scripts)]))
        beside += _started(self._looks, [()])
        _join(self._presses(presses))
        self.over.set()
        _join(beside)
        self.look()

    def _presses(self, presses: Sequence[tuple[float, str]]) -> Iterator[threading.Thread]:
        begun = time.monotonic()
        for number, (moment, terminal) in enumerate(presses):
            time.sleep(max(0.0, begun + moment - time.monotonic()))
            yield from _started(self._ask, [(terminal, terminal, number)])

    def _script(self, name: str) -> None:
        number = 0
        while not self.over.is_set():
            number += 1
            if self._ask(name, "", number) == "busy":
                self.over.wait(_MOMENT_S)

    def _ask(self, origin: str, terminal: str, number: int) -> str:
        start, fate = time.monotonic(), "answered"
        try:
            with Client(self.home.environ) as client:
                client.ask(self._message(f"list files larger than {number} kB of {origin}", terminal, number))
        except CaroError as error:
            fate = error.code
        self.asked.append(Asked(origin, number, fate, start, time.monotonic()))
        return fate

    def _message(self, line: str, terminal: str, number: int) -> dict[str, object]:
        settings = settings_in(self.home.environ)
        return Ask(line, "bash", __version__, terminal=terminal, sequence=number, settings=settings).message()

    def look(self) -> Held:
        """Note and return what the daemon holds now."""
        with Client(self.home.environ) as client:
            status = client.ask({"type": "status"})
        descriptors = len(list(Path(f"/proc/{status['pid']}/fd").iterdir())) if sys.platform == "linux" else 0
        self.held.append(Held(status["rss_bytes"], descriptors, status["waiting"]))
        return self.held[-1]

    def _looks(self) -> None:
        while not self.over.wait(_LOOK_S):
            self.look()

    def fates(self, beginning: str = "") -> Counter[str]:
        """Return how many requests of those origins came to what."""
        return Counter(each.fate for each in self.asked if each.origin.startswith(beginning))

    def waits(self, origin: str) -> list[float]:
        """Return the milliseconds from a wish to its answer; pressing again, before there is one, is the same wish."""
        found, since = [], None
        for each in sorted((each for each in self.asked if each.origin == origin), key=lambda each: each.number):
            since = each.start if since is None else since
            if each.fate == "answered":
                found.append((each.end - since) * 1000)
                since = None
        return found


def _started(act: Callable[..., object], calls: Iterable[tuple[object, ...]]) -> Iterator[threading.Thread]:
    for arguments in calls:
        thread = threading.Thread(target=act, args=arguments)
        thread.start()
        yield thread


def _join(threads: Iterable[threading.Thread]) -> None:
    for thread in list(threads):
        thread.join()


def _row(name: str, samples: Sequence[float]) -> str:
    if not samples:
        return f"{name:28} {0:6}"
    figures = " ".join(f"{percentile(samples, percent):9.0f}" for percent in (50, 95, 100))
    return f"{name:28} {len(samples):6} {figures}"


def report(load: Load) -> str:
    """Return the figures as text."""
    origins = sorted({each.origin for each in load.asked}, key=lambda name: (name[:3], len(name), name))
    waits = {origin: load.waits(origin) for origin in origins}
    shells = {origin: found for origin, found in waits.items() if origin.startswith("tty")}
    lines = [f"{'answers, and ms until them':28} {'n':>6} {'p50':>9} {'p95':>9} {'max':>9}"]
    lines += [_row(origin, found) for origin, found in waits.items()]
    lines.append(_row("all shells", [each for found in shells.values() for each in found]))
    lines.append(_row("each shell's longest", [max(found) for found in shells.values() if found]))
    for code in sorted({each.fate for each in load.asked} - {"answered"}):
        lines.append(_row(f"told `{code}`", [each.ms for each in load.asked if each.fate == code]))
    lines.append(f"shells: {dict(load.fates('tty'))}, scripts: {dict(load.fates('script'))}")
    lines.append(f"shells without an answer: {sum(not found for found in shells.values())} of {len(shells)}")
    first, last = load.held[0], load.held[-1]
    rss = [held.rss_bytes / 1e6 for held in (first, max(load.held), last)]
    lines.append("the daemon's memory, first, most, last: " + ", ".join(f"{each:.1f} MB" for each in rss))
    lines.append(
        f"its descriptors: {first.descriptors}, {max(held.descriptors for held in load.held)}, {last.descriptors};"
        f" most that waited: {max(held.waiting for held in load.held)}"
    )
    return "\n".join(lines)


def main() -> None:
    """Make the load that the arguments ask for, and print what came of it."""
    parser = argparse.ArgumentParser(description="Many shells at one daemon.")
    parser.add_argument("shells", type=int)
    parser.add_argument("requests", type=int)
    parser.add_argument("seconds", type=float)
    parser.add_argument("--scripts", type=int, default=0, help="how many ask besides, without a terminal")
    parser.add_argument("--answer-ms", type=float, default=50.0, help="how long the scripted engine takes")
    parser.add_argument("--model", help="a real engine with this model, of CARO_TEST_MODELS")
    parser.add_argument("--queue", type=int, help="the setting")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    path = Path(tempfile.mkdtemp(prefix="caro-many-"))
    home = Home(path)
    home.environ["CARO_ENGINE"] = f"{SUPPORT / 'steady_engine.py'}:SteadyEngine"
    home.environ["CARO_TEST_ANSWER_S"] = str(asked.answer_ms / 1000)
    if asked.model:
        home.real_model(asked.model)
    if asked.queue is not None:
        home.environ["CARO_QUEUE"] = str(asked.queue)
    load = Load(home, Plan(asked.shells, asked.requests, asked.seconds, asked.scripts, seed=asked.seed))
    try:
        load.run()
        print(report(load))  # noqa: T201  a program for people
    finally:
        home.kill_daemon()
        shutil.rmtree(path, ignore_errors=True)


if __name__ == "__main__":
    main()
