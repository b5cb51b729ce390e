"""The arithmetic of the tables, against published values."""

import pytest

from evals.figures import bins, brier, calibration_error, mcnemar, percentile, wilson


@pytest.mark.parametrize(
    ("right", "total", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_intervals_are_the_published_ones(right: int, total: int, low: float, high: float) -> None:
    """R. G. Newcombe, Two-sided confidence intervals for the single proportion (1998), table I, method 3."""
    assert wilson(right, total) == pytest.approx((low, high), abs=5e-5)


def test_of_nothing_nothing_is_known() -> None:
    """No division by zero, and no false certainty."""
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(5, 5)[1] == 1.0


@pytest.mark.parametrize(
    ("gains", "losses", "p"), [(2, 9, 0.06543), (9, 2, 0.06543), (0, 0, 1.0), (5, 5, 1.0), (6, 0, 0.03125)]
)
def test_mcnemars_exact_p_is_the_published_one(gains: int, losses: int, p: float) -> None:
    """2 and 9: D. Liddell, Simplified exact analysis of case-referent studies: matched pairs (1983)."""
    assert mcnemar(gains, losses) == pytest.approx(p, abs=5e-6)


def test_percentiles_lie_between_the_nearest_two() -> None:
    """As numpy's default does."""
    assert percentile([4, 1, 3, 2], 50) == 2.5
    assert percentile([1, 2, 3, 4, 5], 95) == pytest.approx(4.8)
    assert percentile([], 50) == 0


def test_a_perfect_forecast_has_no_calibration_error() -> None:
    """And one that is sure of the contrary has the greatest."""
    assert brier([(1.0, True), (0.0, False)]) == 0
    assert brier([(1.0, False)]) == 1
    assert calibration_error([(0.75, True)] * 3 + [(0.75, False)]) == 0
    assert calibration_error([(1.0, False)] * 4) == 1


def test_every_answer_is_in_one_bin() -> None:
    """The ends too."""
    pairs = [(at / 20, at % 2 == 0) for at in range(21)]
    assert sum(one.number for one in bins(pairs)) == 21
    assert [one.right for one in bins([(1.0, True)])] == [1]
