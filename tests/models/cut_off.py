"""A network that fails at a chosen moment, and `caro models pull tiny` from the real package index through it.

    python tests/models/cut_off.py [SEED]

pulls ten times from an empty directory, each time with the network cut after a random number of bytes, says what was
left, and lets the same command go on to the end with the network back. Nothing of the user's is touched.
"""

import contextlib
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from caro_shell.config import Settings
from caro_shell.errors import ModelError
from caro_shell.models.catalogue import read_catalogue
from caro_shell.models.checksum import file_sha256
from caro_shell.models.store import find_model

BLOCK = 1 << 14


class Relay:
    """Forwards connections, to `target` or to where an HTTP proxy is told to, until so many bytes have come back."""

    def __init__(self, target: tuple[str, int] | None = None, port: int = 0) -> None:
        """Listen on a port of its own; with no `target` it is a proxy that knows CONNECT."""
        self.target = target
        self.left = 1 << 60
        self.carried = 0
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", port))
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._listen, daemon=True).start()

    def cut_after(self, count: int) -> None:
        """Let `count` more bytes come, then nothing, and take no connection any more."""
        with self._lock:
            self.left, self.carried = count, 0

    def restore(self) -> None:
        """Be a network again."""
        self.cut_after(1 << 60)

    def close(self) -> None:
        """End every connection, and listen no more."""
        self._listener.close()
        self._drop()

    def _listen(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self.left <= 0:
                client.close()
                continue
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError):
            server = socket.create_connection(self.target or self._asked_for(client), timeout=20)
            server.settimeout(None)
            with self._lock:
                self._open |= {client, server}
            if not self.target:
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            threading.Thread(target=self._carry, args=(client, server), daemon=True).start()
            self._carry(server, client, counted=True)
            return
        client.close()

    @staticmethod
    def _asked_for(client: socket.socket) -> tuple[str, int]:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            byte = client.recv(1)
            if not byte:
                raise ValueError("no request")
            head += byte
        verb, where, _ = head.split(b" ", 2)
        if verb != b"CONNECT":
            raise ValueError("not a request for a tunnel")
        host, _, port = where.decode().rpartition(":")
        return host, int(port)

    def _carry(self, source: socket.socket, sink: socket.socket, *, counted: bool = False) -> None:
        with contextlib.suppress(OSError):
            while block := source.recv(BLOCK):
                if counted:
                    block = self._allowed(block)
                sink.sendall(block)
                if counted and self.left <= 0:
                    self._drop()
                    return
            sink.shutdown(socket.SHUT_WR)

    def _allowed(self, block: bytes) -> bytes:
        with self._lock:
            block = block[: max(self.left, 0)]
            self.left -= len(block)
            self.carried += len(block)
        return block

    def _drop(self) -> None:
        with self._lock:
            dropped, self._open = self._open, set()
        for connection in dropped:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()


def _pull(directory: Path, proxy: str) -> subprocess.CompletedProcess[str]:
    import os

    environ = {name: value for name, value in os.environ.items() if not name.startswith(("CARO_", "HF_"))}
    environ |= {"CARO_CONFIG": str(directory / "none.toml"), "CARO_MODELS_DIR": str(directory / "models")}
    environ |= {"HF_HOME": str(directory / "hf"), "HTTPS_PROXY": proxy, "HTTP_PROXY": proxy, "NO_PROXY": ""}
    command = [sys.executable, "-P", "-m", "caro_shell", "models", "pull", "tiny", "--no-last-resort"]
    return subprocess.run(command, env=environ, cwd=directory, capture_output=True, text=True, check=False)


def _state(directory: Path) -> str:
    """Return `right`, `none`, or what must never be."""
    model = read_catalogue()["tiny"].files[0]
    path = directory / "models" / model.name
    try:
        find_model("tiny", Settings(models_dir=str(directory / "models")))
    except ModelError as error:
        return "none" if "not here yet" in error.message and not path.exists() else f"WRONG: {error.message}"
    return "right" if file_sha256(path) == model.sha256 else "WRONG BYTES"


def main(seed: int) -> int:
    """Do it ten times and say what happened; 1 when anything but the right file or none was ever left."""
    chance, relay, good = random.Random(seed), Relay(), True  # noqa: S311  the moment of a cut
    size = read_catalogue()["tiny"].bytes
    print(f"seed {seed}")  # noqa: T201  a program for people
    for number in range(1, 11):
        directory = Path(tempfile.mkdtemp(prefix="caro-cut-"))
        try:
            relay.cut_after(chance.randrange(size * 11 // 10))
            wanted = relay.left
            cut = _pull(directory, relay.address)
            came, first = relay.carried, _state(directory)
            partial = sum(path.stat().st_size for path in (directory / "models").glob("*.partial"))
            relay.restore()
            resumed = _pull(directory, relay.address)
            second = _state(directory)
            good = good and first in {"right", "none"} and second == "right" and not resumed.returncode
            went_on = "going on after" in resumed.stderr
            print(  # noqa: T201
                f"{number:2}  cut after {wanted / 1e6:5.0f} MB, {came / 1e6:5.0f} came: "
                f"exit {cut.returncode}, {first}, "
                f"{partial / 1e6:3.0f} MB kept; again: exit {resumed.returncode}, {second}, "
                f"{relay.carried / 1e6:3.0f} MB fetched{', going on' if went_on else ''}\n"
                f"    {[line for line in cut.stderr.splitlines() if line.strip()][-2:][0]}",
                flush=True,
            )
        finally:
            shutil.rmtree(directory)
    relay.close()
    print("always the right file or none" if good else "SOMETHING WRONG WAS LEFT")  # noqa: T201
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else random.randrange(1 << 16)))  # noqa: S311
