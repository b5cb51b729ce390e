"""The daemon's end of the socket: bound for this user alone, and never waiting for a client."""

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import zmq

from caro_shell import paths, protocol

# Past this libzmq closes the connection; up to it the client is told what is wrong.
_FRAME_LIMIT = 16 * protocol.MESSAGE_LIMIT
# Messages that are held for one client before the kernel makes it wait, and events for one that does not read: some
# megabytes at most. libzmq's own limit is a thousand of each.
_MOST_UNREAD, _MOST_UNTOLD = 16, 256


class Router:
    """A ROUTER socket at `path`; the caller holds the lock that says who may bind it."""

    def __init__(self, context: "zmq.Context[zmq.Socket[bytes]]", path: str) -> None:
        """Bind the socket with mode 0600; a file left by a daemon that was killed is replaced. Raises DaemonError."""
        self._path = path
        self.socket = context.socket(zmq.ROUTER)
        # A client that has gone is an error at the next send, not a message dropped in silence.
        self.socket.setsockopt(zmq.ROUTER_MANDATORY, 1)
        self.socket.setsockopt(zmq.LINGER, 200)
        self.socket.setsockopt(zmq.MAXMSGSIZE, _FRAME_LIMIT)
        self.socket.setsockopt(zmq.RCVHWM, _MOST_UNREAD)
        self.socket.setsockopt(zmq.SNDHWM, _MOST_UNTOLD)
        with suppress(zmq.ZMQError):
            # The kernel says who connects (SO_PEERCRED); where it does not, the modes alone keep others out.
            self.socket.setsockopt(zmq.IPC_FILTER_UID, os.getuid())
        with suppress(FileNotFoundError):
            os.unlink(path)
        # The socket's mode is the umask's.
        before = os.umask(0o177)
        try:
            self.socket.bind(f"ipc://{path}")
        except zmq.ZMQError as error:
            raise paths.unusable(path, OSError(error.errno, error.strerror)) from None
        finally:
            os.umask(before)
        self._inode = self._found()

    def receive(self) -> tuple[bytes, Sequence[bytes]]:
        """Return the client that sent the next message, and its frames."""
        client, *frames = self.socket.recv_multipart()
        return client, frames

    def send(self, client: bytes, request_id: bytes, event: Mapping[str, Any]) -> bool:
        """Send an event; False when the client has gone or does not read."""
        try:
            self.socket.send_multipart([client, *protocol.encode(request_id, event)], zmq.NOBLOCK)
        except zmq.ZMQError as error:
            if error.errno in (zmq.EHOSTUNREACH, zmq.EAGAIN):
                return False
            raise
        return True

    def _found(self) -> int:
        try:
            return os.stat(self._path, follow_symlinks=False).st_ino
        except OSError:
            return 0

    def is_reachable(self) -> bool:
        """Say whether the socket's file is still there and ours: somebody may have removed it, or its directory."""
        return self._found() == self._inode

    def unlink(self) -> None:
        """Remove the socket's file, so that nobody connects in vain; another daemon's is left alone."""
        if self.is_reachable():
            with suppress(FileNotFoundError):
                os.unlink(self._path)

    def close(self) -> None:
        """Close the socket once the last words are on their way."""
        self.socket.close()
