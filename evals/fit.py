"""Fits the product's confidence to runs over `dev`: logistic regression by Newton's method, with a little shrinking."""

import math
from collections.abc import Sequence
from pathlib import Path

from evals.runs import Run
from evals.tasks import TaskError

FILE = Path(__file__).parents[1] / "caro_shell" / "confidence.toml"
_SHRINK = 1.0
"""The weight of the squared coefficients (of standardised features) against the log likelihood."""
_ROUNDS = 50
WRONG_SHARE = 0.9
"""Of the answers that come with a note, so many are to be wrong: who cries wolf is not heard."""
MOST_TOLD = 0.15
"""The share of all answers that may come with a note."""


def fit(fitted_to: Sequence[Run]) -> str:
    """Return the text of confidence.toml; raises TaskError when the runs hold no features, or others than dev's."""
    outcomes = [one for run in fitted_to for one in run.outcomes if one.features]
    if not outcomes:
        raise TaskError("No answer of these runs has features: run the product with an engine that tells them.")
    if any(one.split != "dev" for one in outcomes):
        raise TaskError("Only runs over dev may be fitted to: what is claimed is measured on test.")
    names = sorted(outcomes[0].features or {})
    rows = [[(one.features or {})[name] for name in names] for one in outcomes]
    right = [one.right for one in outcomes]
    bias, weights = _logistic(rows, right)
    sure = [_probability(bias, weights, row) for row in rows]
    lines = [
        "# Written by `python -m evals fit`; docs/accuracy.md shows how well it is calibrated.",
        f"bias = {bias:.4f}",
        f"threshold = {threshold(list(zip(sure, right, strict=True))):.2f}",
        "",
        "[weights]",
        *(f"{name} = {weight:.4f}" for name, weight in zip(names, weights, strict=True)),
    ]
    return "\n".join(lines) + "\n"


def threshold(pairs: Sequence[tuple[float, bool]]) -> float:
    """Return the highest confidence below which WRONG_SHARE of the answers are wrong; 0 when there is none.

    They are at least ten, and at most MOST_TOLD of all.
    """
    best = 0.0
    for hundredth in range(1, 100):
        below = [right for sure, right in pairs if sure < hundredth / 100]
        if 10 <= len(below) <= MOST_TOLD * len(pairs) and below.count(False) >= WRONG_SHARE * len(below):  # noqa: PLR2004  fewer say nothing
            best = hundredth / 100
    return best


def _probability(bias: float, weights: Sequence[float], row: Sequence[float]) -> float:
    return 1 / (1 + math.exp(-(bias + sum(weight * value for weight, value in zip(weights, row, strict=True)))))


def _logistic(rows: Sequence[Sequence[float]], right: Sequence[bool]) -> tuple[float, list[float]]:
    """Return bias and weights for the features as they are; within, they are standardised."""
    count, width = len(rows), len(rows[0])
    means = [sum(row[at] for row in rows) / count for at in range(width)]
    spreads = [math.sqrt(sum((row[at] - means[at]) ** 2 for row in rows) / count) or 1.0 for at in range(width)]
    scaled = [[1.0, *((row[at] - means[at]) / spreads[at] for at in range(width))] for row in rows]
    found = [0.0] * (width + 1)
    for _ in range(_ROUNDS):
        sure = [_probability(0.0, found, row) for row in scaled]
        slope = [
            sum((float(is_right) - p) * row[at] for row, p, is_right in zip(scaled, sure, right, strict=True))
            - (_SHRINK * found[at] if at else 0.0)
            for at in range(width + 1)
        ]
        bend = [
            [
                sum(p * (1 - p) * row[a] * row[b] for row, p in zip(scaled, sure, strict=True))
                + (_SHRINK if a == b and a else 0.0)
                for b in range(width + 1)
            ]
            for a in range(width + 1)
        ]
        found = [one + step for one, step in zip(found, _solved(bend, slope), strict=True)]
    weights = [one / spread for one, spread in zip(found[1:], spreads, strict=True)]
    return found[0] - sum(weight * mean for weight, mean in zip(weights, means, strict=True)), weights


def _solved(matrix: Sequence[Sequence[float]], values: Sequence[float]) -> list[float]:
    """Return the solution of a linear system, by elimination with pivots."""
    rows = [[*row, value] for row, value in zip(matrix, values, strict=True)]
    for at in range(len(rows)):
        pivot = max(range(at, len(rows)), key=lambda row: abs(rows[row][at]))
        rows[at], rows[pivot] = rows[pivot], rows[at]
        for other in range(len(rows)):
            if other != at:
                share = rows[other][at] / rows[at][at]
                rows[other] = [a - share * b for a, b in zip(rows[other], rows[at], strict=True)]
    return [row[-1] / row[at] for at, row in enumerate(rows)]
