"""The requests that are measured: requests.txt, a line each."""

from itertools import cycle, islice
from pathlib import Path


def some_requests(number: int, skip: int = 0) -> list[str]:
    """Return `number` requests after the first `skip`; past the last one they begin again."""
    lines = Path(__file__).with_name("requests.txt").read_text(encoding="utf-8").splitlines()
    return list(islice(cycle(lines), skip, skip + number))
