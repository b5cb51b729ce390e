"""Tune a low-rank adapter on pairs, against the very file of weights that the product loads."""

import json
import logging
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer

from caro_shell.engines.chat_template import ChatTemplate
from training.packing import Example, Pack, example_of
from training.recipe import Recipe

_log = logging.getLogger(__name__)
LINEAR = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
CHECKPOINT = "checkpoint.pt"
CURVE = "curve.jsonl"
END = "<|im_end|>"
_CHECKPOINT_S = 600.0
_TOLD_EVERY = 20
# The least of the learning rate's highest value that is left at the end.
_FLOOR = 0.1
_CLIP = 1.0
# Rows of the head that are evaluated at once.
_ROWS = 64


def read_examples(path: Path, tokenizer: Any) -> list[Example]:  # noqa: ANN401  a tokenizer of any model
    """Return the rows of a file in tokens, exactly as the product would send them."""

    def tokenize(text: str, special: bool) -> list[int]:  # noqa: FBT001  as llama.cpp's
        ids: list[int] = tokenizer.encode(text, add_special_tokens=False, split_special_tokens=not special)
        return ids

    template = ChatTemplate(tokenizer.chat_template, tokenize)
    end = tokenizer.convert_tokens_to_ids(END)
    with path.open(encoding="utf-8") as file:
        return [example_of(json.loads(line), template.tokens, lambda text: tokenize(text, False), end) for line in file]


def device() -> str:
    """Return where it is trained: on the first GPU, else on the CPU."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def load_base(file: Path) -> tuple[Any, Any]:
    """Return the weights of a GGUF file in bfloat16, unpacked from their quantisation, and the tokenizer in it."""
    tokenizer = AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name)
    model = AutoModelForCausalLM.from_pretrained(file.parent, gguf_file=file.name, dtype=torch.bfloat16)
    return model.to(device()).requires_grad_(False), tokenizer


def with_adapter(base: Any, recipe: Recipe) -> Any:  # noqa: ANN401  a transformers model
    """Return the model with a fresh adapter on every linear layer but embedding and head."""
    torch.manual_seed(recipe.seed)
    config = LoraConfig(r=recipe.rank, lora_alpha=recipe.alpha, target_modules=list(LINEAR), task_type="CAUSAL_LM")
    return get_peft_model(base, config, autocast_adapter_dtype=False)


@dataclass
class Tuning:
    """A run: its model, its optimizer, and how far it is."""

    model: Any
    recipe: Recipe
    packs: Sequence[Pack]
    valid: Sequence[Pack]
    out: Path
    identity: str
    """What the run is made of: a checkpoint of another is not gone on from."""
    step: int = 0
    seconds: float = 0.0
    curve: list[dict[str, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Keep the adapter's numbers in 32 bits beside those that the model computes with."""
        self.used = [value for value in self.model.parameters() if value.requires_grad]
        self.kept = [value.detach().float().clone() for value in self.used]
        self.optimizer = torch.optim.AdamW(self.kept, lr=self.recipe.learning_rate, weight_decay=0.0)
        a_pass = math.ceil(len(self.packs) / self.recipe.packs_a_step)
        self.steps = max(1, round(a_pass * self.recipe.passes))

    def run(self, tell: Callable[[str], None]) -> None:
        """Go on from where it is to the end, with a checkpoint every few minutes."""
        self._resume()
        saved = begun = time.monotonic()
        seconds, tokens, losses = self.seconds, 0, list[float]()
        while self.step < self.steps:
            group = self._group(self.step)
            losses.append(self._learn(group))
            tokens += sum(pack.length for pack in group)
            self.step += 1
            if self.step % _TOLD_EVERY == 0 or self.step == self.steps:
                mean, losses = sum(losses) / len(losses), []
                rate = tokens / (time.monotonic() - begun)
                self.curve.append({"step": self.step, "loss": round(mean, 4)})
                tell(f"step {self.step} of {self.steps}: loss {mean:.3f}, {rate:.0f} tokens a second")
            if time.monotonic() - saved > _CHECKPOINT_S or self.step == self.steps:
                self.seconds = seconds + time.monotonic() - begun
                self.curve.append({"step": self.step, "valid": round(self.validate(), 4)})
                self.save()
                tell(f"step {self.step}: valid loss {self.curve[-1]['valid']:.3f}")
                saved = time.monotonic()

    def _group(self, step: int) -> list[Pack]:
        first = step * self.recipe.packs_a_step
        return [self.packs[(first + offset) % len(self.packs)] for offset in range(self.recipe.packs_a_step)]

    def _rate(self) -> float:
        if self.step < self.recipe.warm_up:
            return (self.step + 1) / self.recipe.warm_up
        done = (self.step - self.recipe.warm_up) / max(1, self.steps - self.recipe.warm_up)
        return _FLOOR + (1 - _FLOOR) * (1 + math.cos(math.pi * done)) / 2

    def _learn(self, group: Sequence[Pack]) -> float:
        """Make one step; returns the mean loss of a token."""
        count = sum(len(pack.targets()) for pack in group)
        total = 0.0
        for pack in group:
            part = loss(self.model, pack) / count
            part.backward()
            total += part.item()
        for used, kept in zip(self.used, self.kept, strict=True):
            kept.grad = used.grad.float()
            used.grad = None
        torch.nn.utils.clip_grad_norm_(self.kept, _CLIP)
        for parameters in self.optimizer.param_groups:
            parameters["lr"] = self.recipe.learning_rate * self._rate()
        self.optimizer.step()
        self._copy()
        return total

    def _copy(self) -> None:
        with torch.no_grad():
            for used, kept in zip(self.used, self.kept, strict=True):
                used.copy_(kept)

    @torch.no_grad()
    def validate(self) -> float:
        """Return the mean loss of a token of the pairs that are not learnt from."""
        count = sum(len(pack.targets()) for pack in self.valid)
        total: float = sum(loss(self.model, pack).item() for pack in self.valid)
        return total / max(1, count)

    def save(self) -> None:
        """Write everything that going on needs; a file is whole or the one before."""
        new = self.out / f"{CHECKPOINT}.new"
        state = {
            "run": self.identity,
            "step": self.step,
            "steps": self.steps,
            "seconds": self.seconds,
            "adapter": self.kept,
            "optimizer": self.optimizer.state_dict(),
            "curve": self.curve,
        }
        torch.save(state, new)
        new.replace(self.out / CHECKPOINT)
        lines = "".join(json.dumps(point) + "\n" for point in self.curve)
        (self.out / CURVE).write_text(lines, encoding="utf-8")

    def adapter(self) -> dict[str, Any]:
        """Return the tuned matrices in 32 bits, by their names in the model, as NumPy arrays."""
        names = [name for name, value in self.model.named_parameters() if value.requires_grad]
        return {name: kept.cpu().numpy() for name, kept in zip(names, self.kept, strict=True)}

    def _resume(self) -> None:
        path = self.out / CHECKPOINT
        if not path.exists():
            return
        state = torch.load(path, weights_only=True)
        if (state["run"], state["steps"]) != (self.identity, self.steps):
            _log.warning("%s is of another recipe, base or data; it is begun anew", path)
            return
        self.step, self.seconds, self.curve = state["step"], state["seconds"], state["curve"]
        for kept, read in zip(self.kept, state["adapter"], strict=True):
            kept.copy_(read)
        self.optimizer.load_state_dict(state["optimizer"])
        self._copy()


