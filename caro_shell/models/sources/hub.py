"""The Hugging Face hub, through huggingface_hub: HF_ENDPOINT, HF_TOKEN, HF_HUB_OFFLINE and proxies hold.

Its `hf_hub_download` (2.4) writes to a file of a random name and removes it when it fails, so an interrupted
download leaves nothing to go on from. Hence the address, the file's facts, the token and the session are the
library's, and the bytes go into a file of ours that the next run continues with a range request.
"""

import os
import queue
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from caro_shell.errors import ModelError
from caro_shell.models.checksum import BLOCK
from caro_shell.models.disk import check_room
from caro_shell.models.sources import Job, NoAnswer

if TYPE_CHECKING:
    from caro_shell.models.progress import Bar

# Seconds for the hub's first word; the whole of it in a thread, because a name that does not resolve may take
# far longer than any time-out of the HTTP library.
FIRST_WORD_S = 5.0
GRACE_S = 3.0
# Seconds without a byte, and dropped connections in a row that bring nothing, before the hub is given up.
SILENCE_S = 10.0
STALLS = 4
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


def _reason(error: BaseException) -> str:
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status:
        return f"it answers {status}"
    lines = str(error).strip().splitlines()
    return (lines[0] if lines else type(error).__name__)[:120].rstrip(" .")


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


def _check_offer(job: Job, url: str) -> None:
    """Ask for the file's facts; raises NoAnswer when there is no hub, or when it means another file."""
    hub = import_hub()
    chosen = os.environ.get("HF_HUB_ETAG_TIMEOUT")
    wait = float(hub.constants.HF_HUB_ETAG_TIMEOUT) if chosen else FIRST_WORD_S
    try:
        facts = _within(wait + GRACE_S, lambda: hub.get_hf_file_metadata(url, timeout=wait))
    except Exception as error:
        raise NoAnswer(_reason(error), unreachable=not hasattr(error, "response")) from None
    sha256 = (facts.etag or "").lower()
    if facts.size not in {None, job.model.bytes} or (len(sha256) == _SHA256_LENGTH and sha256 != job.model.sha256):
        raise NoAnswer("the file there is not the one of the catalogue")


def _stream(job: Job, url: str, bar: "Bar") -> None:
    """Add what the hub sends from where the partial file ends."""
    utils = import_hub().utils
    there = job.partial.size()
    headers = utils.build_hf_headers() | {"Accept-Encoding": "identity"}
    if there:
        headers["Range"] = f"bytes={there}-"
    with utils.get_session().stream("GET", url, headers=headers, timeout=SILENCE_S) as response:
        utils.hf_raise_for_status(response)
        if there and response.status_code != 206:  # noqa: PLR2004  Partial Content, RFC 9110 section 15.3.7
            job.partial.truncate(0)
            there = 0
        for block in response.iter_bytes(BLOCK):
            job.partial.append(block)
            there += len(block)
            if there > job.model.bytes:
                job.partial.drop()
                raise NoAnswer("it sends more bytes than the file has")
            bar.show(there)


def _download(job: Job, url: str, bar: "Bar") -> None:
    """Fetch what is missing; a connection that drops is taken up again as long as bytes come."""
    best, stalls, came = job.partial.size(), 0, False
    while job.partial.size() < job.model.bytes:
        reason = "it ended early"
        try:
            _stream(job, url, bar)
        except (ModelError, NoAnswer):
            raise
        except Exception as error:
            reason = _reason(error)
        size = job.partial.size()
        stalls, came = (0, True) if size > best else (stalls + 1, came)
        best = max(best, size)
        if size < job.model.bytes and (not came or stalls > STALLS):
            raise NoAnswer(reason)
        time.sleep(min(stalls, STALLS))


def fetch(job: Job) -> Path:
    """Download the file, going on where an earlier run stopped; raises NoAnswer."""
    model = job.model
    if not model.repo:
        raise NoAnswer("it does not lie there", expected=True)
    hub = import_hub()
    if hub.constants.HF_HUB_OFFLINE:
        raise NoAnswer("HF_HUB_OFFLINE is set", unreachable=True)
    url = hub.hf_hub_url(model.repo, model.hub_file, revision=model.revision)
    _check_offer(job, url)
    job.partial.begin("hub")
    there = job.partial.size()
    check_room(job.path.parent, model.bytes - there)
    job.say(f"fetching it from {hub.constants.ENDPOINT}{', going on where it stopped' if there else ''}")
    with job.bar() as bar:
        bar.show(there)
        _download(job, url, bar)
    return job.partial.path
