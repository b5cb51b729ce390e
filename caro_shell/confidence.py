"""How likely it is that a command does what was asked: a number that means what it says, where it can be told."""

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

NOT_SURE = "caro is not sure of this one: look at it twice, or ask for another."


@dataclass(frozen=True)
class Model:
    """A logistic regression: a weight a feature, and the confidence below which the user is told."""

    bias: float
    weights: Mapping[str, float]
    threshold: float


@cache
def fitted() -> Model:
    """Return what `python -m evals fit` found on the tasks of evals/tasks/dev; the data is confidence.toml."""
    table = tomllib.loads(files("caro_shell").joinpath("confidence.toml").read_text(encoding="utf-8"))
    return Model(table["bias"], table["weights"], table["threshold"])


def features(log_probabilities: Sequence[float], objections: int) -> dict[str, float]:
    """Return what the confidence is computed from; nothing where the engine cannot tell.

    `log_probabilities` are those of the answer's tokens (natural logarithm); `objections` is how many the proof raised.
    """
    count = len(log_probabilities)
    if not count:
        return {}
    return {
        "mean": sum(log_probabilities) / count,
        "least": min(log_probabilities),
        "doubts": float(sum(one < math.log(0.5) for one in log_probabilities)),
        "length": math.log(count),
        "objections": float(min(objections, 3)),
    }


def confidence(found: Mapping[str, float]) -> float | None:
    """Return the probability that a command with these features is right, from 0 to 1; None where there are none."""
    if not found:
        return None
    model = fitted()
    return 1 / (1 + math.exp(-(model.bias + sum(model.weights[name] * found[name] for name in model.weights))))


def is_unsure(value: float | None) -> bool:
    """Say whether the user is to be told."""
    return value is not None and value < fitted().threshold
