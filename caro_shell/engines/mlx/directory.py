"""From the setting `model` to a directory that MLX loads: the user's, one of the hub's, or a GGUF file converted."""

import hashlib
import re
import shutil
from pathlib import Path

from caro_shell.config import Settings
from caro_shell.engines.mlx.conversion import convert, converted_path
from caro_shell.engines.mlx.loaded import Loaded, load
from caro_shell.errors import EngineError, ModelError
from caro_shell.models.store import Weights, expand, find_model, models_dir

# What could be `owner/repo` of the hub rather than a path.
_REPO = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")


def own_directory(settings: Settings) -> Path | None:
    """Return the directory that `model` names by its path or as `owner/repo`; None when it names something else."""
    name = settings.model
    path = expand(name)
    if "/" in name and path.is_dir():
        return path
    if not _REPO.fullmatch(name) or name.lower().endswith(".gguf"):
        return None
    found = models_dir(settings) / "mlx" / name
    return found if found.is_dir() else _in_hub_cache(name)


def _in_hub_cache(repo: str) -> Path:
    """Return where the hub's own cache keeps a repository; the hub is not asked. Raises ModelError."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(repo, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError):
        raise ModelError(
            f"The MLX model {repo} is not on this machine.", f"hf download {repo}, or set `model` to a name or a path."
        ) from None


def _digest(weights: Weights) -> str:
    """Return what changes when the file does: the verified hash, or of the user's own file its place and time."""
    if weights.sha256:
        return weights.sha256
    found = weights.path.stat()
    return hashlib.sha256(f"{weights.path} {found.st_size} {found.st_mtime_ns}".encode()).hexdigest()


def open_model(settings: Settings) -> tuple[Loaded, str, tuple[str, ...], tuple[str, ...]]:
    """Return the loaded model, its title, what the user should know of it, and what was done; raises ModelError."""
    if directory := own_directory(settings):
        if not (directory / "config.json").is_file():
            raise EngineError(
                f"{directory} is not a model in MLX's form: it has no config.json.", "Set `model` to one, or to a name."
            )
        return load(directory, converted=False), settings.model.rstrip("/").rpartition("/")[2], (), ()
    weights = find_model(settings.model, settings)
    target = converted_path(models_dir(settings), weights.path, _digest(weights))
    notes = convert(weights.path, target)
    try:
        loaded = load(target, converted=True)
    except EngineError:
        # Ours to make again; what comes from a file that is verified is right the second time.
        shutil.rmtree(target, ignore_errors=True)
        notes = convert(weights.path, target)
        loaded = load(target, converted=True)
    standing = f"{weights.title} stands in for `{weights.stands_in_for}` and is often wrong."
    return loaded, weights.title, (standing,) if weights.stands_in_for else (), (notes,) if notes else ()
