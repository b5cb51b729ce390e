"""An HTTP server that does what a test tells it to, byte by byte; it is nobody's model.

Each request that is posted takes the next plan, the last plan serves all that follow. A plan is a sequence of steps:
bytes are sent as they are, `Pause(NAME)` waits until the test opens that gate or the client goes away, and a plan
that ends with `HANG_UP` closes the connection.
"""

import json
import socket
import ssl
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self

from terminal import DEADLINE_S, wait_for


@dataclass(frozen=True)
class Pause:
    """Wait for a gate; `drip` is sent again and again while it is closed."""

    name: str = "never"
    drip: bytes = b""


@dataclass(frozen=True)
class HangUp:
    """Close the connection; `reset`: as a crash does it."""

    reset: bool = False


HANG_UP = HangUp()
Step = bytes | Pause | HangUp
Plan = Iterable[Step]


@dataclass(frozen=True)
class Seen:
    """A request as it came; the names of `headers` are in small letters."""

    method: str
    target: str
    headers: dict[str, str]
    raw: bytes = field(repr=False)
    connection: int = 0

    @property
    def body(self) -> dict[str, Any]:
        """What was posted."""
        found: dict[str, Any] = json.loads(self.raw)
        return found


def http(status: str, body: bytes | str | dict[str, Any], *headers: str) -> bytes:
    """Return a whole answer."""
    data = body if isinstance(body, bytes) else (json.dumps(body) if isinstance(body, dict) else body).encode()
    kind = "application/json" if isinstance(body, dict) else "text/plain"
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(data)}"]
    lines += [] if any(line.lower().startswith("content-type") for line in headers) else [f"Content-Type: {kind}"]
    return "\r\n".join([*lines, *headers, "", ""]).encode() + data


STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
END = b"0\r\n\r\n"


def chunk(data: bytes) -> bytes:
    """Return one piece of a chunked body."""
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def event(said: object) -> bytes:
    """Return one event of a stream."""
    return chunk(f"data: {said if isinstance(said, str) else json.dumps(said)}\n\n".encode())


def piece(text: str | None = None, reason: str | None = None, **more: Any) -> bytes:  # noqa: ANN401  JSON
    """Return the event with a piece of an answer."""
    delta = {} if text is None else {"content": text}
    return event({"choices": [{"index": 0, "delta": {**delta, **more}, "finish_reason": reason}]})


def answer(*pieces: str, reason: str = "stop", usage: dict[str, Any] | None = None) -> list[Step]:
    """Return the plan of a whole answer, as every server does it."""
    last = [event({"choices": [], "usage": usage})] if usage else []
    return [STREAM, *map(piece, pieces), piece(reason=reason), *last, event("[DONE]"), END]


MODELS = http("200 OK", {"object": "list", "data": [{"id": "scripted", "object": "model"}]})


class ScriptedServer:
    """A server on a port of its own; use as a context manager."""

    def __init__(self, *plans: Plan, models: bytes = MODELS, tls: ssl.SSLContext | None = None) -> None:
        """`models` is what a GET is answered."""
        self._plans: list[Plan] = list(plans) or [answer("ls")]
        self._models, self._tls = models, tls
        self._gates: dict[str, threading.Event] = {}
        self._lock = threading.Lock()
        self._left = threading.Event()
        self.seen: list[Seen] = []
        self.connections = 0
        self.gone = threading.Event()
        """Set once a client has gone away in the middle of an answer."""

    def __enter__(self) -> Self:
        """Listen on a free port of this machine."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"http{'s' if self._tls else ''}://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop listening; every connection is closed."""
        self._left.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def plan(self, *plans: Plan) -> None:
        """Do this from now on."""
        with self._lock:
            self._plans = list(plans)

    def open_gate(self, name: str) -> None:
        """Let a plan go on."""
        self._gate(name).set()

    def posted(self, times: int = 1) -> Seen:
        """Wait until `times` requests were posted, and return the latest."""
        wait_for(lambda: len(self.posts) >= times, lambda: f"for {times} posts; seen {self.seen}")
        return self.posts[-1]

    @property
    def posts(self) -> list[Seen]:
        """What was posted so far."""
        return [seen for seen in self.seen if seen.method == "POST"]

    def client_went(self) -> None:
        """Wait until a client has gone away in the middle of an answer."""
        assert self.gone.wait(DEADLINE_S), "the client is still there"

    def _gate(self, name: str) -> threading.Event:
        with self._lock:
            return self._gates.setdefault(name, threading.Event())

    def _accept(self) -> None:
        while True:
            try:
                connection, _peer = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection, self.connections), daemon=True).start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        with suppress(OSError, ValueError):
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
            with connection, connection.makefile("rb") as reader:
                while (seen := self._read(reader, number)) and self._play(connection, self._plan_for(seen)):
                    pass

    def _read(self, reader: Any, number: int) -> Seen | None:  # noqa: ANN401  a BufferedReader
        first = reader.readline().decode().split()
        if len(first) != 3:
            return None
        headers = {}
        while line := reader.readline().decode().strip():
            name, _colon, value = line.partition(":")
            headers[name.lower()] = value.strip()
        seen = Seen(first[0], first[1], headers, reader.read(int(headers.get("content-length", 0))), number)
        self.seen.append(seen)
        return seen

    def _plan_for(self, seen: Seen) -> Plan:
        if seen.method == "GET":
            return [self._models]
        with self._lock:
            return self._plans.pop(0) if len(self._plans) > 1 else self._plans[0]

    def _play(self, connection: socket.socket, plan: Plan) -> bool:
        """Do what a plan says; returns whether the connection is still of use."""
        try:
            for step in plan:
                if isinstance(step, HangUp):
                    if step.reset:
                        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                    return False
                if isinstance(step, bytes):
                    connection.sendall(step)
                elif not self._waited(connection, step):
                    return False
        except OSError:
            self.gone.set()
            return False
        return True

    def _waited(self, connection: socket.socket, pause: Pause) -> bool:
        gate = self._gate(pause.name)
        while not gate.wait(0.01):
            if self._left.is_set():
                return False
            if pause.drip:
                connection.sendall(pause.drip)
            if _is_closed(connection):
                self.gone.set()
                return False
        return True


def _is_closed(connection: socket.socket) -> bool:
    """Say whether the other side has closed; nothing else is expected from it in the middle of an answer."""
    connection.setblocking(False)
    try:
        return connection.recv(1) == b""
    except (BlockingIOError, ssl.SSLWantReadError):
        return False
    finally:
        connection.setblocking(True)


def endless(text: str) -> Iterator[bytes]:
    """Yield a stream that never ends."""
    yield STREAM
    while True:
        yield piece(text)
