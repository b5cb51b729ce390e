"""Downloads that survive a dropped connection: into the partial file, by range requests, as long as bytes come."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Protocol

from caro_shell.errors import ModelError
from caro_shell.models.checksum import BLOCK
from caro_shell.models.sources import Job, NoAnswer

if TYPE_CHECKING:
    from caro_shell.models.progress import Bar

# Seconds without a byte, and dropped connections in a row that bring nothing, before a server is given up.
SILENCE_S = 10.0
STALLS = 4
_PARTIAL_CONTENT = 206


class Response(Protocol):
    """What is needed of an HTTP library's answer, its status already found to be good."""

    status_code: int

    def iter_bytes(self, chunk_size: int | None = None) -> Iterator[bytes]:
        """Yield the body."""


Open = Callable[[dict[str, str]], AbstractContextManager[Response]]
"""Requests the file with these headers more; raises on a status that is no success."""


def reason_of(error: BaseException) -> str:
    """Return in a few words what a request failed of."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status:
        return f"it answers {status}"
    lines = str(error).strip().splitlines()
    return (lines[0] if lines else type(error).__name__)[:120].rstrip(" .")


def _stream(job: Job, ask: Open, bar: "Bar") -> None:
    """Add what the server sends from where the partial file ends."""
    there = job.partial.size()
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={there}-"} if there else {})
    with ask(headers) as response:
        if there and response.status_code != _PARTIAL_CONTENT:
            job.partial.truncate(0)
            there = 0
        for block in response.iter_bytes(BLOCK):
            job.partial.append(block)
            there += len(block)
            if there > job.file.bytes:
                job.partial.drop()
                raise NoAnswer("it sends more bytes than the file has")
            bar.show(there)


def download(job: Job, ask: Open) -> None:
    """Fetch what is missing; a connection that drops is taken up again as long as bytes come. Raises NoAnswer."""
    with job.bar() as bar:
        best, stalls, came = job.partial.size(), 0, False
        bar.show(best)
        while job.partial.size() < job.file.bytes:
            reason = "it ended early"
            try:
                _stream(job, ask, bar)
            except (ModelError, NoAnswer):
                raise
            except Exception as error:
                reason = reason_of(error)
            size = job.partial.size()
            stalls, came = (0, True) if size > best else (stalls + 1, came)
            best = max(best, size)
            if size < job.file.bytes and (not came or stalls > STALLS):
                raise NoAnswer(reason)
            time.sleep(min(stalls, STALLS))


@contextmanager
def secured(response: AbstractContextManager[Response], check: Callable[[Response], None]) -> Iterator[Response]:
    """Enter `response` and let `check` raise before anything is read of it."""
    with response as entered:
        check(entered)
        yield entered
