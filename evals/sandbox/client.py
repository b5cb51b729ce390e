"""Sandboxes for this process: jobs in, results out, several at a time."""

import base64
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Self

from evals.sandbox.place import WORK

TIME_LIMIT_S = 10.0
_REPOSITORY = Path(__file__).resolve().parents[2]
_START = "import sys; sys.path.insert(0, sys.argv[1]); from evals.sandbox import server; server.serve()"
_HINT = (
    "It needs root, or a kernel that lets users make namespaces with overlayfs in them (Linux 6.6), or bubblewrap. "
    "In a container: docker run --privileged."
)


class SandboxError(Exception):
    """No sandbox can be had here, or one broke; the message is a sentence."""


@dataclass(frozen=True)
class Result:
    """What a command did."""

    status: int
    output: str
    errors: str
    timed_out: bool
    seconds: float
    changes: Sequence[dict[str, Any]]
    """What it changed: `path`, `before` and `after`, each None or an entry of `evals/sandbox/tree.py`."""
    named: Sequence[str] = ()
    after: str = ""
    after_errors: str = ""
    started: float = 0.0
    """When the setup began, in seconds of the epoch."""


@dataclass(frozen=True)
class Job:
    """A command and the state it is run in."""

    command: str
    setup: str = ""
    after: str = ""
    shell: str = "bash"
    cwd: str = WORK
    names: bool = False
    """Whether the existing paths that the output names are wanted."""
    limit_s: float = TIME_LIMIT_S


@dataclass
class Sandbox:
    """One server process; runs one job at a time, each in a fresh tree. A context manager."""

    as_user: bool = False
    """Whether root, too, makes it as a user has to: in a user namespace."""
    _hidden: tuple[str, ...] = ()
    _process: subprocess.Popen[str] | None = None
    _base: str = ""

    def __enter__(self) -> Self:
        """Start the server; raises SandboxError where no sandbox is possible."""
        environment = sys.prefix if sys.prefix != sys.base_prefix else ""
        own = (str(_REPOSITORY), str(Path.home()), environment, os.environ.get("CARO_MODELS_DIR", ""))
        self._hidden = tuple(path for path in own if path)
        self._base = tempfile.mkdtemp(prefix="caro-evals-")
        first = ""
        for before in ([], _BUBBLEWRAP):
            if before and not shutil.which(before[0]):
                continue
            self._start(before)
            try:
                self.run(Job("true"))
            except SandboxError as error:
                first = first or str(error)
                self._stop()
            else:
                return self
        self.__exit__()
        raise SandboxError(f"No sandbox can be made here: {first} {_HINT}")

    def __exit__(self, *_: object) -> None:
        """End the server."""
        self._stop()
        shutil.rmtree(self._base, ignore_errors=True)

    def _start(self, before: list[str]) -> None:
        arguments = [*before, sys.executable, "-I", "-S", "-c", _START, str(_REPOSITORY)]
        self._process = subprocess.Popen(
            arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="ascii", start_new_session=True
        )

    def _stop(self) -> None:
        if self._process:
            self._process.kill()
            self._process.communicate()
            self._process = None

    @property
    def server(self) -> int:
        """The server's process id; 0 when there is none."""
        return self._process.pid if self._process else 0

    def run(self, job: Job) -> Result:
        """Return what a job's command does; raises SandboxError when the setup fails."""
        return Result(**self._ask({"kind": "run", **vars(job)}))

    def export(self, setup: str, target: Path) -> None:
        """Write ada's home, and what else a setup makes, into the directory `target`, each at its path below it."""
        reply = self._ask({"kind": "export", "setup": setup})
        with tarfile.open(fileobj=io.BytesIO(base64.b64decode(reply["tree"]))) as archive:
            # Our own tree, and it may have links to anywhere.
            archive.extractall(target, filter="fully_trusted")  # noqa: S202

    def _ask(self, job: dict[str, Any]) -> dict[str, Any]:
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise SandboxError("The sandbox has not been started.")
        try:
            process.stdin.write(
                json.dumps({**job, "base": self._base, "hidden": self._hidden, "as_user": self.as_user}) + "\n"
            )
            process.stdin.flush()
            line = process.stdout.readline()
        except BrokenPipeError:
            line = ""
        reply: dict[str, Any] = json.loads(line or '{"error": "The sandbox could not be started."}')
        if "error" in reply:
            raise SandboxError(reply["error"])
        return reply


# Where users may make no namespaces of their own, bubblewrap often may: it makes the one that the others are made in.
_BUBBLEWRAP = "bwrap --unshare-user --uid 0 --gid 0 --cap-add ALL --dev-bind / /".split()  # noqa: SIM905


class Pool:
    """As many sandboxes as there are jobs at a time; safe to use from several threads. A context manager."""

    def __init__(self, size: int) -> None:
        """Make a pool of `size` sandboxes; each starts when it is first needed."""
        self.size = size
        self._free: SimpleQueue[Sandbox | None] = SimpleQueue()
        self._made: list[Sandbox] = []
        self._lock = threading.Lock()
        for _ in range(size):
            self._free.put(None)

    def __enter__(self) -> Self:
        """Return the pool."""
        return self

    def __exit__(self, *_: object) -> None:
        """End every sandbox."""
        for sandbox in self._made:
            sandbox.__exit__()

    @contextmanager
    def sandbox(self) -> Iterator[Sandbox]:
        """Lend a sandbox; raises SandboxError where none is possible."""
        lent = self._free.get()
        try:
            if lent is None:
                lent = Sandbox().__enter__()
                with self._lock:
                    self._made.append(lent)
            yield lent
        finally:
            self._free.put(lent)
