"""The client of the daemon: sends one request, passes its events on, and starts or replaces the daemon.

Standard library and zmq only, and of those only what is needed before the request is sent: every
millisecond here is felt at every key press.
"""

import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Self

import zmq

from caro_shell import paths, protocol
from caro_shell.errors import Cancelled, DaemonError, ProtocolError, error_from_wire

# Connecting to a listening unix socket takes far less; past this the daemon is looked for in earnest.
_CONNECT_MS = 100
# A daemon that is known to listen is given this long on a machine that is very busy.
_LISTENING_MS = 5000
# Two heartbeats have failed to come: look whether the daemon is still there.
_SILENCE_MS = int(protocol.HEARTBEAT_S * 2000) + 100
# A daemon that is there and says nothing for so long has lost the request.
_LOST_S = 20.0
# With IMMEDIATE, or with reconnecting turned off, libzmq throws away what the daemon said just before it left. So it
# may reconnect, in an hour; what becomes of the connection is told by its monitor.
_RECONNECT_MS = 3_600_000
_NEWS = zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_DISCONNECTED | zmq.EVENT_CLOSED
_NOT_SETTINGS = frozenset({"CARO_PYTHON", "CARO_RUNTIME_DIR"})
_PATHS = frozenset({"CARO_API_KEY_FILE", "CARO_CONFIG", "CARO_MODEL", "CARO_MODELS_DIR"})


# The next two never leave this module: an error of the tree stands for its `code`, and these have none.
class _LostError(Exception):
    """The daemon went away; asking again is right when it had not accepted the request yet."""

    def __init__(self, *, accepted: bool) -> None:
        super().__init__()
        self.accepted = accepted


class _StaleError(Exception):
    """The daemon `pid` is of another version."""

    def __init__(self, message: str, pid: int) -> None:
        super().__init__(message)
        self.message = message
        self.pid = pid


