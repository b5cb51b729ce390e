"""Where weights lie, and the one way to get at them: `find_model`.

The daemon's worker calls it at every load of the model, so the usual path reads two small files and no more.
"""

import os
import stat
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from caro_shell import paths
from caro_shell.config import Settings
from caro_shell.errors import ModelError
from caro_shell.models import catalogue, checksum, record, reference
from caro_shell.models.auto import Choice
from caro_shell.models.catalogue import Catalogue, File, Model
from caro_shell.models.reference import Kind, is_own_file, kind_of

__all__ = ["Weights", "check", "find_model", "is_own_file", "known_model", "model_path", "models_dir"]

REQUANTIZED = "-requantized"


@dataclass(frozen=True)
class Weights:
    """A file of weights that may be loaded: its hash is right, or it is the user's own."""

    path: Path
    """The first file of a split model."""
    name: str
    title: str
    sha256: str | None
    """None: the user's own file, of which no hash is known."""
    model: Model | None
    """What it should be; None for the user's own file."""
    stands_in_for: str = ""
    """The name that was asked for, when only the last resort could be had in its place."""
    why: str = ""
    """Why `auto` chose it, one sentence; empty where the user has chosen."""


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


def file_path(file: File, settings: Settings) -> Path:
    """Return where one file of weights belongs, whether or not it is there."""
    return models_dir(settings) / file.name


def model_path(model: Model, settings: Settings) -> Path:
    """Return where the weights of `model` belong, whether or not they are there; the first of several files."""
    return file_path(model.files[0], settings)


def is_here(path: Path) -> bool:
    """Tell whether a file is there, as far as that can be seen."""
    try:
        return path.is_file()
    except OSError:
        return False


def stand_in_path(model: Model, settings: Settings) -> Path:
    """Return the small file that holds the name of the model that serves in the place of `model`."""
    return checksum.beside(model_path(model, settings), ".stand-in")


def _entry(name: str, models: Catalogue, settings: Settings) -> Model:
    """Return the entry of the catalogue called `name`; raises ModelError that names the nearest one."""
    size, colon, quantisation = name.lower().partition(":")
    if size in models and quantisation == models[size].quantisation:
        return models[size]
    if name.lower() in models:
        return models[name.lower()]
    if size in models and quantisation.endswith(REQUANTIZED):
        return requantized(models[size], quantisation.removesuffix(REQUANTIZED), settings)
    from difflib import get_close_matches

    if colon and size in models:
        known = [models[size].quantisation, *(key.partition(":")[2] for key in models if key.startswith(f"{size}:"))]
        raise ModelError(f"`{size}` has no quantisation `{quantisation}`.", f"It has: {', '.join(known)}.")
    sizes = [key for key in models if ":" not in key]
    near = get_close_matches(size, sizes, n=1)
    raise ModelError(
        f"There is no model called `{name}`.",
        f"Did you mean `{near[0]}`?" if near else f"The models are: {', '.join(sizes)}; or the path of a GGUF file.",
    )


def requantized(model: Model, quantisation: str, settings: Settings) -> Model:
    """Return what `caro models requantize` makes, or has made, of a model."""
    name = f"{model.name.partition(':')[0]}:{quantisation}{REQUANTIZED}"
    stem = model.files[0].name.removesuffix(".gguf")
    made = Model(
        name=name,
        title=f"{model.title.partition(',')[0]}, {quantisation.upper()} (requantized here)",
        files=(File(f"{stem}--{quantisation}{REQUANTIZED}.gguf"),),
        licence=model.licence,
        about=f"Made of `{model.name}` on this machine.",
        quantisation=quantisation,
    )
    return record.complete(made, model_path(made, settings))


def known_model(name: str, models: Catalogue, settings: Settings | None = None) -> Model:
    """Return what `name` stands for, as far as it is known here; raises ModelError when it can stand for nothing."""
    settings = settings or Settings()
    match kind_of(name):
        case Kind.HUB:
            model = reference.from_hub(name)
        case Kind.URL:
            model = reference.from_url(name)
        case _:
            model = _entry(name, models, settings)
    return record.complete(model, model_path(model, settings))


