"""`caro models pull|use`: get a model, and answer with it."""

import argparse
import json
import os
import sys
from collections.abc import Sequence

from caro_shell import paths
from caro_shell.cli import print_error
from caro_shell.cli.asking import tell_daemon
from caro_shell.config import Settings
from caro_shell.config import file as config_file
from caro_shell.errors import ModelError, UsageError
from caro_shell.models import catalogue, disk, inventory, store
from caro_shell.models.catalogue import Catalogue, Model
from caro_shell.models.pin import pin
from caro_shell.models.progress import size_text
from caro_shell.models.pull import PullOptions, pull


def _say(sentence: str) -> None:
    print(f"caro: {sentence}", file=sys.stderr)


def _wanted(names: Sequence[str], settings: Settings, models: Catalogue) -> list[Model]:
    """Return what the names stand for, each once; what `auto` chooses and what a licence forbids is said."""
    wanted: dict[str, Model] = {}
    for name in names:
        if store.is_own_file(name):
            raise UsageError(f"{name} is a file of yours, there is nothing to fetch.", "Try: caro models pull small")
        if name == "auto":
            choice = store.choose_auto(settings, models)
            _say(choice.why)
            model = models[choice.best]
        else:
            model = inventory.find(name, settings, models)
        if "Research" in model.licence:
            _say(f"`{model.name}` is under the {model.licence} licence, which does not allow commercial use")
        if model.name.endswith(store.REQUANTIZED):
            raise UsageError(f"`{model.name}` is made here, not fetched.", f"caro models {store.how_to_get(model)}")
        wanted[model.name] = model
    return list(wanted.values())


def _looked_up(model: Model) -> Model:
    """Return `model` with its size, where it can be had; where not, its own turn will say why."""
    if model.is_pinned:
        return model
    try:
        return pin(model, lambda _: None)
    except ModelError:
        return model


def _check_room(wanted: Sequence[Model], settings: Settings) -> None:
    """Raise ModelError unless everything has room together, before anything is fetched."""
    missing = 0
    for model in wanted:
        for file in model.files:
            path = store.file_path(file, settings)
            partial = path.with_name(f"{path.name}.partial")
            there = max((found.stat().st_size for found in (path, partial) if found.is_file()), default=0)
            missing += max(0, file.bytes - there)
    disk.check_room(store.make_models_dir(settings), missing)


def pull_(words: argparse.Namespace, settings: Settings) -> int:
    """Fetch one model after the other; what one of them fails of does not keep the others."""
    models = catalogue.read_catalogue()
    if words.source == "file" and not words.from_file:
        raise UsageError("`--source file` needs the file.", "Say: --from FILE")
    if words.from_file and len(set(words.names)) > 1 and not os.path.isdir(words.from_file):  # noqa: PTH112
        raise UsageError("One file is one model.", "Give --from a directory, or one NAME.")
    wanted = _wanted(words.names, settings, models)
    if len(wanted) > 1:
        wanted = [_looked_up(model) for model in wanted]
        _check_room(wanted, settings)
    options = PullOptions(words.from_file, words.source, last_resort=words.last_resort, models=models)
    outcomes = [_pull(model, settings, options) for model in wanted]
    # What it could not load before, it may load now.
    tell_daemon()
    if words.json:
        print(json.dumps(outcomes, indent=2))
    return 0 if all("path" in outcome for outcome in outcomes) else 1


def _pull(model: Model, settings: Settings, options: PullOptions) -> dict[str, object]:
    try:
        path = pull(model, settings, options)
    except ModelError as error:
        print_error(error)
        return {"name": model.name, "error": error.message, "hint": error.hint}
    known = store.known_model(model.name, options.models, settings)
    serves = known.name if path == store.model_path(known, settings) else path.name
    size = known.bytes if serves == known.name else path.stat().st_size
    return {"name": model.name, "path": str(path), "bytes": size, "serves": serves}


def use_(words: argparse.Namespace, settings: Settings) -> int:
    """Write the setting `model`, once it is certain that it can be used."""
    models = catalogue.read_catalogue()
    name = str(store.expand(words.name)) if store.is_own_file(words.name) else words.name
    weights = store.find_model(name, settings, models)
    if weights.stands_in_for:
        raise ModelError(f"The model `{name}` is not here yet.", f"caro models pull {name}")
    # As it is written in the catalogue, whatever the user typed.
    value = name if store.is_own_file(name) or name == "auto" else weights.name
    path = paths.config_file(os.environ)
    config_file.set_value(path, "model", value)
    tell_daemon()
    _say(f"`{value}` answers from the next request on; {path} says so")
    if weights.why:
        _say(weights.why)
    need = weights.model.memory_need if weights.model else 0
    if need:
        _say(f"it takes about {size_text(need)} of memory")
    if "CARO_MODEL" in os.environ:
        _say("CARO_MODEL is set in this shell and wins over the file; take it away with: unset CARO_MODEL")
    return 0
