"""Where weights lie, and the one way to get at them: `find_model`.

The daemon's worker calls it at every load of the model, so the usual path reads two small files and no more.
"""

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from caro_shell import paths
from caro_shell.config import Settings
from caro_shell.errors import ModelError
from caro_shell.models import checksum
from caro_shell.models.catalogue import Catalogue, Model, read_catalogue

MAGIC = b"GGUF"


@dataclass(frozen=True)
class Weights:
    """A file of weights that may be loaded: its hash is right, or it is the user's own."""

    path: Path
    name: str
    title: str
    sha256: str | None
    """None: the user's own file, of which no hash is known."""
    model: Model | None
    """The catalogue's entry; None for the user's own file."""
    stands_in_for: str = ""
    """The name that was asked for, when only the last resort could be had in its place."""


def expand(path: str) -> Path:
    """Return `path` made absolute, `~` included."""
    return Path(os.path.expanduser(path)).absolute()  # noqa: PTH111  Path.expanduser raises where there is no home


def models_dir(settings: Settings) -> Path:
    """Return the directory of the weights, whether or not it is there."""
    return expand(settings.models_dir) if settings.models_dir else Path(paths.data_dir(), "models")


def make_models_dir(settings: Settings) -> Path:
    """Make the directory of the weights, 0700 unless the user has made it; raises ModelError."""
    directory = models_dir(settings)
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        directory.mkdir(0o700, exist_ok=True)
        found = directory.stat()
        # A directory the user has chosen may be shared on purpose.
        if not settings.models_dir and stat.S_IMODE(found.st_mode) & 0o077 and found.st_uid == os.getuid():
            directory.chmod(0o700)
    except OSError as error:
        raise ModelError(
            f"{directory} cannot be used for models: {error.strerror}.",
            "Set `models_dir` (or CARO_MODELS_DIR) to a directory of yours.",
        ) from None
    return directory


def model_path(model: Model, settings: Settings) -> Path:
    """Return where the weights of `model` belong, whether or not they are there."""
    return models_dir(settings) / model.file


def stand_in_path(model: Model, settings: Settings) -> Path:
    """Return the small file that holds the name of the model that serves in the place of `model`."""
    return checksum.beside(model_path(model, settings), ".stand-in")


def is_own_file(name: str) -> bool:
    """Tell whether `name` is the path of a file of the user's rather than a name of the catalogue."""
    return os.sep in name or name.startswith("~") or name.lower().endswith(".gguf")


def known_model(name: str, models: Catalogue) -> Model:
    """Return the entry called `name`; raises ModelError that names the nearest one."""
    if name in models:
        return models[name]
    from difflib import get_close_matches

    near = get_close_matches(name, models, n=1)
    raise ModelError(
        f"There is no model called `{name}`.",
        f"Did you mean `{near[0]}`?" if near else f"The models are: {', '.join(models)}; or the path of a GGUF file.",
    )


def _own_weights(name: str) -> Weights:
    path = expand(name)
    try:
        with path.open("rb") as file:
            magic = file.read(len(MAGIC))
    except OSError as error:
        raise ModelError(
            f"{path} cannot be read: {error.strerror}.",
            "Set `model` to a GGUF file of yours, or to a name from: caro models list",
        ) from None
    if magic != MAGIC:
        raise ModelError(
            f"{path} is not a GGUF file.", "Set `model` to one that is, or to a name from: caro models list"
        )
    return Weights(path, path.name, path.name, sha256=None, model=None)


def _catalogue_weights(model: Model, settings: Settings, stands_in_for: str = "") -> Weights:
    path = model_path(model, settings)
    return Weights(path, model.name, model.title, model.sha256, model, stands_in_for)


def stand_in(model: Model, settings: Settings, models: Catalogue) -> Model | None:
    """Return the last resort that was fetched because `model` could not be had, or None."""
    try:
        other = models.get(stand_in_path(model, settings).read_text(encoding="utf-8").strip())
    except (OSError, ValueError):
        return None
    return other if other and other.last_resort and other != model else None


def check(model: Model, settings: Settings, report: Callable[[int], None] | None = None) -> bool:
    """Tell whether the weights of `model` are here; raises ModelError when they are but must not be used."""
    path, again = model_path(model, settings), f"caro models pull {model.name}"
    try:
        # A wrong size needs no hashing to be wrong.
        if path.stat().st_size == model.bytes and checksum.is_right(path, model.sha256, report):
            return True
    except FileNotFoundError:
        return False
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}.", again) from None
    raise ModelError(
        f"{path} is damaged (its size or SHA-256 is not that of `{model.name}`), so it is not used.", again
    )


def find_model(name_or_path: str, settings: Settings, models: Catalogue | None = None) -> Weights:
    """Return the weights to load; raises ModelError when they are missing or damaged."""
    if is_own_file(name_or_path):
        return _own_weights(name_or_path)
    models = models or read_catalogue()
    model = known_model(name_or_path, models)
    if check(model, settings):
        return _catalogue_weights(model, settings)
    other = stand_in(model, settings, models)
    if other and check(other, settings):
        return _catalogue_weights(other, settings, stands_in_for=model.name)
    raise ModelError(f"The model `{model.name}` is not here yet.", f"caro models pull {model.name}")
