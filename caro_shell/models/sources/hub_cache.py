"""The Hugging Face cache that other tools share; HF_HOME and HF_HUB_CACHE say where it is."""

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from caro_shell.models.catalogue import File, Model
from caro_shell.models.sources import Job, NoAnswer, local_file
from caro_shell.models.sources.hub import import_hub

_SHA256_LENGTH = 64
_COMMIT_LENGTH = 40


def _find(model: Model, file: File) -> Path:
    found = None
    if model.repo:
        # A cache that cannot be read has nothing for us.
        with suppress(OSError):
            found = import_hub().try_to_load_from_cache(model.repo, file.remote, revision=model.revision)
    if not isinstance(found, str):
        raise NoAnswer("it is not there", expected=True)
    return Path(found)


def look_up(model: Model) -> Model:
    """Return `model` with what the cache says of its files, as it heard it from the hub; raises NoAnswer.

    A snapshot's directory is called by its commit, and what it links to by its LFS hash.
    """
    files, revision = [], model.revision
    for file in model.files:
        path = _find(replace(model, revision=revision), file)
        sha256 = path.resolve().name.lower()
        if len(sha256) != _SHA256_LENGTH or (file.sha256 and file.sha256 != sha256):
            raise NoAnswer("it does not say the SHA-256", expected=True)
        parents = [parent.name for parent in path.parents]
        commit = parents[parents.index("snapshots") - 1] if "snapshots" in parents else ""
        revision = commit if len(commit) == _COMMIT_LENGTH else revision
        files.append(replace(file, bytes=path.stat().st_size, sha256=sha256))
    return replace(model, files=tuple(files), revision=revision)


def fetch(job: Job) -> Path:
    """Link or copy the file out of the cache; raises NoAnswer where it is not there."""
    found = _find(job.model, job.file)
    job.say(f"found it in the Hugging Face cache: {found}")
    return local_file.link(job, found)
