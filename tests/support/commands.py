"""The `caro` command as a process of its own, in a home of a test."""

import os
import pty
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from terminal import DEADLINE_S
from user_home import Home


def start(home: Home, *words: str, **more: str) -> "subprocess.Popen[str]":
    """Start `caro` with `words`; `more` goes into its environment."""
    return start_python(home, ["-m", "caro_shell", *words], **more)


def start_python(home: Home, words: Sequence[str], **more: str) -> "subprocess.Popen[str]":
    """Start Python in a home; `more` goes into its environment."""
    return subprocess.Popen(
        [sys.executable, *words],
        env={**home.environ, **more},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def end(
    process: "subprocess.Popen[str]", stdin: str | None = None, limit_s: float = 4 * DEADLINE_S
) -> "subprocess.CompletedProcess[str]":
    """Wait for a process and return what it said."""
    try:
        out, err = process.communicate(stdin, timeout=limit_s)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        raise AssertionError(f"it does not end\n{out}\n{err}") from None
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def caro(home: Home, *words: str, stdin: str | None = None, **more: str) -> "subprocess.CompletedProcess[str]":
    """Run `caro` with `words` and return what it said."""
    return end(start(home, *words, **more), stdin)


def at_terminal(home: Home, words: Sequence[str], typed: str = "") -> "subprocess.CompletedProcess[str]":
    """Run a program that has a terminal of its own, on which `typed` has been typed, and return what it said."""
    keyboard, terminal = pty.openpty()
    try:
        os.write(keyboard, typed.encode())
        # A session leader that opens a terminal gets it as its own.
        process = subprocess.Popen(
            ["sh", "-c", 'terminal=$1; shift; exec "$@" <"$terminal"', "sh", os.ttyname(terminal), *words],
            env=home.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        return end(process)
    finally:
        os.close(terminal)
        os.close(keyboard)


def log(home: Home) -> str:
    """Return the daemon's log, empty when there is none yet."""
    path = Path(home.runtime, "daemon.log")
    return path.read_text(encoding="utf-8") if path.exists() else ""


def daemons_started(home: Home) -> int:
    """Return how many daemons have come to listen in this home."""
    return log(home).count(" listens, pid ")


def open_files(pid: int) -> dict[int, str]:
    """Return what the descriptors of a process stand for; Linux only."""
    return {int(link.name): str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()}
