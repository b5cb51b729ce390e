"""An https address with a hash: the model's own, or a mirror that the user names. Proxies and ~/.netrc hold."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from caro_shell.models.catalogue import Model
from caro_shell.models.disk import check_room
from caro_shell.models.sources import Job, NoAnswer
from caro_shell.models.sources.http import SILENCE_S, Response, download, reason_of

if TYPE_CHECKING:
    import httpx

_MOST_REDIRECTS = 8


@contextmanager
def _opened(client: "httpx.Client", url: str, headers: dict[str, str]) -> Iterator[Any]:
    """Request `url` and what it redirects to, each by https; raises NoAnswer or httpx's errors."""
    for _ in range(_MOST_REDIRECTS):
        if urlsplit(url).scheme != "https":
            raise NoAnswer("it redirects to an address without encryption")
        with client.stream("GET", url, headers=headers) as response:
            if not response.has_redirect_location:
                response.raise_for_status()
                yield response
                return
            url = urljoin(url, response.headers["Location"])
    raise NoAnswer("it redirects for ever")


def _client() -> "httpx.Client":
    import httpx

    return httpx.Client(timeout=SILENCE_S, follow_redirects=False)


def look_up(model: Model) -> Model:
    """Return `model` with the size that its server says; raises NoAnswer."""
    # An address that was signed for GET refuses HEAD; the body is left unread.
    try:
        with _client() as client, _opened(client, model.url, {"Accept-Encoding": "identity"}) as response:
            size = int(response.headers.get("Content-Length", 0))
    except NoAnswer:
        raise
    except Exception as error:
        raise NoAnswer(reason_of(error), unreachable=not hasattr(error, "response")) from None
    if not size:
        raise NoAnswer("it does not say how large the file is")
    return replace(model, files=(replace(model.files[0], bytes=size),))


def fetch(job: Job, url: str = "") -> Path:
    """Download the file from its address, or from `url`; goes on where an earlier run stopped. Raises NoAnswer."""
    url = url or job.model.url
    if not url:
        raise NoAnswer("it has no address of its own", expected=True)
    # A signed address is another one each time.
    job.partial.begin(url.partition("?")[0])
    there = job.partial.size()
    check_room(job.path.parent, job.file.bytes - there)
    host = urlsplit(url).hostname
    job.say(f"fetching it from {host}{', going on where it stopped' if there else ''}")
    with _client() as client:

        def ask(headers: dict[str, str]) -> AbstractContextManager[Response]:
            return _opened(client, url, headers)

        download(job, ask)
    return job.partial.path
