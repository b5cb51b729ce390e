"""A client that writes what a test tells it to, in place of ours: a shell's CARO_PYTHON.

`plan.json` in the directory CARO_TEST_SCRIPT is a list of pieces (bytes as Latin-1). With stdout to a line editor that
reads as they come (`stream`), each is written once the one before has been read; else all of them are the file of the
answer, and the terminal is made to type `ESC[0n`. When the shell has taken everything, or has hung up, `sent` is there.
"""

import fcntl
import json
import os
import select
import signal
import struct
import sys
import termios
import time
from contextlib import suppress
from pathlib import Path

_LOOK_S = 0.005
# A shell that does not take what it is given has failed the test; this process must not stay for it.
_MOST_S = 120.0


def _unread(pipe: int) -> int:
    """Return how many bytes of a pipe nobody has read."""
    return int(struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)))[0])


def _is_hung_up(pipe: int) -> bool:
    """Say whether nobody reads a pipe any more; what is in it then stays unread."""
    poll = select.poll()
    poll.register(pipe, 0)
    return bool(poll.poll(0))


def _stream(pieces: list[bytes]) -> None:
    with suppress(BrokenPipeError):
        for piece in pieces:
            left = piece
            while left:
                left = left[os.write(1, left) :]
            end = time.monotonic() + _MOST_S
            while _unread(1) and not _is_hung_up(1) and time.monotonic() < end:
                time.sleep(_LOOK_S)


def _detach(directory: Path, terminal: str, pieces: list[bytes]) -> bool:
    """Leave the answer and wait until it has been taken; returns False in the process that the shell waits for."""
    path = directory / f"answer.{os.getppid()}.{os.getpid()}"
    (directory / "new").write_bytes(b"".join(pieces))
    (directory / "new").replace(path)
    child = os.fork()
    if child:
        sys.stdout.write(f"{child} {path}\n")
        sys.stdout.flush()
        return False
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    for number in (signal.SIGINT, signal.SIGTTOU, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    with open(terminal, "wb", buffering=0) as screen:  # noqa: PTH123  a device
        end = time.monotonic() + _MOST_S
        while path.stat().st_size and path.read_bytes() != b"offer" and time.monotonic() < end:
            screen.write(b"\x1b[5n")
            asked = time.monotonic()
            # A shell that is busy may not see it the first time.
            while path.stat().st_size and time.monotonic() < asked + 5:
                time.sleep(_LOOK_S)
    path.unlink()
    return True


def main() -> None:
    """Read the press, and answer it by the plan."""
    directory = Path(os.environ["CARO_TEST_SCRIPT"])
    said = sys.stdin.buffer.read().decode("utf-8", "replace").split("\0")
    fields = dict(field.split("\t", 1) for field in said if "\t" in field)
    pieces = [piece.encode("latin-1") for piece in json.loads((directory / "plan.json").read_text())]
    if '"stream"' in sys.argv[-1]:
        _stream(pieces)
    elif not _detach(directory, fields["terminal"], pieces):
        return
    (directory / "sent").touch()


main()
