"""Offline bundles: a directory with weights and what they must be, for machines without a network."""

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TextIO

from caro_shell.config import Settings
from caro_shell.errors import ModelError
from caro_shell.models import checksum, record, store
from caro_shell.models.catalogue import Catalogue, File, Model
from caro_shell.models.disk import check_room, storage_error
from caro_shell.models.progress import Bar
from caro_shell.models.pull import PullOptions, pull

MANIFEST, READ_ME = "caro-models.json", "README.txt"
_FORMAT = 1
_TEXT = """Weights for caro. On the other machine, with this directory at hand:

    caro models import DIRECTORY

Every file is checked there against {manifest}, and what caro knows of itself also against that.
"""


def read_manifest(directory: Path) -> list[Model]:
    """Return what a bundle holds; raises ModelError when it is none."""
    path = directory / MANIFEST
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        if values["format"] != _FORMAT:
            raise ModelError(f"{path} is of another format ({values['format']!r:.20}).", "Import it with a newer caro.")
        return [record.parse(entry) for entry in values["models"]]
    except FileNotFoundError:
        raise ModelError(f"{directory} is no bundle (no {MANIFEST}).", "Make one: caro models export DIR") from None
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ModelError(f"{path} cannot be used: {error}.", "Make it anew: caro models export DIR") from None


def export(models: Sequence[Model], directory: Path, settings: Settings, stream: TextIO) -> None:
    """Copy the weights of `models` into `directory`, with their hashes; raises ModelError when one is not here.

    What a bundle has already stays in it, and is not copied again.
    """
    for model in models:
        if not store.check(model, settings):
            raise ModelError(f"The model `{model.name}` is not here yet.", f"caro models pull {model.name}")
    try:
        directory.mkdir(parents=True, exist_ok=True)
        held = read_manifest(directory) if (directory / MANIFEST).exists() else []
        files = {file: model.name for model in models for file in model.files if not _holds(directory, file)}
        check_room(directory, sum(file.bytes for file in files))
        for file, name in files.items():
            with Bar(name, file.bytes, stream) as bar:
                _copy(store.file_path(file, settings), directory, file, bar)
        names = {model.name for model in models}
        listed = [*(model for model in held if model.name not in names), *models]
        manifest = {"format": _FORMAT, "models": [record.describe(model) for model in listed]}
        checksum.write_private(directory / MANIFEST, json.dumps(manifest, indent=1))
        (directory / MANIFEST).chmod(0o644)
        (directory / READ_ME).write_text(_TEXT.format(manifest=MANIFEST), encoding="utf-8")
    except OSError as error:
        raise storage_error(error, directory) from None


def _holds(directory: Path, file: File) -> bool:
    path = directory / file.name
    return path.is_file() and path.stat().st_size == file.bytes and checksum.file_sha256(path) == file.sha256


def _copy(source: Path, directory: Path, file: File, bar: Bar) -> None:
    """Copy one file under a name of its own first: a stick that is pulled out leaves no half of it."""
    partial = directory / f"{file.name}.partial"
    # Others may write to where a bundle is made: whatever lies there, a link to elsewhere included, is not written to.
    partial.unlink(missing_ok=True)
    try:
        sha256 = _copy_bytes(source, partial, bar.show)
        if sha256 != file.sha256:
            raise ModelError(f"{source} is damaged.", "See: caro models verify")
        partial.replace(directory / file.name)
    finally:
        partial.unlink(missing_ok=True)


def _copy_bytes(source: Path, target: Path, report: Callable[[int], None]) -> str:
    digest, done = hashlib.sha256(), 0
    with source.open("rb", buffering=0) as read, target.open("xb") as write:
        while block := read.read(checksum.BLOCK):
            write.write(block)
            digest.update(block)
            done += len(block)
            report(done)
        write.flush()
        os.fsync(write.fileno())
    return digest.hexdigest()


def _agreed(model: Model, models: Catalogue, settings: Settings) -> Model:
    """Return `model` of a bundle where nothing that is known here speaks against it; raises ModelError."""
    try:
        known = store.known_model(model.name, models, settings)
    except ModelError as error:
        raise ModelError(f"The bundle holds `{model.name}`, which cannot be: {error.message}", error.hint) from None
    if [file.name for file in known.files] != [file.name for file in model.files] or any(
        (file.sha256 or other.sha256, file.bytes or other.bytes) != (other.sha256, other.bytes)
        for file, other in zip(known.files, model.files, strict=True)
    ):
        raise ModelError(
            f"The bundle's `{model.name}` is not the one that is known here.",
            "Nothing was taken: ask who made it.",
        )
    return models.get(model.name, model) if known.is_pinned else model


def import_all(directory: Path, settings: Settings, models: Catalogue, stream: TextIO) -> list[Model]:
    """Take every model out of a bundle, each with the right hash; raises ModelError before anything wrong is taken."""
    held = [_agreed(model, models, settings) for model in read_manifest(directory)]
    check_room(store.make_models_dir(settings), sum(model.bytes for model in held if not store.check(model, settings)))
    for model in held:
        pull(model, settings, PullOptions(str(directory), "file", last_resort=False, models=models, stream=stream))
    return held
