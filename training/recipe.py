"""What a training run is made of: one file a size under recipes/."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.pairs import TrainingError

RECIPES = Path(__file__).parent / "recipes"


@dataclass(frozen=True)
class Recipe:
    """The numbers of a run, each with its unit."""

    base: str
    """The model's name in the catalogue: the run is made against exactly that file."""
    rank: int
    """The rank of the adapter's matrices."""
    alpha: int
    """What the adapter adds is multiplied by alpha / rank."""
    learning_rate: float
    """Its highest value, after the warm-up; from there it falls to a tenth along a half cosine."""
    warm_up: int
    """Steps in which it rises."""
    passes: float
    """How often every pair is seen."""
    pack: int
    """Tokens evaluated at once."""
    packs_a_step: int
    """Packs whose gradients are added up for one step."""
    seed: int = 1


def read_recipe(name: str) -> Recipe:
    """Return a recipe by its name or its file; raises TrainingError with what is wrong with it."""
    path = Path(name) if name.endswith(".toml") else RECIPES / f"{name}.toml"
    try:
        table: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        return Recipe(**table)
    except FileNotFoundError:
        known = ", ".join(sorted(file.stem for file in RECIPES.glob("*.toml")))
        raise TrainingError(f"There is no recipe {path}; there is: {known}.") from None
    except (OSError, tomllib.TOMLDecodeError, TypeError) as error:
        raise TrainingError(f"{path} cannot be read: {error}.") from None
