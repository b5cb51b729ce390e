"""Figures are computed from samples as their docstrings say."""

import math
from itertools import product

import pytest

from caro_shell.bench.figures import median_interval, percentile, summary


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


@pytest.mark.parametrize(
    ("number", "low", "high", "confidence"),
    # The ranks of tables of the sign test, such as Conover's A3: 6 and 15 of 20, 2 and 9 of 10, 40 and 61 of 100.
    [
        (20, 6, 15, 0.95861),
        (10, 2, 9, 0.97852),
        (100, 40, 61, 0.9648),
        (6, 1, 6, 0.96875),
        (5, 1, 5, 0.9375),
        (1, 1, 1, 0.0),
    ],
)
def test_an_interval_of_the_median_has_the_ranks_of_the_sign_test(
    number: int, low: int, high: int, confidence: float
) -> None:
    """Whatever the order of the samples; with too few of them it says how sure they make."""
    found = median_interval([float(value) for value in range(number, 0, -1)])
    assert found[:2] == (low, high)
    assert found.confidence == pytest.approx(confidence, abs=5e-5)


def test_an_interval_is_as_sure_as_it_says() -> None:
    """Of all ways in which seven samples fall on the two sides of a median, so many leave it in the interval."""
    sides = list(product((-1.0, 1.0), repeat=7))
    held = sum(
        low <= 0 <= high for low, high, _ in (median_interval([s * (i + 1) for i, s in enumerate(x)]) for x in sides)
    )
    assert held / len(sides) == pytest.approx(median_interval([1.0] * 7).confidence)
    assert median_interval([2.5] * 30)[:2] == (2.5, 2.5)
    assert not math.isnan(median_interval([1.0] * 1000).confidence)
    with pytest.raises(ValueError, match="no samples"):
        median_interval([])