def _own_weights(name: str) -> Weights:
    from caro_shell.models.own_file import check_own_file

    path = check_own_file(expand(name))
    return Weights(path, path.name, path.name, sha256=None, model=None)


def _weights(model: Model, settings: Settings, stands_in_for: str = "", why: str = "") -> Weights:
    path = model_path(model, settings)
    return Weights(path, model.name, model.title, model.files[0].sha256, model, stands_in_for, why)


def stand_in(model: Model, settings: Settings, models: Catalogue) -> Model | None:
    """Return the last resort that was fetched because `model` could not be had, or None."""
    try:
        other = models.get(stand_in_path(model, settings).read_text(encoding="utf-8").strip())
    except (OSError, ValueError):
        return None
    return other if other and other.last_resort and other != model else None


def check(model: Model, settings: Settings, report: Callable[[int], None] | None = None) -> bool:
    """Tell whether the weights of `model` are here; raises ModelError when they are but must not be used."""
    # Every file is looked at, so that damage is said before what is missing.
    here = [_check_file(model, file, settings, report) for file in model.files]
    return all(here) and model.is_pinned


def _check_file(model: Model, file: File, settings: Settings, report: Callable[[int], None] | None) -> bool:
    path, again = file_path(file, settings), f"caro models pull {model.name}"
    if not file.sha256:
        # Nobody knows what it should be, so it does not count, whatever lies there.
        return False
    try:
        # A wrong size needs no hashing to be wrong.
        found = path.stat().st_size
        if file.bytes in {0, found} and checksum.is_right(path, file.sha256, report):
            return True
    except FileNotFoundError:
        return False
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}.", again) from None
    raise ModelError(
        f"{path} is damaged (its size or SHA-256 is not that of `{model.name}`), so it is not used.", again
    )


def sizes_here(settings: Settings, models: Catalogue, names: Iterable[str] | None = None) -> set[str]:
    """Return the names of the catalogue whose weights are here and not known to be damaged; hashes nothing."""
    here = set()
    for name in names or [name for name in models if ":" not in name]:
        if name in models and all(is_here(file_path(file, settings)) for file in models[name].files):
            here.add(name)
    return here


def choose_auto(settings: Settings, models: Catalogue) -> Choice:
    """Return what `auto` stands for on this machine, with what is here now."""
    from caro_shell.models.auto import choose
    from caro_shell.models.machine import read_machine

    device = settings.device if settings.gpu_layers else "cpu"
    return choose(read_machine(device), models, sizes_here(settings, models))


def _auto_weights(settings: Settings, models: Catalogue) -> Weights:
    choice = choose_auto(settings, models)
    model = models[choice.name]
    if check(model, settings):
        return _weights(model, settings, why=choice.why)
    raise ModelError(f"`auto` chose `{model.name}`, which is not here yet.", f"caro models pull {model.name}")


def find_model(name_or_path: str, settings: Settings, models: Catalogue | None = None) -> Weights:
    """Return the weights to load; raises ModelError when they are missing or damaged."""
    kind = kind_of(name_or_path)
    if kind is Kind.PATH:
        return _own_weights(name_or_path)
    models = models or catalogue.read_catalogue()
    if kind is Kind.AUTO:
        return _auto_weights(settings, models)
    model = known_model(name_or_path, models, settings)
    if check(model, settings):
        return _weights(model, settings)
    other = stand_in(model, settings, models)
    if other and check(other, settings):
        return _weights(other, settings, stands_in_for=model.name)
    raise ModelError(f"The model `{model.name}` is not here yet.", f"caro models {how_to_get(model)}")


def how_to_get(model: Model) -> str:
    """Return the words after `caro models` that bring `model` here."""
    base, _, quantisation = model.name.partition(":")
    if quantisation.endswith(REQUANTIZED) and not model.repo:
        return f"requantize {base} {quantisation.removesuffix(REQUANTIZED)}"
    # A fragment of an address is a comment to a shell.
    return f"pull '{model.name}'" if "#" in model.name else f"pull {model.name}"
