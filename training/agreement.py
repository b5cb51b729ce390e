"""Whether llama.cpp computes with a converted adapter what the training did: answers as probable as there."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from caro_shell.engines.llama import LlamaEngine
from caro_shell.engines.loaded import Loaded
from evals.systems import settings_for
from training.convert import ADAPTER, read_numbers, read_run
from training.packing import Example, Pack
from training.pairs import TrainingError
from training.recipe import Recipe
from training.run import MISSING, find_base

_PAIRS = 40
# Of the difference that the adapter makes, so much may be the difference of the two computations: llama.cpp multiplies
# 4-bit weights with 8-bit activations, the training unpacks them to 16 bits.
_MOST = 0.2


@dataclass(frozen=True)
class Agreement:
    """How far apart two computations of the same answers are, in nats an answer token."""

    applied: float
    """Of the adapter in llama.cpp, from the training's."""
    without: float
    """Of llama.cpp without it, from the training's."""
    pairs: int

    @property
    def is_sound(self) -> bool:
        """Say whether names and scale are right: wrong ones give other numbers, not nearly the same."""
        return self.applied < _MOST * self.without


def agreement(out: Path, data: Path) -> Agreement:
    """Compare over pairs that were not learnt from; raises TrainingError."""
    told = read_run(out)
    recipe = Recipe(**told["recipe"])
    try:
        import torch

        from training.tune import load_base, read_examples, with_adapter
        from training.tune import loss as trained_loss
    except ImportError as error:
        raise TrainingError(f"{error.msg}. {MISSING}") from None
    base, tokenizer = load_base(find_base(recipe.base).path)
    examples = read_examples(data / "valid.jsonl", tokenizer)[:_PAIRS]
    model = with_adapter(base, recipe)
    numbers = read_numbers(out)
    with torch.no_grad():
        for name, value in model.named_parameters():
            if name in numbers:
                value.copy_(torch.from_numpy(numbers[name]))
        trained = [trained_loss(model, Pack(one.prefix, [one])).item() / len(one.answer) for one in examples]
    applied = list(_losses(examples, str(out / ADAPTER), recipe.base))
    without = list(_losses(examples, "off", recipe.base))
    return Agreement(_distance(trained, applied), _distance(trained, without), len(examples))


def _distance(some: Sequence[float], others: Sequence[float]) -> float:
    return fmean(abs(one - other) for one, other in zip(some, others, strict=True))


def _loss(loaded: Loaded, example: Example) -> float:
    loaded.forget_after(0)
    steps = [(*example.prefix, *example.request), *((token,) for token in example.answer)]
    told = []
    for before, token in zip(steps, example.answer, strict=False):
        loaded.evaluate(before)
        told.append(-(loaded.log_probability(token) or 0.0))
    return fmean(told)


def _losses(examples: Sequence[Example], adapter: str, base: str) -> Iterator[float]:
    """Yield what the product's engine makes of each answer: the mean of its tokens' negative log-probabilities."""
    engine = LlamaEngine(settings_for(base, {"adapter": adapter}))
    engine.load()
    try:
        engine.tune(on=adapter != "off")
        for example in examples:
            yield _loss(engine._loaded, example)  # noqa: SLF001  nothing else asks what a given answer's tokens cost
    finally:
        engine.close()
