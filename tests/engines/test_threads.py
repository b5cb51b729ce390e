"""Threads are chosen so that the machine stays usable."""

import pytest

from caro_shell.engines import threads


@pytest.mark.parametrize(("cores", "expected"), [(1, 1), (2, 2), (3, 3), (4, 3), (8, 7), (64, 8)])
def test_one_core_is_left_where_there_are_enough(monkeypatch: pytest.MonkeyPatch, cores: int, expected: int) -> None:
    """From four cores on one is spared; many cores do not help decoding."""
    monkeypatch.setattr(threads, "_usable_cores", lambda: cores)
    assert threads.choose_threads(0) == expected


def test_the_users_number_counts() -> None:
    """A setting above 0 is taken as it is."""
    assert threads.choose_threads(5) == 5
