"""One HTTP exchange on a thread of its own, so that whoever waits for it can be interrupted at any moment.

A name that is looked up, a server that says nothing: none of these can be interrupted in the thread that waits for
it. So that thread is left behind, its connection is closed, and it ends by itself.
"""

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, Full, Queue
from typing import Any

import httpx

# How soon a cancel is seen while a server says nothing; what it says is passed on at once.
_POLL_S = 0.025
# Pieces that may wait to be read. A server that writes faster is made to wait.
_MOST_WAITING = 256


@dataclass(frozen=True)
class Head:
    """How an answer begins; the names of `headers` are in small letters."""

    status: int
    headers: dict[str, str]


class StoppedError(Exception):
    """The user has cancelled."""


class SilentError(Exception):
    """Nothing came in time."""


class _LeftBehindError(Exception):
    """Nobody waits for this exchange any more."""


class Connections:
    """The latest connection of a client: the one that is used again, as only one is kept."""

    latest: Any = None


def _cut(stream: Any) -> None:  # noqa: ANN401  httpcore's own
    """End a connection, so that whoever reads from it wakes and the server stops."""
    if stream is None:
        return
    found = stream.get_extra_info("socket")
    with suppress(OSError, AttributeError, TypeError):
        # Past the methods of a TLS socket: another thread is in the middle of one.
        socket.socket.shutdown(found, socket.SHUT_RDWR)


class Exchange:
    """A request that is on its way since it was made; `next` gives the head, then the body piece by piece."""

    def __init__(self, client: httpx.Client, request: httpx.Request, connections: Connections) -> None:
        """Start it."""
        self._client, self._request, self._connections = client, request, connections
        self._news: Queue[Head | bytes | Exception | None] = Queue(_MOST_WAITING)
        self._left = threading.Event()
        self._stream: Any = None
        self.is_written = self.is_fresh = False
        """Whether the server may have read the request; whether it had to be connected for it."""
        request.extensions = {**request.extensions, "trace": self._trace}
        threading.Thread(target=self._run, name="server", daemon=True).start()

    def _trace(self, name: str, info: dict[str, Any]) -> None:
        """Follow httpcore: it is the only one who knows the connection before an answer has begun."""
        if name.endswith((".connect_tcp.complete", ".start_tls.complete")):
            if self._left.is_set():
                info["return_value"].close()
                raise _LeftBehindError
            self.is_fresh = True
            self._stream = self._connections.latest = info["return_value"]
        elif name.endswith(".send_request_headers.started"):
            if self._left.is_set():
                raise _LeftBehindError
            self._stream = self._stream or self._connections.latest
        elif name.endswith(".send_request_body.started"):
            self.is_written = True

    def _run(self) -> None:
        try:
            response = self._client.send(self._request, stream=True)
            self._stream = response.extensions.get("network_stream", self._stream)
            try:
                self._put(Head(response.status_code, {k.lower(): v for k, v in response.headers.items()}))
                for chunk in response.iter_bytes():
                    self._put(chunk)
            finally:
                response.close()
            self._put(None)
        except _LeftBehindError:
            pass
        except Exception as error:  # whatever it is, whoever waits turns it into a sentence
            with suppress(_LeftBehindError):
                self._put(error)

    def _put(self, item: Head | bytes | Exception | None) -> None:
        while not self._left.is_set():
            with suppress(Full):
                self._news.put(item, timeout=0.2)
                return
        raise _LeftBehindError

    def next(self, cancelled: Callable[[], bool], deadline: float) -> Head | bytes | None:
        """Return what came next, None at the end; raises StoppedError, SilentError at `deadline`, or what went wrong.

        `deadline` is of time.monotonic.
        """
        while True:
            if cancelled():
                self.leave()
                raise StoppedError
            try:
                item = self._news.get(timeout=max(0.0, min(_POLL_S, deadline - time.monotonic())))
            except Empty:
                if time.monotonic() >= deadline:
                    self.leave()
                    raise SilentError from None
                continue
            if isinstance(item, Exception):
                raise item
            return item

    def leave(self) -> None:
        """Wait no longer: the connection is closed, and the server notices."""
        if not self._left.is_set():
            self._left.set()
            _cut(self._stream)

    def finish(self) -> None:
        """Let the rest of the answer come, so that the connection can be used again; it is not read."""
        threading.Thread(target=self._drain, name="server-rest", daemon=True).start()

    def _drain(self) -> None:
        deadline = time.monotonic() + 1.0
        try:
            while self.next(lambda: False, deadline) is not None:
                pass
        except Exception:  # the answer is there already
            self.leave()
