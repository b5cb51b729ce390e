"""The arithmetic behind the tables."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

_Z_95 = 1.959963984540054
"""The 97.5th percentile of the standard normal distribution."""


def wilson(right: int, total: int, z: float = _Z_95) -> tuple[float, float]:
    """Return the confidence interval of a share, from 0 to 1; nothing is known of a total of 0.

    E. B. Wilson, Probable inference, the law of succession, and statistical inference, JASA 22 (1927), 209-212.
    """
    if not total:
        return 0.0, 1.0
    share = right / total
    middle = share + z * z / (2 * total)
    off = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    whole = 1 + z * z / total
    return max(0.0, (middle - off) / whole), min(1.0, (middle + off) / whole)


def mcnemar(gains: int, losses: int) -> float:
    """Return the two-sided exact p-value of pairs that went one way or the other: the sign test.

    Q. McNemar, Note on the sampling error of the difference between correlated proportions, Psychometrika 12 (1947).
    """
    total = gains + losses
    tail = sum(math.comb(total, k) for k in range(min(gains, losses) + 1))
    return min(1.0, math.ldexp(tail, 1 - total))


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the percentile by linear interpolation between the nearest two; 0 of nothing."""
    if not values:
        return 0.0
    ordered = sorted(values)
    at = (len(ordered) - 1) * percent / 100
    low = math.floor(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)


@dataclass(frozen=True)
class Bin:
    """Answers of about the same confidence: how many, how sure on average, how many of them right."""

    number: int
    mean: float
    right: int


def bins(pairs: Sequence[tuple[float, bool]], number: int = 10) -> list[Bin]:
    """Return the answers in bins of equal width between 0 and 1; empty ones are left out."""
    found: list[Bin] = []
    for at in range(number):
        inside = [pair for pair in pairs if min(int(pair[0] * number), number - 1) == at]
        if inside:
            mean = sum(sure for sure, _ in inside) / len(inside)
            found.append(Bin(len(inside), mean, sum(right for _, right in inside)))
    return found


def brier(pairs: Sequence[tuple[float, bool]]) -> float:
    """Return the mean squared distance between confidence and truth (G. W. Brier, 1950); 0 is perfect."""
    return sum((sure - right) ** 2 for sure, right in pairs) / len(pairs) if pairs else 0.0


def calibration_error(pairs: Sequence[tuple[float, bool]], number: int = 10) -> float:
    """Return the expected calibration error: the mean distance between a bin's confidence and its accuracy.

    Weighted by the bins' sizes (C. Guo et al., On calibration of modern neural networks, ICML 2017).
    """
    return sum(abs(one.mean - one.right / one.number) * one.number for one in bins(pairs, number)) / max(len(pairs), 1)
