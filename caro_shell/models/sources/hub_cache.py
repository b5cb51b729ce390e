"""The Hugging Face cache that other tools share; HF_HOME and HF_HUB_CACHE say where it is."""

from contextlib import suppress
from pathlib import Path

from caro_shell.models.sources import Job, NoAnswer, local_file
from caro_shell.models.sources.hub import import_hub


def fetch(job: Job) -> Path:
    """Link or copy the file out of the cache; raises NoAnswer where it is not there."""
    model = job.model
    found = None
    if model.repo:
        # A cache that cannot be read has nothing for us.
        with suppress(OSError):
            found = import_hub().try_to_load_from_cache(model.repo, model.hub_file, revision=model.revision)
    if not isinstance(found, str):
        raise NoAnswer("it is not there", expected=True)
    job.say(f"found it in the Hugging Face cache: {found}")
    return local_file.link(job, Path(found))
