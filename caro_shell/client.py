"""The client of the daemon: sends one request, passes its events on, and starts or replaces the daemon.

Standard library only, and of that only what is needed before the request is sent: every millisecond here is felt at
every key press.
"""

import os
import select
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Self

from caro_shell import paths, protocol
from caro_shell.errors import Cancelled, DaemonError, ProtocolError, error_from_wire
from caro_shell.zmtp import Connection

# Connecting to a listening unix socket takes far less; past this the daemon is looked for in earnest.
_CONNECT_S = 0.1
# A daemon that is known to listen is given this long on a machine that is very busy.
_LISTENING_S = 5.0
# A request that is given up ends with its connection anyway.
_CANCEL_S = 0.1
# Two heartbeats have failed to come: look whether the daemon is still there.
_SILENCE_MS = int(protocol.HEARTBEAT_S * 2000) + 100
# A daemon that is there and says nothing for so long has lost the request.
_LOST_S = 20.0
_NOT_SETTINGS = frozenset({"CARO_PYTHON", "CARO_RUNTIME_DIR", "CARO_TOUR"})
_PATHS = frozenset({"CARO_API_KEY_FILE", "CARO_CONFIG", "CARO_MODEL", "CARO_MODELS_DIR"})


# The next two never leave this module: an error of the tree stands for its `code`, and these have none.
class _LostError(Exception):
    """The daemon went away; asking again is right when it had not accepted the request yet.

    `silent`: it is there, and says nothing; asking again would be no better.
    """

    def __init__(self, *, accepted: bool, silent: bool = False) -> None:
        super().__init__()
        self.accepted = accepted
        self.silent = silent


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
        self, environ: Mapping[str, str], hang_up: int | None = None, hang_up_events: int = select.POLLERR
    ) -> None:
        """`hang_up` is a pipe's writing end: when its reader has gone (or at `hang_up_events`), the request ends."""
        self._environ = {**environ, **settings_in(environ)}
        self._directory = paths.runtime_dir(environ)
        self._connection: Connection | None = None
        self._hang_up = hang_up
        self._hang_up_events = hang_up_events
        self._next_id = 0

    def __enter__(self) -> Self:
        """Return the client; nothing is connected yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go; a cancel that is on its way still goes out."""
        self._disconnect()

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
                if lost.silent:
                    raise DaemonError("The daemon does not answer.", "Try: caro daemon restart") from None
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
            except (KeyboardInterrupt, Cancelled):
                # It may have been in the middle of a message.
                self._disconnect()
                raise
        raise DaemonError("The daemon cannot be kept running.", "See: caro daemon logs")

    def is_running(self) -> bool:
        """Say whether a daemon listens, without starting one."""
        from caro_shell import lifecycle

        return os.path.isdir(self._directory) and lifecycle.is_listening(self._directory)

    def stop(self) -> bool:
        """Ask the daemon to leave and wait until it has; one that hangs is killed. Returns whether there was one."""
        from caro_shell import lifecycle

        # Where its lock has been removed, it is known by its socket.
        pid = lifecycle.holder(self._directory) or lifecycle.listener(self._directory)
        if pid == 0:
            return False
        try:
            self._stop(pid)
        except DaemonError:
            if not lifecycle.end_by_force(self._directory, pid):
                raise
        return True

    def _stop(self, pid: int) -> None:
        """Ask the daemon `pid` to leave and wait for it; another daemon is left alone."""
        from caro_shell import lifecycle

        # Another daemon, or none, may be there by now: nothing to ask, and nothing to start.
        if self._connection is not None or self._try_connect(_LISTENING_S):
            with suppress(_LostError, _StaleError):
                self._ask_once({"type": "shutdown", "pid": pid}, lambda _event: None)
        self._disconnect()
        if not lifecycle.wait_until(lambda: lifecycle.holder(self._directory) not in (pid, -1), lifecycle.STOP_LIMIT_S):
            raise DaemonError("The daemon does not leave.", f"Try: kill -9 {pid}")

    def _connect(self) -> Connection:
        """Return a connection; starts the daemon when there is none."""
        if self._connection is not None:
            return self._connection
        if not (found := self._try_connect(_CONNECT_S)):
            from caro_shell import lifecycle

            lifecycle.start(self._directory, self._environ)
            since = time.monotonic()
            found = self._try_connect(_LISTENING_S)
            if found is None:
                raise _LostError(accepted=False, silent=time.monotonic() - since >= _LISTENING_S)
        return found

    def _try_connect(self, limit_s: float) -> Connection | None:
        if not paths.has_own_socket(self._directory):
            return None
        with suppress(OSError):
            self._connection = Connection(paths.socket_path(self._directory), limit_s)
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _ask_once(self, message: Mapping[str, Any], show: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
        connection = self._connect()
        accepted = False
        self._next_id += 1
        request_id = f"{os.getpid()}-{self._next_id}".encode()
        ready = self._ready(connection, 0)
        # A press that a newer one has replaced while it was starting must not overtake it and take its place.
        if self._hang_up in ready:
            raise Cancelled("Nobody waits for the answer.")
        if connection.fileno() in ready and not connection.read():
            # It broke after the request before this one.
            raise _LostError(accepted=False)
        try:
            connection.send(protocol.encode(request_id, message), _LISTENING_S)
        except OSError:
            raise _LostError(accepted=False) from None
        try:
            while True:
                event = self._next_event(connection, request_id)
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
            with suppress(OSError):
                cancel = {"type": "cancel", "request": request_id.decode()}
                connection.send(protocol.encode(request_id, cancel), _CANCEL_S)
            raise

    def _ready(self, connection: Connection, limit_ms: int) -> set[int]:
        """Return which descriptors have something to say: the daemon's, and the one whose end ends the request."""
        poll = select.poll()
        poll.register(connection, select.POLLIN)
        if self._hang_up is not None:
            poll.register(self._hang_up, self._hang_up_events)
        return {descriptor for descriptor, _events in poll.poll(limit_ms)}

    def _next_event(self, connection: Connection, request_id: bytes) -> dict[str, Any] | None:
        """Return the next event of this request, or None when it will not come."""
        deadline = time.monotonic() + _LOST_S
        while True:
            while (frames := connection.next_message()) is not None:
                found_id, event = self._decode(frames)
                if found_id == request_id:
                    return event
            ready = self._ready(connection, _SILENCE_MS)
            if self._hang_up in ready:
                raise Cancelled("Nobody waits for the answer.")
            if connection.fileno() in ready:
                # What it still said before it died has all been read by now.
                if not connection.read():
                    return None
            elif not self.is_running():
                return None
            elif time.monotonic() > deadline:
                raise _LostError(accepted=True, silent=True)

    def _decode(self, frames: Sequence[bytes]) -> tuple[bytes, dict[str, Any]]:
        try:
            return protocol.decode(frames, protocol.EVENTS)
        except ProtocolError as error:
            if frames[0] != protocol.VERSION:
                from caro_shell import lifecycle

                raise _StaleError(error.message, lifecycle.holder(self._directory)) from None
            raise DaemonError(error.message, error.hint or "Try: caro daemon restart") from None
