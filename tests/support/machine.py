"""A machine to install on: a fresh home, a small environment, and the programs that are to be found there."""

import fnmatch
import os
import pty
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from user_home import need

INSTALL = str(Path(__file__).parents[2] / "install.sh")
REQUEST = "find all python files modified in the last day"
TINY = "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf"

Tree = dict[str, tuple[int, bytes]]


def tiny_weights() -> Path:
    """Return the file of the model `tiny`; skips (fails in CI) without it."""
    path = Path(os.environ.get("CARO_TEST_MODELS", "")) / TINY
    if not path.is_file():
        need(f"{TINY} is not in CARO_TEST_MODELS")
    return path


def program(path: Path, text: str) -> Path:
    """Write a shell script that can be run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def _pip_cache() -> str:
    # llama.cpp is built once a machine: what pip has built for this interpreter is taken again.
    done = subprocess.run(
        [sys.executable, "-I", "-m", "pip", "cache", "dir"], capture_output=True, text=True, check=False
    )
    return done.stdout.strip()


def _environ(home: Path, path: str) -> dict[str, str]:
    kept = ("PIP_", "SSL_", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "CMAKE_ARGS", "CI")
    environ = {name: value for name, value in os.environ.items() if name.upper().startswith(kept)}
    return environ | {
        "HOME": str(home),
        "PATH": path,
        "PIP_CACHE_DIR": _pip_cache(),
        "LC_ALL": "C.UTF-8",
        "TERM": "xterm",
    }


@dataclass
class Machine:
    """One user's machine; `install` runs install.sh on it."""

    directory: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="caro-")))
    """Short, so that a socket's path fits below it."""

    def __post_init__(self) -> None:
        """Make the home, and let `python3` on PATH be the interpreter that runs the tests."""
        self.home = self.directory / "home"
        self.home.mkdir()
        self.programs = self.directory / "programs"
        interpreter = getattr(sys, "_base_executable", sys.executable)
        self.python = program(self.programs / "python3", f'exec {shlex.quote(interpreter)} "$@"')
        # pip asks for rustc's version, and rustup's stub would make a directory in the home for an answer.
        program(self.programs / "rustc", "exit 1")
        self.environ = _environ(self.home, f"{self.programs}:{os.environ['PATH']}")

    def install(self, *words: str, environ: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run install.sh with nobody at the terminal."""
        return self.run(INSTALL, *words, environ=environ)

    def run(self, *words: str, environ: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run a program of this machine from its home, with nobody at the terminal."""
        return self._run(words, environ or {})

    def run_at_terminal(self, *words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        """Run a program that reads from a terminal, where `typed` has been typed."""
        keyboard, terminal = pty.openpty()
        try:
            os.write(keyboard, typed.encode())
            # A session leader that opens a terminal gets it as its own.
            return self._run(["sh", "-c", 't=$1; shift; exec "$@" <"$t"', "sh", os.ttyname(terminal), *words], {})
        finally:
            os.close(keyboard)
            os.close(terminal)

    def _run(self, words: Sequence[str], environ: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            words,
            env=self.environ | dict(environ),
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            start_new_session=True,
        )

    def only_programs_but(self, *patterns: str) -> None:
        """Hide the machine's programs that match; apt-get is there, and does nothing."""
        for directory in os.environ["PATH"].split(os.pathsep):
            for found in Path(directory).glob("*"):
                hidden = any(fnmatch.fnmatch(found.name, pattern) for pattern in ("apt-get", *patterns))
                here = self.programs / found.name
                if not hidden and not os.path.lexists(here):
                    here.symlink_to(found)
        program(self.programs / "apt-get", "exit 1")
        self.environ["PATH"] = str(self.programs)

    def tree(self) -> Tree:
        """Return mode and content of everything in the home."""
        return {
            str(path.relative_to(self.home)): (
                path.lstat().st_mode,
                os.fsencode(path.readlink()) if path.is_symlink() else (path.read_bytes() if path.is_file() else b""),
            )
            for path in self.home.rglob("*")
        }