def settings_in(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the settings in the environment that the daemon has to follow; it lives in another directory."""
    return {
        name: os.path.abspath(value) if name in _PATHS and os.path.exists(value) else value
        for name, value in environ.items()
        if name.startswith("CARO_") and name not in _NOT_SETTINGS
    }


class Client:
    """One connection to the daemon of this user; use it as a context manager."""

    def __init__(
        self, environ: Mapping[str, str], hang_up: int | None = None, hang_up_events: int = zmq.POLLERR
    ) -> None:
        """`hang_up` is a pipe's writing end: when its reader has gone (or at `hang_up_events`), the request ends."""
        self._environ = {**environ, **settings_in(environ)}
        self._directory = paths.runtime_dir(environ)
        self._context = zmq.Context(io_threads=1)
        self._socket: zmq.Socket[bytes] | None = None
        self._news: zmq.Socket[bytes] | None = None
        self._hang_up = hang_up
        self._hang_up_events = hang_up_events
        self._next_id = self._connections = 0

    def __enter__(self) -> Self:
        """Return the client; nothing is connected yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go; a cancel that is on its way still goes out."""
        self._disconnect()
        self._context.term()

    def ask(
        self, message: Mapping[str, Any], show: Callable[[dict[str, Any]], None] = lambda _event: None
    ) -> dict[str, Any]:
        """Send a request, pass every event to `show`, and return the last one.

        Raises what an `error` event stands for, Cancelled when the user or the reader left, and DaemonError
        when no daemon can be had or it died in mid-answer. A stale daemon is replaced once.
        """
        replaced = False
        for last in (False, False, True):
            try:
                return self._ask_once(message, show)
            except _LostError as lost:
                self._disconnect()
                if lost.accepted:
                    raise DaemonError(
                        "The daemon stopped in the middle of the answer.", "Ask again: it starts by itself."
                    ) from None
                if last:
                    break
            except _StaleError as stale:
                if replaced:
                    raise DaemonError(stale.message, "Try: caro daemon restart") from None
                replaced = True
                self._stop(stale.pid)
        raise DaemonError("The daemon cannot be kept running.", "See: caro daemon logs")

    def is_running(self) -> bool:
        """Say whether a daemon listens, without starting one."""
        from caro_shell import lifecycle

        return os.path.isdir(self._directory) and lifecycle.is_listening(self._directory)

    def stop(self) -> bool:
        """Ask the daemon to leave and wait until it has; returns whether there was one."""
        from caro_shell import lifecycle

        pid = lifecycle.holder(self._directory)
        if pid == 0:
            return False
        self._stop(pid)
        return True

    def _stop(self, pid: int) -> None:
        """Ask the daemon `pid` to leave and wait for it; another daemon is left alone."""
        from caro_shell import lifecycle

        # Another daemon, or none, may be there by now: nothing to ask, and nothing to start.
        if self._socket is not None or self._try_connect(_LISTENING_MS):
            with suppress(_LostError, _StaleError):
                self._ask_once({"type": "shutdown", "pid": pid}, lambda _event: None)
        self._disconnect()
        if not lifecycle.wait_until(lambda: lifecycle.holder(self._directory) not in (pid, -1), lifecycle.STOP_LIMIT_S):
            raise DaemonError("The daemon does not leave.", f"Try: kill {pid}")

    def _connect(self) -> "zmq.Socket[bytes]":
        """Return a connected socket; starts the daemon when there is none."""
        if self._socket is not None:
            return self._socket
        if not (found := self._try_connect(_CONNECT_MS)):
            from caro_shell import lifecycle

            lifecycle.start(self._directory, self._environ)
            found = self._try_connect(_LISTENING_MS)
        if found is None:
            raise _LostError(accepted=False)
        return found

    def _try_connect(self, limit_ms: int) -> "zmq.Socket[bytes] | None":
        if not paths.has_own_socket(self._directory):
            return None
        self._socket = socket = self._context.socket(zmq.DEALER)
        socket.setsockopt(zmq.RECONNECT_IVL, _RECONNECT_MS)
        socket.setsockopt(zmq.LINGER, 100)
        self._news = self._context.socket(zmq.PAIR)
        self._connections += 1
        socket.monitor(f"inproc://news-{self._connections}", _NEWS)
        self._news.connect(f"inproc://news-{self._connections}")
        socket.connect(f"ipc://{paths.socket_path(self._directory)}")
        if self._news.poll(limit_ms):
            event, _path = self._news.recv_multipart()
            # struct zmq_event: the first 16 bits, in the machine's own order, say what happened.
            if int.from_bytes(event[:2], sys.byteorder) == zmq.EVENT_HANDSHAKE_SUCCEEDED:
                return socket
        self._disconnect(linger=0)
        return None

    def _disconnect(self, linger: int | None = None) -> None:
        if self._socket is not None and self._news is not None:
            # In this order: libzmq's thread would wait for ever to tell news to a monitor that has gone.
            self._socket.disable_monitor()
            self._socket.close(linger)
            self._news.close()
        self._socket = self._news = None

    def _ask_once(self, message: Mapping[str, Any], show: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
        socket = self._connect()
        accepted = False
        self._next_id += 1
        request_id = f"{os.getpid()}-{self._next_id}".encode()
        if self._news is not None and self._news.poll(0):
            # It broke after the request before this one.
            raise _LostError(accepted=False)
        # A press that a newer one has replaced while it was starting must not overtake it and take its place.
        if self._is_hung_up():
            raise Cancelled("Nobody waits for the answer.")
        socket.send_multipart(protocol.encode(request_id, message))
        try:
            while True:
                event = self._next_event(socket, request_id)
                if event is None:
                    raise _LostError(accepted=accepted)
                accepted = True
                if event["type"] == "error":
                    if event["code"] == "stale":
                        raise _StaleError(event["message"], event.get("pid", 0))
                    raise error_from_wire(event["code"], event["message"], event["hint"])
                show(event)
                if event["type"] in protocol.TERMINAL:
                    return event
        except (KeyboardInterrupt, Cancelled):
            socket.send_multipart(protocol.encode(request_id, {"type": "cancel", "request": request_id.decode()}))
            raise

    def _is_hung_up(self) -> bool:
        if self._hang_up is None:
            return False
        poller = zmq.Poller()
        poller.register(self._hang_up, self._hang_up_events)
        return bool(poller.poll(0))

    def _next_event(self, socket: "zmq.Socket[bytes]", request_id: bytes) -> dict[str, Any] | None:
        """Return the next event of this request, or None when it will not come."""
        poller = zmq.Poller()
        poller.register(socket, zmq.POLLIN)
        poller.register(self._news, zmq.POLLIN)
        if self._hang_up is not None:
            poller.register(self._hang_up, self._hang_up_events)
        deadline = time.monotonic() + _LOST_S
        while True:
            ready = dict(poller.poll(_SILENCE_MS))
            if self._hang_up in ready:
                raise Cancelled("Nobody waits for the answer.")
            if socket in ready:
                found_id, event = self._decode(socket.recv_multipart())
                if found_id == request_id:
                    return event
            elif self._news in ready:
                # What it still said before it died has all arrived by now.
                if not socket.poll(0):
                    return None
            elif not self.is_running() or time.monotonic() > deadline:
                return None

    def _decode(self, frames: Sequence[bytes]) -> tuple[bytes, dict[str, Any]]:
        try:
            return protocol.decode(frames, protocol.EVENTS)
        except ProtocolError as error:
            if frames[0] != protocol.VERSION:
                from caro_shell import lifecycle

                raise _StaleError(error.message, lifecycle.holder(self._directory)) from None
            raise DaemonError(error.message, error.hint or "Try: caro daemon restart") from None
