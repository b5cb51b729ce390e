"""One connection to a ZeroMQ socket over a Unix socket, without libzmq: what a client needs of ZMTP 3.0, and no more.

https://rfc.zeromq.org/spec/23: a greeting of 64 bytes, a READY command from each side, then messages of frames.
Loading libzmq takes longer than starting the interpreter, and all that a client does is ask and listen.
"""

import socket
import time
from collections.abc import Sequence

# Signature, version 3.0, mechanism NULL, not as a server, filler.
_GREETING = b"\xff" + bytes(8) + b"\x7f" + b"\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32)
_MORE, _LONG, _COMMAND = 1, 2, 4
# A frame as long as this or longer has its size in 8 bytes.
_LONG_FROM = 256
_READY = b"\x05READY"
_SOCKET_TYPE = b"\x0bSocket-Type"
_PIECE = 65536


class Connection:
    """A connection of the socket type DEALER; its descriptor is readable when `read` has something to do."""

    def __init__(self, path: str, limit_s: float) -> None:
        """Connect and greet; raises OSError when nobody answers as ZMTP does within `limit_s` seconds."""
        self._came = bytearray()
        self._frames: list[bytes] = []
        self._socket = socket.socket(socket.AF_UNIX)
        try:
            self._greet(path, limit_s)
        except BaseException:
            self.close()
            raise

    def fileno(self) -> int:
        """Return the descriptor, for a poll."""
        return self._socket.fileno()

    def close(self) -> None:
        """Let go; what was sent still arrives."""
        self._socket.close()

    def send(self, frames: Sequence[bytes], limit_s: float) -> None:
        """Send a message; raises OSError when the other side has gone, or has not taken it within `limit_s` seconds.

        After an error, part of the message may have been sent: the connection is of no more use.
        """
        last = len(frames) - 1
        self._socket.settimeout(limit_s)
        self._socket.sendall(b"".join(_framed(frame, _MORE if at < last else 0) for at, frame in enumerate(frames)))

    def read(self) -> bool:
        """Take in what has come, once the descriptor is readable; returns whether the other side is still there."""
        try:
            piece = self._socket.recv(_PIECE)
        except OSError:
            return False
        self._came += piece
        return bool(piece)

    def next_message(self) -> list[bytes] | None:
        """Return the frames of the next message that has come as a whole, or None."""
        while (found := self._next_frame()) is not None:
            flags, frame = found
            if flags & _COMMAND:
                continue
            self._frames.append(frame)
            if not flags & _MORE:
                frames, self._frames = self._frames, []
                return frames
        return None

    def _next_frame(self) -> tuple[int, bytes] | None:
        """Return the flags and the content of the next frame that has come as a whole, or None."""
        came = self._came
        start = 9 if came and came[0] & _LONG else 2
        if len(came) < start:
            return None
        end = start + int.from_bytes(came[1:start], "big")
        if len(came) < end:
            return None
        flags, frame = came[0], bytes(came[start:end])
        del came[:end]
        return flags, frame

    def _greet(self, path: str, limit_s: float) -> None:
        deadline = time.monotonic() + limit_s
        self._socket.settimeout(limit_s)
        self._socket.connect(path)
        role = b"DEALER"
        ready = _READY + _SOCKET_TYPE + len(role).to_bytes(4, "big") + role
        self._socket.sendall(_GREETING + _framed(ready, _COMMAND))
        while len(self._came) < len(_GREETING):
            self._read_until(deadline)
        theirs = bytes(self._came[: len(_GREETING)])
        # Signature, major version and mechanism.
        if (theirs[0], theirs[9]) != (0xFF, 0x7F) or theirs[10] < 3 or theirs[12:32] != _GREETING[12:32]:  # noqa: PLR2004
            raise ConnectionError("What listens there does not speak ZMTP.")
        del self._came[: len(_GREETING)]
        # What is sent before the other side is ready would end the connection.
        while (found := self._next_frame()) is None:
            self._read_until(deadline)
        if not (found[0] & _COMMAND and found[1].startswith(_READY)):
            raise ConnectionError("What listens there does not want to talk.")

    def _read_until(self, deadline: float) -> None:
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            raise TimeoutError
        self._socket.settimeout(left_s)
        piece = self._socket.recv(_PIECE)
        if not piece:
            raise ConnectionError("What listens there hangs up.")
        self._came += piece


def _framed(content: bytes, flags: int) -> bytes:
    size = len(content)
    if size < _LONG_FROM:
        return bytes((flags, size)) + content
    return bytes((flags | _LONG,)) + size.to_bytes(8, "big") + content
