"""How many threads evaluate fastest on this machine: measured once, while nobody asks, and remembered.

What the processor says of itself is a guess (threads.py): whether two threads of one core, or the slow cores beside the
fast ones, help or harm depends on the machine, its memory and the weights. One token and many are measured apart,
because one waits for memory and many wait for the processor.
"""

import json
import logging
import os
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from caro_shell.config import Settings
from caro_shell.engines import installed, steps
from caro_shell.engines.attempts import write_private
from caro_shell.engines.loaded import Loaded
from caro_shell.engines.offload import Placed
from caro_shell.engines.threads import MOST_THREADS, choose_threads, logical_cpus
from caro_shell.errors import CaroError
from caro_shell.paths import cache_dir, ensure_private_dir

_log = logging.getLogger(__name__)
FILE = "threads.json"
_KEPT = 16
ROUNDS = 4
# As many as a short request has.
_MANY = 32
# A tenth of the time is noise on a machine that others use, and what was guessed stays in doubt.
_CLEARLY = 0.92
# A processor that others use says nothing about how fast it is.
_BUSY = 0.5


@dataclass(frozen=True)
class Threads:
    """For one token after the other, and for many at once."""

    decode: int
    prompt: int


@dataclass
class ThreadSweep:
    """The threads of a loaded model on the CPU."""

    loaded: Loaded
    guessed: int
    key: Sequence[str]
    """What the figures depend on: the weights, the library, the processor."""
    is_free: bool = True
    """Whether there is anything to choose."""
    measures: bool = True
    """Whether this process is one that has time: the daemon."""
    place: Path = field(default_factory=lambda: Path(cache_dir(), FILE))
    load: Callable[[], float] = field(default=lambda: os.getloadavg()[0])
    clock: Callable[[], float] = time.perf_counter
    is_measured: bool = False

    def __post_init__(self) -> None:
        """Use what was measured before, by any daemon."""
        self.is_measured = not (self.is_free and self.measures) or len(candidates(self.guessed)) == 1
        if not self.is_free:
            return
        with suppress(TypeError, ValueError, KeyError):
            self._use(_checked(self._read()[self._name]))
            self.is_measured = True

    @property
    def _name(self) -> str:
        return json.dumps([*self.key, processor(), os.cpu_count(), self.guessed])

    def measure(self, after: int, cancelled: Callable[[], bool]) -> None:
        """Measure behind the first `after` tokens of the context, which stay; a busy machine is not measured."""
        if self.is_measured or self.load() > _BUSY * logical_cpus():
            return
        self.loaded.aborted = cancelled
        decode = self._fastest(after, 1, cancelled)
        prompt = self._fastest(after, _MANY, cancelled)
        if decode and prompt:
            chosen = Threads(decode, prompt)
            self._use(chosen)
            self.is_measured = True
            self._keep(chosen)
        else:
            self._use(Threads(self.guessed, self.guessed))

    def _fastest(self, after: int, width: int, cancelled: Callable[[], bool]) -> int:
        """Return the number of threads that is clearly faster than the guess, else the guess; 0 when cancelled."""
        tokens = (self.loaded.tokenize("list files ", special=False) * width)[:width]
        best = dict.fromkeys(candidates(self.guessed), float("inf"))
        for turn in range(ROUNDS + 1):
            for count in best:
                self._use(Threads(count, count))
                start = self.clock()
                done = not cancelled() and self.loaded.evaluate(tokens)
                took = self.clock() - start
                self.loaded.forget_after(after)
                if not done:
                    return 0
                # The first turn wakes the threads up.
                best[count] = min(best[count], took) if turn else best[count]
        _log.info(
            "%d tokens at once in ms, by threads: %s", width, {key: round(s * 1000, 1) for key, s in best.items()}
        )
        fastest = min(best, key=lambda count: best[count])
        return fastest if best[fastest] < _CLEARLY * best[self.guessed] else self.guessed

    def _use(self, threads: Threads) -> None:
        self.loaded.use_threads(threads.decode, threads.prompt)

    def _read(self) -> Mapping[str, Any]:
        with suppress(OSError, ValueError):
            found = json.loads(self.place.read_text(encoding="utf-8"))
            return found if isinstance(found, dict) else {}
        return {}

    def _keep(self, chosen: Threads) -> None:
        kept = {name: value for name, value in self._read().items() if name != self._name}
        latest = dict([*kept.items(), (self._name, [chosen.decode, chosen.prompt])][-_KEPT:])
        with suppress(OSError, CaroError):
            ensure_private_dir(str(self.place.parent))
            write_private(self.place, json.dumps(latest))


def sweep_of(placed: Placed, settings: Settings, binding: str, *, measures: bool) -> ThreadSweep:
    """Return the threads of a model that has just been loaded; who has set their number, or a GPU, has no choice."""
    guessed, weights = choose_threads(settings.threads), placed.step.weights
    key, free = list[str](), not settings.threads and placed.step.is_on_the_cpu
    try:
        key = [*installed.identity_of(binding), weights.path.name, str(steps.weight_bytes(weights.path))]
    except OSError:
        # What cannot be told apart is not remembered.
        free = False
    return ThreadSweep(placed.loaded, guessed, key, is_free=free, measures=measures)


def candidates(guessed: int) -> list[int]:
    """Return the numbers of threads worth trying, the guess first."""
    most = min(max(logical_cpus(), guessed), 2 * MOST_THREADS)
    return list(dict.fromkeys(count for count in (guessed, guessed // 2, guessed + 1, most) if 1 <= count <= most))


def processor() -> str:
    """Return what the processor calls itself, as far as the system tells."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith(("model name", "CPU part")):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _checked(found: Any) -> Threads:  # noqa: ANN401  whatever stands in the file
    decode, prompt = found
    if not all(isinstance(count, int) and 1 <= count <= 2 * MOST_THREADS for count in (decode, prompt)):
        raise ValueError(found)
    return Threads(decode, prompt)
