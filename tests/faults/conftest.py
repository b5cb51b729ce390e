"""The tests of faults use the real shells, as tests/shells does."""

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "shells"))


@pytest.fixture(autouse=True)
def sighup() -> Iterator[None]:
    """Let the signal end what a test starts, also where nohup runs the tests."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)
