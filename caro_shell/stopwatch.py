"""What a request cost, step by step."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Stopwatch:
    """Adds up milliseconds by the name of a step."""

    def __init__(self) -> None:
        """Start the total."""
        self._start = time.perf_counter()
        self._steps: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Count the time inside the block for `name`."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self._steps[name] = self._steps.get(name, 0.0) + (time.perf_counter() - start) * 1000

    def timings(self) -> dict[str, float]:
        """Return every step and the total, in milliseconds."""
        total = (time.perf_counter() - self._start) * 1000
        return {name: round(value, 2) for name, value in {**self._steps, "total": total}.items()}
