"""Real OpenAI-compatible servers on this machine, each with the 0.5B: how each is started.

What a package or a program brings is tried; what cannot be had here is not imitated.
"""

import os
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from machine import tiny_weights
from terminal import wait_for
from user_home import SUPPORT, need

KEY = "sesame"
# Loading takes seconds; on a machine that is busy with other tests, many.
_START_S = 240.0


def free_port() -> int:
    """Return a port that nobody listens on at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


def _needs(*modules: str) -> None:
    for module in modules:
        done = subprocess.run([sys.executable, "-c", f"import {module}"], capture_output=True, check=False)
        if done.returncode:
            need(f"the Python module {module} is not installed")


def _llama_cpp_python(port: int) -> Sequence[str]:
    _needs("llama_cpp", "uvicorn", "sse_starlette", "starlette_context", "pydantic_settings")
    model = str(tiny_weights())
    return [sys.executable, "-m", "llama_cpp.server", "--model", model, "--host", "127.0.0.1", "--port", str(port),
            "--api_key", KEY, "--n_ctx", "2048", "--n_threads", "2"]  # fmt: skip


def _xllamacpp(_port: int) -> Sequence[str]:
    _needs("xllamacpp")
    return [sys.executable, str(SUPPORT / "xllamacpp_server.py"), str(tiny_weights()), KEY]


def llama_server() -> str:
    """Return llama.cpp's own program, where the user or CARO_TEST_LLAMA_SERVER has one; empty: there is none."""
    return shutil.which(os.environ.get("CARO_TEST_LLAMA_SERVER") or "llama-server") or ""


def _llama_server(port: int) -> Sequence[str]:
    return [llama_server(), "--model", str(tiny_weights()), "--port", str(port), "--api-key", KEY, "--ctx-size", "2048",
            "--parallel", "1", "--threads", "2", "--no-webui"]  # fmt: skip


@dataclass(frozen=True)
class RealServer:
    """A server that people use, and what it cannot do."""

    name: str
    words: Callable[[int], Sequence[str]]
    """What starts it on a port."""
    gaps: frozenset[str] = field(default=frozenset())
    """Of the names in `engine_kinds.GAPS`."""


SERVERS = [
    RealServer("llama-cpp-python", _llama_cpp_python, frozenset({"prefix", "tokens", "length", "probabilities"})),
    RealServer("llama.cpp", _xllamacpp, frozenset({"literal"})),
    # A program that no package index has for a test's machine; where there is one, it is tried.
    *([RealServer("llama-server", _llama_server, frozenset({"literal"}))] if llama_server() else []),
]


def _answers(url: str) -> bool:
    request = urllib.request.Request(f"{url}/v1/models", headers={"Authorization": f"Bearer {KEY}"})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=5) as reply:  # noqa: S310  an address of our own
            return bool(reply.status == 200)
    except (OSError, urllib.error.URLError):
        return False


@contextmanager
def running(server: RealServer, log: Path) -> Iterator[str]:
    """Start a server; its address, until it is ended again. What it says goes to `log`."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with log.open("wb") as said:
        process = subprocess.Popen(server.words(port), stdin=subprocess.PIPE, stdout=said, stderr=subprocess.STDOUT)
    try:

        def is_up() -> bool:
            nonlocal url
            assert process.poll() is None, f"{server.name} ended\n{log.read_text(errors='replace')[-2000:]}"
            told = [line for line in log.read_text(errors="replace").splitlines() if line.startswith("http://127")]
            url = told[0] if told else url
            return _answers(url)

        wait_for(is_up, lambda: f"for {server.name}\n{log.read_text(errors='replace')[-2000:]}", _START_S)
        yield url
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="session")
def real_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[RealServer], str]]:
    """Starts a server when it is asked for first, and returns its address; all end with the session."""
    from contextlib import ExitStack

    started: dict[str, str] = {}
    logs = tmp_path_factory.mktemp("servers")
    with ExitStack() as stack:

        def start(server: RealServer) -> str:
            if server.name not in started:
                started[server.name] = stack.enter_context(running(server, logs / server.name))
            return started[server.name]

        yield start
