"""Which adapter counts for the weights that are loaded: the catalogue's, or a file of the user's, and only its own."""

from dataclasses import dataclass
from pathlib import Path

from caro_shell.config import Settings
from caro_shell.errors import ModelError
from caro_shell.models.checksum import file_sha256
from caro_shell.models.gguf import texts_of
from caro_shell.models.store import Weights, expand

FOLDER = Path(__file__).with_name("adapters")
BASE_KEY, RUN_KEY = "caro.base.sha256", "caro.run"
"""What an adapter's file says of itself: the hash of the weights it was made for, and the training run."""
_HINT = "Try: caro config set adapter on"


@dataclass(frozen=True)
class Chosen:
    """An adapter that may be loaded."""

    path: Path
    run: str


def adapter_for(weights: Weights, settings: Settings) -> Chosen | None:
    """Return the adapter to load, or None; raises ModelError where the user's own is not one for these weights."""
    if settings.adapter == "off":
        return None
    if settings.adapter != "on":
        return _own(expand(settings.adapter), weights)
    entry = weights.model.adapter if weights.model else None
    if entry is None or entry.base_sha256 != weights.sha256:
        return None
    path = FOLDER / entry.file
    if not path.is_file() or file_sha256(path) != entry.sha256:
        raise ModelError(
            f"The adapter of `{weights.name}` is not what came with caro.",
            "Install caro anew, or do without it: caro config set adapter off",
        )
    return Chosen(path, entry.run)


def _own(path: Path, weights: Weights) -> Chosen:
    try:
        said = texts_of(path)
    except ModelError as error:
        raise ModelError(error.message, _HINT) from None
    if not weights.sha256 or said.get(BASE_KEY) != weights.sha256:
        raise ModelError(f"{path.name} is no adapter for `{weights.name}`.", _HINT)
    return Chosen(path, said.get(RUN_KEY) or path.stem)
