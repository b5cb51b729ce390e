"""The Hugging Face hub, through huggingface_hub: HF_ENDPOINT, HF_TOKEN, HF_HUB_OFFLINE and proxies hold.

Its `hf_hub_download` (2.4) writes to a file of a random name and removes it when it fails, so an interrupted
download leaves nothing to go on from. Hence the address, the file's facts, the token and the session are the
library's, and the bytes go into a file of ours that the next run continues with a range request.
"""

import os
import queue
import threading
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

from caro_shell.models.catalogue import File, Model
from caro_shell.models.disk import check_room
from caro_shell.models.sources import Job, NoAnswer
from caro_shell.models.sources.http import SILENCE_S, Response, download, reason_of, secured

# Seconds for the hub's first word; the whole of it in a thread, because a name that does not resolve may take
# far longer than any time-out of the HTTP library.
FIRST_WORD_S = 5.0
GRACE_S = 3.0
_SHA256_LENGTH = 64
_QUIET = {
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_UPDATE_CHECK": "1",
    "HF_HUB_VERBOSITY": "error",
}


def import_hub() -> ModuleType:
    """Return huggingface_hub, without telemetry and remarks unless the user wants them; raises NoAnswer."""
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import huggingface_hub.constants
            import huggingface_hub.utils
    except ImportError as error:
        raise NoAnswer(f"huggingface_hub cannot be loaded ({error})") from None
    return huggingface_hub


def _within(seconds: float, call: Callable[[], Any]) -> Any:  # noqa: ANN401  whatever the call returns
    """Return what `call` returns, or raise what it raises; TimeoutError when it takes longer."""
    results: queue.SimpleQueue[tuple[Any, Exception | None]] = queue.SimpleQueue()

    def run() -> None:
        try:
            results.put((call(), None))
        except Exception as error:
            results.put((None, error))

    threading.Thread(target=run, daemon=True).start()
    try:
        value, error = results.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError(f"no answer in {seconds:.0f} s") from None
    if error:
        raise error
    return value


def _url(model: Model, file: File) -> str:
    hub = import_hub()
    if hub.constants.HF_HUB_OFFLINE:
        raise NoAnswer("HF_HUB_OFFLINE is set", unreachable=True)
    return str(hub.hf_hub_url(model.repo, file.remote, revision=model.revision))


def _facts(model: Model, file: File) -> Any:  # noqa: ANN401  huggingface_hub's HfFileMetadata
    """Return what the hub says of a file; raises NoAnswer when there is no hub."""
    hub, url = import_hub(), _url(model, file)
    chosen = os.environ.get("HF_HUB_ETAG_TIMEOUT")
    wait = float(hub.constants.HF_HUB_ETAG_TIMEOUT) if chosen else FIRST_WORD_S
    try:
        return _within(wait + GRACE_S, lambda: hub.get_hf_file_metadata(url, timeout=wait))
    except Exception as error:
        raise NoAnswer(reason_of(error), unreachable=not hasattr(error, "response")) from None


def look_up(model: Model) -> Model:
    """Return `model` with what the hub says of its files: size, LFS hash, and the commit; raises NoAnswer.

    What is known already is not replaced.
    """
    files, revision = [], model.revision
    for file in model.files:
        facts = _facts(replace(model, revision=revision), file)
        revision = facts.commit_hash or revision
        sha256 = (facts.etag or "").lower()
        if len(sha256) != _SHA256_LENGTH or not facts.size:
            raise NoAnswer(f"it does not say the SHA-256 of {file.remote}")
        if file.sha256 and (file.sha256, file.bytes or facts.size) != (sha256, facts.size):
            raise NoAnswer("the file there is not the one of the catalogue")
        files.append(replace(file, bytes=facts.size, sha256=sha256))
    return replace(model, files=tuple(files), revision=revision)


def _check_offer(job: Job) -> None:
    """Ask for the file's facts; raises NoAnswer when there is no hub, or when it means another file."""
    facts = _facts(job.model, job.file)
    sha256 = (facts.etag or "").lower()
    if facts.size not in {None, job.file.bytes} or (len(sha256) == _SHA256_LENGTH and sha256 != job.file.sha256):
        raise NoAnswer("the file there is not the one of the catalogue")


def fetch(job: Job) -> Path:
    """Download the file, going on where an earlier run stopped; raises NoAnswer."""
    model = job.model
    if not model.repo:
        raise NoAnswer("it does not lie there", expected=True)
    url, utils = _url(model, job.file), import_hub().utils
    _check_offer(job)
    job.partial.begin("hub")
    there = job.partial.size()
    check_room(job.path.parent, job.file.bytes - there)
    endpoint = import_hub().constants.ENDPOINT
    job.say(f"fetching it from {endpoint}{', going on where it stopped' if there else ''}")

    def ask(headers: dict[str, str]) -> AbstractContextManager[Response]:
        response = utils.get_session().stream("GET", url, headers=utils.build_hf_headers() | headers, timeout=SILENCE_S)
        return secured(response, utils.hf_raise_for_status)

    download(job, ask)
    return job.partial.path
