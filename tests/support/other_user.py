"""Another user of this machine, who tries what a curious or hostile one would: a process of its own with its own uid.

Run as a program, it is that user: it reads a call a line, `[name, argument …]`, and answers each with a line of JSON.
"""

import errno
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Self

OTHER_UID = 65501
"""Of nobody: no account, no files, no processes."""


class OtherUser:
    """That process; use it as a context manager. Only root can be another user, so whoever uses this asks `can_be`."""

    def __enter__(self) -> Self:
        """Start it."""
        self._process = subprocess.Popen(
            [sys.executable, "-I", __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd="/"
        )
        assert self.do("whoami") == [OTHER_UID, OTHER_UID, []]
        return self

    def __exit__(self, *_: object) -> None:
        """End it, and with it the sockets that it listens on."""
        self._process.communicate()

    def do(self, name: str, *arguments: object) -> Any:  # noqa: ANN401  whatever JSON has
        """Have it do one of the functions below and return what came of it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([name, *map(str, arguments)]) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


def can_be() -> bool:
    """Say whether this process may become another user."""
    return os.geteuid() == 0


_listening: dict[str, socket.socket] = {}


def _tried(act: Callable[[], object]) -> str:
    """Return the name of the error that `act` ends in, or `done`."""
    try:
        act()
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, str(error))
    return "done"


def whoami() -> list[object]:
    """Return who this is."""
    return [os.getuid(), os.getgid(), os.getgroups()]


def reach(path: str) -> dict[str, str]:
    """Try everything that needs a right on `path`; returns how each try ended."""
    tries: dict[str, Callable[[], object]] = {
        "list": lambda: os.listdir(path),
        "enter": lambda: os.chdir(path),
        "read": lambda: os.open(path, os.O_RDONLY | os.O_NONBLOCK),
        "write": lambda: os.open(path, os.O_WRONLY | os.O_NONBLOCK),
        "make": lambda: os.mkdir(f"{path}/planted"),
        "link": lambda: os.link(path, f"/tmp/caro-linked-{os.getpid()}"),  # noqa: S108
        "rename": lambda: os.rename(path, f"{path}.moved"),
        "remove": lambda: os.unlink(path),
        "mode": lambda: os.chmod(path, 0o777),
    }
    return {name: _tried(act) for name, act in tries.items()}


def reachable(root: str) -> list[str]:
    """Return what below `root` can be listed, read or written, as `r PATH` and `w PATH`; directories too."""
    found: list[str] = []
    for place, directories, files in os.walk(root):
        for name in (*directories, *files):
            path = os.path.join(place, name)
            found += [f"{right} {path}" for right, way in (("r", os.R_OK), ("w", os.W_OK)) if os.access(path, way)]
    return found


def connect(path: str) -> str:
    """Connect to a unix socket as plainly as can be; returns the error, or what was said first."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as one:
        one.settimeout(5)
        try:
            one.connect(path)
            return f"said {one.recv(64)!r}"
        except OSError as error:
            return errno.errorcode.get(error.errno or 0, str(error))


def ask(path: str, kind: str) -> str:
    """Ask a daemon through ZeroMQ for its last request; returns `refused` or what it answered."""
    import zmq

    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context.instance()
    asking, news = context.socket(getattr(zmq, kind)), context.socket(zmq.PAIR)
    asking.monitor(f"inproc://{kind}", zmq.EVENT_ALL)
    news.connect(f"inproc://{kind}")
    asking.connect(f"ipc://{path}")
    asking.send_multipart([b"caro/1", b"1", b'{"type": "status", "last": true}'])
    ended = ""
    while not ended and news.poll(20_000):
        event = int.from_bytes(news.recv_multipart()[0][:2], sys.byteorder)
        if event == zmq.EVENT_HANDSHAKE_SUCCEEDED:
            ended = f"said {asking.recv_multipart()!r}" if asking.poll(5000) else "connected"
        # It will try again; once is enough.
        ended = "refused" if event in (zmq.EVENT_CONNECT_RETRIED, zmq.EVENT_CLOSED) else ended
    asking.disable_monitor()
    asking.close(0)
    news.close(0)
    return ended or "nothing happened"


def processes(secret: str) -> list[str]:
    """Return the processes that show `secret` in anything /proc lets this user read."""
    shown: list[str] = []
    for pid in filter(str.isdecimal, os.listdir("/proc")):
        for name in ("cmdline", "environ", "comm", "stat", "status", "wchan", "maps", "stack"):
            try:
                text = Path("/proc", pid, name).read_bytes()
            except OSError:
                continue
            if secret.encode() in text:
                shown.append(f"/proc/{pid}/{name}")
    return shown


def inside(pid: str) -> dict[str, str]:
    """Try to look into a process, and to end it."""
    tries: dict[str, Callable[[], object]] = {
        name: partial(Path.read_bytes, Path("/proc", pid, name)) for name in ("environ", "maps", "mem")
    }
    tries["fd"] = lambda: os.listdir(f"/proc/{pid}/fd")
    tries["cwd"] = lambda: os.readlink(f"/proc/{pid}/cwd")
    tries["signal"] = lambda: os.kill(int(pid), 0)
    return {name: _tried(act) for name, act in tries.items()}


def plant(kind: str, path: str, target: str = "") -> str:
    """Put something at `path`: a directory (of mode `target`), a link to it, a FIFO, a socket that listens."""

    def made() -> None:
        if kind == "directory":
            os.mkdir(path)
            os.chmod(path, int(target, 8))
        elif kind == "link":
            os.symlink(target, path)
        elif kind == "fifo":
            os.mkfifo(path)
            os.chmod(path, 0o666)
        else:
            _listen(path)

    return _tried(made)


def _listen(path: str) -> None:
    _listening[path] = listening = socket.socket(socket.AF_UNIX)
    listening.bind(path)
    os.chmod(path, 0o777)
    listening.listen()
    listening.setblocking(False)


def heard(path: str) -> str:
    """Return what somebody has said to a planted socket, `nobody` when none has connected."""
    try:
        one, _ = _listening[path].accept()
    except BlockingIOError:
        return "nobody"
    one.setblocking(False)
    try:
        return repr(one.recv(65536))
    except BlockingIOError:
        return "somebody"


def lock(path: str) -> str:
    """Hold a lock that is ours to open."""
    import fcntl

    return _tried(lambda: fcntl.flock(os.open(path, os.O_RDWR | os.O_NONBLOCK), fcntl.LOCK_EX | fcntl.LOCK_NB))


def main() -> None:
    """Be the other user until the input ends."""
    import zmq

    # All that is imported later has to be read while this may still read where Python lies.
    zmq.Context.instance().socket(zmq.REQ).close()
    __import__("fcntl")
    os.setgroups([])
    os.setresgid(OTHER_UID, OTHER_UID, OTHER_UID)
    os.setresuid(OTHER_UID, OTHER_UID, OTHER_UID)
    os.umask(0)
    calls = {
        one.__name__: one for one in (whoami, reach, reachable, connect, ask, processes, inside, plant, heard, lock)
    }
    for line in sys.stdin:
        name, *arguments = json.loads(line)
        sys.stdout.write(json.dumps(calls[name](*arguments)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
