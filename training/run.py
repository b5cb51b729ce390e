"""One training run from its recipe and data to tuned numbers, and what it was made of beside them."""

import ctypes
import hashlib
import json
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from caro_shell.errors import CaroError
from caro_shell.models.checksum import file_sha256
from caro_shell.models.store import Weights, find_model
from evals.systems import settings_for
from training.pairs import TrainingError
from training.recipe import Recipe

RUN, NUMBERS = "run.json", "adapter.npz"
# The pairs that are looked at for the loss on what is not learnt from: each look takes time from the learning.
_VALID = 100
_LIBRARIES = ("torch", "transformers", "peft")
MISSING = "Training needs libraries that nothing else does; install them with: pip install -e '.[train]'"
# malloc.h: what mallopt may be told.
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_MAX = -1, -2, -4
_PAD_BYTES = 500_000_000


@dataclass(frozen=True)
class Described:
    """What a run was made of; its identity is the hash of that."""

    recipe: Recipe
    base: str
    """The base's title."""
    base_sha256: str
    data_sha256: str
    """Of train.jsonl."""
    prompt: str

    @property
    def identity(self) -> str:
        """Twelve hexadecimal digits: the same recipe, base and data have the same."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:12]


def find_base(name: str) -> Weights:
    """Return the base's weights, checked; raises TrainingError where they are not here."""
    try:
        return find_model(name, settings_for(name, {}))
    except CaroError as error:
        raise TrainingError(f"{error.message} {error.hint}") from None


def describe(recipe: Recipe, weights: Weights, data: Path) -> Described:
    """Return what a run over the data in `data` is made of; raises TrainingError where there is none."""
    try:
        sha256 = file_sha256(data / "train.jsonl")
        report: dict[str, Any] = json.loads(data.joinpath("report.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TrainingError(f"{data} has no data to learn from: {error}. python -m training build-data …") from None
    return Described(recipe, weights.title, weights.sha256 or "", sha256, report["prompt"])


def train(recipe: Recipe, data: Path, out: Path, threads: int, tell: Callable[[str], None]) -> None:
    """Tune an adapter, from where an earlier run in `out` broke off; raises TrainingError."""
    weights = find_base(recipe.base)
    described = describe(recipe, weights, data)
    _keep_memory()
    try:
        import numpy as np
        import torch

        from training.packing import packed
        from training.tune import Tuning, device, load_base, read_examples, with_adapter
    except ImportError as error:
        raise TrainingError(f"{error.msg}. {MISSING}") from None
    if threads:
        torch.set_num_threads(threads)
    out.mkdir(parents=True, exist_ok=True)
    base, tokenizer = load_base(weights.path)
    examples = read_examples(data / "train.jsonl", tokenizer)
    valid = read_examples(data / "valid.jsonl", tokenizer)[:_VALID]
    packs = packed(examples, recipe.pack, recipe.seed)
    tell(f"{len(examples)} pairs in {len(packs)} packs, {sum(pack.length for pack in packs)} tokens, on {device()}")
    model = with_adapter(base, recipe)
    tuning = Tuning(model, recipe, packs, packed(valid, recipe.pack, recipe.seed), out, described.identity)
    tuning.run(tell)
    told = {
        "id": described.identity,
        **asdict(described),
        "pairs": len(examples),
        "steps": tuning.steps,
        "seconds": round(tuning.seconds),
        "device": device(),
        "python": ".".join(map(str, sys.version_info[:3])),
        "libraries": {name: version(name) for name in _LIBRARIES},
        "valid loss": tuning.curve[-1].get("valid"),
    }
    new = out / f"new-{NUMBERS}"
    np.savez(new, **tuning.adapter())
    new.replace(out / NUMBERS)
    (out / RUN).write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")


def _keep_memory() -> None:
    """Let glibc keep what was freed: giving large blocks back and taking them anew costs a third of a step."""
    with suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None)
        for what, value in ((_MMAP_MAX, 0), (_TRIM_THRESHOLD, 2**31 - 1), (_TOP_PAD, _PAD_BYTES)):
            libc.mallopt(what, value)
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
