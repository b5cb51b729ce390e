"""Figures are computed from samples as their docstrings say."""

import pytest

from caro_shell.bench.figures import percentile, summary


@pytest.mark.parametrize(
    ("samples", "percent", "expected"),
    [([5.0], 99, 5.0), ([1, 2, 3, 4], 50, 2), ([4, 3, 2, 1], 95, 4), (list(range(1, 101)), 95, 95), ([1, 2], 99, 2)],
)
def test_percentile_is_the_nearest_rank(samples: list[float], percent: int, expected: float) -> None:
    """The smallest sample that at least that many samples do not exceed."""
    assert percentile(samples, percent) == expected


def test_a_summary_of_nothing_is_empty() -> None:
    """What was not measured has no figure."""
    assert summary([]) == {}
    assert summary([1.26], digits=1) == {"p50": 1.3, "p95": 1.3, "p99": 1.3}
