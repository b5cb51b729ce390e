"""What is in the directory of weights: the usual sizes, and whatever else was fetched or made."""

from pathlib import Path

from caro_shell.config import Settings
from caro_shell.errors import ModelError
from caro_shell.models import record, store
from caro_shell.models.catalogue import Catalogue, Model


def files_of(model: Model, settings: Settings) -> list[Path]:
    """Return those of the model's files that are here."""
    paths = [store.file_path(file, settings) for file in model.files]
    return [path for path in paths if store.is_here(path)]


def others_here(settings: Settings, models: Catalogue) -> list[Model]:
    """Return what is here besides the catalogue's usual files, with what is known of it."""
    found = [store.known_model(name, models, settings) for name in models if ":" in name]
    found = [model for model in found if files_of(model, settings)]
    try:
        paths = sorted(store.models_dir(settings).glob(f"*{record.ENDING}"))
    except OSError:
        return found
    for path in paths:
        model = record.read(path.with_name(path.name.removesuffix(record.ENDING)))
        if model and model.name not in models and files_of(model, settings):
            found.append(model)
    return found


def here(settings: Settings, models: Catalogue) -> list[Model]:
    """Return every model of which there is a file here."""
    usual = [model for name, model in models.items() if ":" not in name and files_of(model, settings)]
    return usual + others_here(settings, models)


def find(name: str, settings: Settings, models: Catalogue) -> Model:
    """Return what `name` stands for, a path of ours included; raises ModelError."""
    if name == "auto":
        return models[store.choose_auto(settings, models).name]
    if store.is_own_file(name):
        # The directory's own files may be named by their path, too.
        path = store.expand(name)
        for model in here(settings, models):
            if path in files_of(model, settings):
                return model
        raise ModelError(
            f"{path} is a file of yours, not one that caro has fetched.",
            "Name one of `caro models list`, or do with the file what you like yourself.",
        )
    return store.known_model(name, models, settings)


def in_use(settings: Settings, models: Catalogue) -> str:
    """Return the name of the model that requests are answered with; empty for a file of the user's."""
    if store.is_own_file(settings.model):
        return ""
    try:
        return find(settings.model, settings, models).name
    except ModelError:
        return settings.model
