"""Figures from samples."""

import math
from collections.abc import Sequence
from typing import NamedTuple

PERCENTILES = (50, 95, 99)
_CONFIDENCE = 0.95


def percentile(samples: Sequence[float], percent: int) -> float:
    """Return the smallest sample that at least `percent` per cent of the samples do not exceed (nearest rank)."""
    ordered = sorted(samples)
    return ordered[max(0, math.ceil(percent / 100 * len(ordered)) - 1)]


def summary(samples: Sequence[float], digits: int = 1) -> dict[str, float]:
    """Return p50, p95 and p99 of the samples; empty without any."""
    return {f"p{p}": round(percentile(samples, p), digits) for p in PERCENTILES} if samples else {}


class Interval(NamedTuple):
    """Where the median of what was drawn from lies, and how sure that is (from 0 to 1)."""

    low: float
    high: float
    confidence: float


def median_interval(samples: Sequence[float]) -> Interval:
    """Return the narrowest interval of the samples' own values that holds the median with 95 % confidence, if one does.

    It is the sign test turned round (Conover, Practical Nonparametric Statistics, 3rd edition, section 3.2): the median
    lies between the k-th smallest and the k-th largest of n samples unless fewer than k of them fall on one side of it,
    and how many do is binomial with one half. Nothing is assumed of the distribution, and nothing is drawn by chance,
    so the same samples have the same interval. Less than 6 samples cannot give 95 %: all of them are the interval then,
    and its confidence says how little that is. Raises ValueError without samples.
    """
    ordered, number = sorted(samples), len(samples)
    if not ordered:
        raise ValueError("no samples")
    # The chance that less than `rank` of them fall on a given side, for rank 1, 2 …
    tail, best = 0.5**number, (1, 0.5**number)
    for rank in range(2, number // 2 + 1):
        tail += math.comb(number, rank - 1) * 0.5**number
        if 1 - 2 * tail < _CONFIDENCE:
            break
        best = rank, tail
    rank, tail = best
    return Interval(ordered[rank - 1], ordered[-rank], max(0.0, 1 - 2 * tail))
