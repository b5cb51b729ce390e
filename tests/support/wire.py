"""A client of the daemon that owes nothing to ours: three frames out, three frames in, as docs/protocol.md has it."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import zmq
from terminal import DEADLINE_S
from user_home import Home

from caro_shell import __version__, lifecycle

Event = dict[str, Any]
TERMINAL = ("done", "error", "status")


class Wire:
    """One DEALER connected to the daemon of a home, which is started if there is none; use as a context manager."""

    def __init__(self, home: Home) -> None:
        """Nothing is connected yet."""
        self._home = home
        self._context = zmq.Context(io_threads=1)
        self._next = 0
        self._kept: list[tuple[bytes, Event]] = []

    def __enter__(self) -> Self:
        """Connect."""
        lifecycle.start(self._home.runtime, self._home.environ)
        self._socket = self._context.socket(zmq.DEALER)
        self._socket.setsockopt(zmq.RECONNECT_IVL, 3_600_000)
        self._socket.connect(f"ipc://{self._home.runtime}/caro.sock")
        return self

    def __exit__(self, *_: object) -> None:
        """Go away without a word, as a killed client does."""
        self._context.destroy(linger=0)

    def send_frames(self, *frames: bytes) -> None:
        """Send frames as they are."""
        self._socket.send_multipart(list(frames))

    def send(self, kind: str, **fields: object) -> bytes:
        """Send a request and return its id."""
        self._next += 1
        request_id = f"r{self._next}".encode()
        self.send_frames(b"caro/1", request_id, json.dumps({"type": kind, **fields}).encode())
        return request_id

    def generate(self, line: str, **fields: object) -> bytes:
        """Send a `generate` from this machine's shell, version and settings, and return its id."""
        return self.send("generate", **{**self.fields(line), **fields})

    def fields(self, line: str) -> Mapping[str, object]:
        """Return what a `generate` from this home holds."""
        settings = {name: value for name, value in self._home.environ.items() if name.startswith("CARO_")}
        return {"line": line, "shell": "bash", "version": __version__, "settings": settings}

    def frames(self) -> list[bytes]:
        """Return the frames of the next message; fails when none comes."""
        assert self._socket.poll(int(DEADLINE_S * 1000)), f"the daemon said nothing; its log:\n{self._log()}"
        return self._socket.recv_multipart()

    def _log(self) -> str:
        return Path(self._home.runtime, "daemon.log").read_text()

    def event(self, request_id: bytes) -> Event:
        """Return the next event of a request; what belongs to others is kept for them."""
        deadline = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline:
            for at, (kept_id, event) in enumerate(self._kept):
                if kept_id == request_id:
                    del self._kept[at]
                    return event
            version, found_id, body = self.frames()
            assert version == b"caro/1"
            self._kept.append((found_id, json.loads(body)))
        raise AssertionError(f"nothing came for {request_id!r}, only {self._kept}")

    def events(self, request_id: bytes, until: tuple[str, ...] = TERMINAL) -> list[Event]:
        """Return the events of a request up to its terminal one, or to one of the kinds in `until`."""
        deadline = time.monotonic() + DEADLINE_S
        found = [self.event(request_id)]
        while found[-1]["type"] not in until:
            assert time.monotonic() < deadline, f"no end of {request_id!r}: {found}"
            found.append(self.event(request_id))
        return found

    def ask(self, kind: str, **fields: object) -> Event:
        """Send a request and return its terminal event."""
        return self.events(self.send(kind, **fields))[-1]

    def answer(self, line: str, **fields: object) -> Event:
        """Ask for a command and return the terminal event."""
        return self.events(self.generate(line, **fields))[-1]

    def ended(self) -> bool:
        """Say whether the daemon has nothing more to say to us: what is asked now is answered next."""
        request_id = self.send("status")
        _version, found_id, _body = self.frames()
        return found_id == request_id and not self._kept
