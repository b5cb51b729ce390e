"""What the tests of the models share: small weights, a hub that speaks its API, wheels, a program to kill."""

import hashlib
import json
import os
import random
import ssl
import struct
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import caro_shell
from caro_shell.models.catalogue import Chunks, File, Model

REPO, REVISION = "people/weights-GGUF", "main"
MEBI = 1 << 20
DRIVER = Path(__file__).with_name("pull_driver.py")
CHECKOUT = Path(caro_shell.__file__).parent.parent


def make_bytes(seed: int = 7, size: int = 5 * MEBI // 2) -> bytes:
    """Return bytes that no compression shortens, beginning as a GGUF file does."""
    return b"GGUF" + random.Random(seed).randbytes(size - 4)  # noqa: S311  test data


def make_gguf(facts: Mapping[str, str] | None = None, values: int = 64) -> bytes:
    """Return a whole GGUF file of version 3: some texts as facts, and one tensor of 32-bit numbers."""

    def text(words: str) -> bytes:
        return struct.pack("<Q", len(words)) + words.encode()

    head = b"GGUF" + struct.pack("<IQQ", 3, 1, len(facts or {}))
    for key, value in (facts or {}).items():
        head += text(key) + struct.pack("<I", 8) + text(value)
    head += text("weight") + struct.pack("<IQIQ", 1, values, 0, 0)
    return head.ljust(-(-len(head) // 32) * 32, b"\0") + bytes(4 * values)


def make_model(data: bytes, name: str = "mini", pieces: int = 3, *, last_resort: bool = False) -> Model:
    """Return the entry of a model whose bytes are `data`, on the hub and in wheels."""
    return Model(
        name=name,
        title=f"The {name} model",
        about="A few bytes for the tests.",
        files=(File(f"{name}.gguf", len(data), hashlib.sha256(data).hexdigest()),),
        licence="Apache-2.0",
        repo=REPO,
        chunks=Chunks(f"{name}-part{{n}}", "1.0", pieces, "*/data/part{n:02}.bin"),
        last_resort=last_resort,
    )


def build_wheel(directory: Path, name: str, number: int, data: bytes) -> Path:
    """Write the wheel that holds one piece."""
    package = f"{name}_part{number}"
    wheel = directory / f"{package}-1.0-py3-none-any.whl"
    info = f"{package}-1.0.dist-info"
    directory.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(f"{package}/__init__.py", "raise SystemExit('a piece must never be imported')\n")
        archive.writestr(f"{package}/data/part{number:02}.bin", data)
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    return wheel


def build_wheels(directory: Path, model: Model, data: bytes) -> list[Path]:
    """Write all the wheels of a model and return them in order."""
    assert model.chunks
    step = -(-len(data) // model.chunks.count)
    pieces = [data[at : at + step] for at in range(0, len(data), step)]
    return [build_wheel(directory, model.name, number, piece) for number, piece in enumerate(pieces, 1)]


@dataclass
class Server:
    """A web server that gives files, and the ways in which it may misbehave."""

    files: dict[str, bytes] = field(default_factory=dict)
    etag: str = ""
    """What the hub says the hash of every file is; empty: the truth."""
    commit: str = "c" * 40
    redirects: dict[str, str] = field(default_factory=dict)
    """Paths that answer with another address."""
    cuts: list[int] = field(default_factory=list)
    """After how many bytes each of the next answers breaks off."""
    ranges: bool = True
    hold: dict[str, int] = field(default_factory=dict)
    """Paths whose answer stops after so many bytes until `released` is set."""
    released: threading.Event = field(default_factory=threading.Event)
    silent: bool = False
    """Whether it takes a request and says nothing until `released` is set."""
    requests: list[tuple[str, str, Mapping[str, str]]] = field(default_factory=list)
    address: str = ""
    other_address: str = ""
    """The same server by another host name."""

    def offer(self, model: Model, data: bytes) -> None:
        """Serve `data` as the model's file, as the hub does: facts at one address, bytes at another."""
        self.files[f"/cdn/{model.files[0].remote}"] = data
        self.etag = self.etag or model.files[0].sha256

    def gets(self) -> list[Mapping[str, str]]:
        """Return the headers of the requests for the bytes themselves."""
        return [headers for verb, path, headers in self.requests if verb == "GET" and path.startswith("/cdn/")]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    facts: Server

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_HEAD(self) -> None:
        """Answer as for GET, without the bytes."""
        self._answer()

    def do_GET(self) -> None:
        """Give an address, a list of links, or bytes."""
        self._answer()

    def _answer(self) -> None:
        facts, path = self.facts, self.path
        facts.requests.append((self.command, path, dict(self.headers)))
        if facts.silent:
            facts.released.wait()
            self.close_connection = True
        elif path == "/":
            links = "".join(f'<a href="{name}">{name[1:]}</a>' for name in facts.files if name.endswith(".whl"))
            self._send(200, links.encode(), {"Content-Type": "text/html"})
        elif path in facts.redirects:
            self._send(302, b"", {"Location": facts.redirects[path]})
        elif path.startswith(f"/{REPO}/resolve/"):
            self._redirect(f"/cdn/{path.rsplit('/', 1)[1]}")
        elif path in facts.files:
            self._send_file(facts.files[path])
        else:
            self._send(404, b"", {})

    def _redirect(self, path: str) -> None:
        if path not in self.facts.files:
            self._send(404, b"", {"X-Error-Code": "EntryNotFound"})
            return
        headers = {
            "Location": self.facts.other_address + path,
            "X-Repo-Commit": self.facts.commit,
            "X-Linked-Size": str(len(self.facts.files[path])),
            "X-Linked-Etag": f'"{self.facts.etag or hashlib.sha256(self.facts.files[path]).hexdigest()}"',
            "X-HF-Warning": "unauthenticated; Please log in to get more.",
        }
        self._send(302, b"", headers)

    def _send_file(self, data: bytes) -> None:
        start, status, headers = 0, 200, {"Accept-Ranges": "bytes"}
        if self.facts.ranges and (wanted := self.headers.get("Range", "")):
            start, status = int(wanted.removeprefix("bytes=").rstrip("-")), 206
            headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        self._send(status, data[start:], headers)

    def _send(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        if self.path.startswith("/cdn/") and self.facts.cuts:
            body = body[: self.facts.cuts.pop(0)]
            self.close_connection = True
        if (stop := self.facts.hold.get(self.path)) is not None:
            self.wfile.write(body[:stop])
            self.facts.released.wait()
            body = body[stop:]
        self.wfile.write(body)


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Say nothing of clients that were killed: that is what the tests do."""


@contextmanager
def serving(certificate: Path | None = None) -> Iterator[Server]:
    """Run a server on a port of its own for as long as the block lasts; with a certificate it speaks TLS."""
    facts = Server()
    handler = type("Handler", (_Handler,), {"facts": facts})
    with _Quiet(("127.0.0.1", 0), handler) as server:
        scheme = "http"
        if certificate:
            context, scheme = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), "https"
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        facts.address = f"{scheme}://127.0.0.1:{server.server_port}"
        facts.other_address = f"http://localhost:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield facts
        finally:
            facts.released.set()
            server.shutdown()
            thread.join()


@dataclass(frozen=True)
class Home:
    """A user's home in which nothing is configured, and `pull` as a program that may be killed."""

    root: Path
    endpoint: str = "http://127.0.0.1:9"
    """Nobody listens on the discard port: there is no hub."""
    links: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def models(self) -> Path:
        """The directory of the weights."""
        return self.root / "models"

    def environ(self) -> dict[str, str]:
        """Return the environment of the program: no index, no cache, no settings but the test's own."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "PIP_", "CARO_"))}
        own = {
            "HOME": str(self.root),
            "PYTHONPATH": str(CHECKOUT),
            "HF_HOME": str(self.root / "hf"),
            "HF_ENDPOINT": self.endpoint,
            "NO_PROXY": "127.0.0.1,localhost",
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": self.links or str(self.root / "wheels"),
            "CARO_CONFIG": str(self.root / "none.toml"),
            "CARO_MODELS_DIR": str(self.models),
        }
        return kept | own | dict(self.extra)

    def command(self, models: list[Model], **options: object) -> list[str]:
        """Return the words that pull the first of `models`, the others being the rest of the catalogue."""
        asked = {"models": [_as_json(model) for model in models], "options": options}
        return [sys.executable, str(DRIVER), json.dumps(asked)]

    def start(self, models: list[Model], **options: object) -> subprocess.Popen[str]:
        """Start a pull and return it running."""
        return subprocess.Popen(
            self.command(models, **options),
            env=self.environ(),
            cwd=self.root,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def pull(self, models: list[Model], **options: object) -> subprocess.CompletedProcess[str]:
        """Run a pull to its end."""
        return subprocess.run(
            self.command(models, **options),
            env=self.environ(),
            cwd=self.root,
            capture_output=True,
            text=True,
            check=False,
        )


def _as_json(model: Model) -> dict[str, object]:
    values = dict(vars(model))
    values["files"] = [dict(vars(file)) for file in model.files]
    values["chunks"] = dict(vars(model.chunks)) if model.chunks else None
    return values