def loss(model: Any, pack: Pack) -> torch.Tensor:  # noqa: ANN401  a PEFT model
    """Return the sum over the tokens of the answers; the head is evaluated nowhere else."""
    where, wanted = zip(*pack.targets(), strict=True)
    base, at = model.get_base_model(), model.device
    seen = base.model(
        input_ids=torch.tensor([pack.tokens()], device=at),
        position_ids=torch.tensor([pack.positions()], device=at),
        attention_mask=visible(pack).to(at),
        use_cache=False,
    )
    hidden = seen.last_hidden_state[0, list(where)]
    total: torch.Tensor = _HeadLoss.apply(hidden, base.lm_head.weight, torch.tensor(wanted, device=at))
    return total


class _HeadLoss(torch.autograd.Function):
    """The summed cross entropy behind a frozen head, a few rows at a time.

    Over a vocabulary of 150,000 the logits are larger than all else: they are made once, turned into their gradient
    (softmax minus one at the wanted token) in place, and gone.
    """

    @staticmethod
    def forward(ctx: Any, hidden: torch.Tensor, head: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:  # noqa: ANN401
        """Return the sum over rows of `hidden`, of shape (rows, width); `head` is (vocabulary, width)."""
        total = hidden.new_zeros((), dtype=torch.float32)
        gradient = torch.empty_like(hidden)
        for first in range(0, len(hidden), _ROWS):
            rows = slice(first, first + _ROWS)
            logits = (hidden[rows] @ head.T).float()
            chosen = logits.gather(1, wanted[rows, None])
            sums = torch.logsumexp(logits, 1, keepdim=True)
            total += (sums - chosen).sum()
            slope = logits.sub_(sums).exp_()
            slope.scatter_add_(1, wanted[rows, None], torch.full_like(chosen, -1.0))
            gradient[rows] = slope.to(hidden.dtype) @ head
        ctx.save_for_backward(gradient)
        return total

    @staticmethod
    def backward(ctx: Any, *slopes: torch.Tensor) -> tuple[torch.Tensor, None, None]:  # noqa: ANN401
        """Return the gradient of `hidden`; the head and the tokens have none."""
        (gradient,) = ctx.saved_tensors
        return gradient * slopes[0].to(gradient.dtype), None, None


def visible(pack: Pack) -> torch.Tensor:
    """Return which token sees which, of shape (1, 1, tokens, tokens): the prefix, and its own example up to itself."""
    owners = torch.tensor(pack.owners())
    same = owners[:, None] == owners[None, :]
    shared = owners[None, :] == 0
    return ((same | shared).tril())[None, None]
