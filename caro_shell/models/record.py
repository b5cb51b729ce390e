"""What was established when a model came: its files, their hashes, its commit; a small file beside the weights.

The catalogue does not know everything, and nothing of the user's own choice. So what the hub said at the pull, or what
came out of a requantisation, is kept, and every later check is against that, without a network.
"""

import json
import os
from dataclasses import asdict, replace
from pathlib import Path

from caro_shell.models.catalogue import File, Model
from caro_shell.models.checksum import beside, write_private

ENDING = ".record"
_KEPT = ("name", "title", "licence", "about", "quantisation", "repo", "revision", "url")


def record_path(path: Path) -> Path:
    """Return where the record of the model with the first file `path` lies."""
    return beside(path, ENDING)


def describe(model: Model) -> dict[str, object]:
    """Return `model` as what can be written as JSON."""
    return {key: getattr(model, key) for key in _KEPT} | {"files": [asdict(file) for file in model.files]}


def parse(values: object) -> Model:
    """Return the model that `describe` has written; raises ValueError on anything else, and on an unsafe file name."""
    if not isinstance(values, dict) or not all(isinstance(values.get(key), str) for key in _KEPT):
        raise ValueError("no description of a model")
    # Somebody else may have written it, and these are shown.
    if not all(values[key].isprintable() for key in _KEPT):
        raise ValueError("control characters")
    listed = values.get("files")
    if not isinstance(listed, list) or not listed:
        raise ValueError("no files")
    return Model(**{key: values[key] for key in _KEPT}, files=tuple(_file(entry) for entry in listed))


def _file(entry: object) -> File:
    match entry:
        case {"name": str(name), "bytes": int(size), "sha256": str(sha256), "remote_name": str(remote)}:
            # It becomes a path below a directory of ours, and what is there is never anybody else's.
            if name != os.path.basename(name) or name.startswith(".") or not name.lower().endswith(".gguf"):  # noqa: PTH119
                raise ValueError(f"{name!r} is no name of a file of weights")
            if not (name.isprintable() and remote.isprintable()):
                raise ValueError("control characters")
            if len(sha256) != 64 or size <= 0 or len(bytes.fromhex(sha256)) != 32:  # noqa: PLR2004  SHA-256
                raise ValueError(f"{name!r} has no hash")
            return File(name, size, sha256.lower(), remote)
    raise ValueError("no description of a file")


def write(model: Model, path: Path) -> None:
    """Keep what is known of `model`, whose first file is at `path`."""
    write_private(record_path(path), json.dumps(describe(model), indent=1))


def read(path: Path) -> Model | None:
    """Return the model whose first file is at `path` as it was recorded; None without a record of our own."""
    try:
        with record_path(path).open(encoding="utf-8") as file:
            if os.fstat(file.fileno()).st_uid != os.getuid():
                return None
            model = parse(json.load(file))
    except (OSError, ValueError):
        return None
    return model if model.files[0].name == path.name else None


def complete(model: Model, path: Path) -> Model:
    """Return `model` with what its record knows; unchanged where there is none, or it is about something else."""
    known = None if model.is_pinned else read(path)
    if known is None or [file.name for file in known.files] != [file.name for file in model.files]:
        return model
    # The hash is a part of an address, and a commit a part of an entry of the catalogue: neither is overruled.
    pairs = zip(model.files, known.files, strict=True)
    if known.name != model.name or any(file.sha256 and file.sha256 != other.sha256 for file, other in pairs):
        return model
    if model.revision not in {known.revision, "main"}:
        return model
    return replace(model, files=known.files, revision=known.revision, about=known.about)
