"""The confidence: a number where it can be told, from what the engine and the proof say."""

import math

import pytest

from caro_shell.confidence import confidence, features, fitted, is_unsure
from evals.fit import fit, threshold
from evals.runs import Outcome, Run
from evals.tasks import TaskError

SURE, UNSURE = [math.log(0.99)] * 12, [math.log(0.3)] * 12


def test_probable_words_make_a_confident_answer() -> None:
    """And objections take some of it away."""
    one, other = confidence(features(SURE, 0)), confidence(features(UNSURE, 0))
    doubted = confidence(features(SURE, 2))
    assert one is not None
    assert other is not None
    assert doubted is not None
    assert 0 < other < one < 1
    assert doubted < one


def test_where_nothing_is_known_nothing_is_said() -> None:
    """An engine that cannot tell probabilities gives no number, and no note."""
    assert features([], 1) == {}
    assert confidence({}) is None
    assert not is_unsure(None)


def test_below_the_threshold_the_user_is_told() -> None:
    """The threshold is data."""
    assert 0 < fitted().threshold < 1
    assert is_unsure(fitted().threshold - 0.01)
    assert not is_unsure(fitted().threshold)


def outcome(number: int, *, right: bool, mean: float, split: str = "dev") -> Outcome:
    """Return an outcome that matters only by its features."""
    known = {"mean": mean, "least": 0.0, "doubts": 0.0, "length": 1.0, "objections": 0.0}
    texts = (str(number), split, "files", "exact", "easy", "ask", "x", "ls")
    return Outcome(*texts, right, "", (), 1.0, 1.0, features=known)


def test_a_fit_finds_what_made_answers_right() -> None:
    """With a feature that decides, its weight has the right sign, and the file can be read."""
    outcomes = [outcome(n, right=n % 10 < 8, mean=-0.1) for n in range(100)]
    outcomes += [outcome(n, right=n % 10 < 2, mean=-1.0) for n in range(100)]
    text = fit([Run({}, outcomes)])
    found = dict(line.split(" = ") for line in text.splitlines() if " = " in line)
    assert float(found["mean"]) > 1
    near, far = (
        1 / (1 + math.exp(-(float(found["bias"]) + float(found["length"]) + float(found["mean"]) * mean)))
        for mean in (-0.1, -1.0)
    )
    assert near == pytest.approx(0.8, abs=0.03)
    assert far == pytest.approx(0.2, abs=0.03)


def test_nothing_is_fitted_to_the_test_tasks() -> None:
    """What is claimed is measured on them."""
    with pytest.raises(TaskError, match="dev"):
        fit([Run({}, [outcome(1, right=True, mean=0.0, split="test")])])


def test_the_threshold_cries_no_wolf() -> None:
    """Below it, nine of ten answers are wrong; where none is like that, there is no threshold."""
    assert threshold([(0.1, False)] * 18 + [(0.2, True)] * 2 + [(0.9, True)] * 200) == pytest.approx(0.9)
    assert threshold([(0.1, False)] * 18 + [(0.2, True)] * 3 + [(0.9, True)] * 200) == pytest.approx(0.2)
    assert threshold([(0.5, True)] * 50) == 0


def test_not_every_answer_comes_with_a_note() -> None:
    """However wrong they are: of a model that is mostly wrong, the note would say nothing."""
    assert threshold([(0.1, False)] * 20 + [(0.3, False)] * 80 + [(0.9, True)] * 100) == pytest.approx(0.3)
