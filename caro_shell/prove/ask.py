"""What a program prints when it is asked for help: the only thing this package ever runs."""

import os
import selectors
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress

_TIMEOUT_S = 1.0
_OUTPUT_LIMIT = 256 * 1024


def help_of(program: str, arguments: Sequence[str]) -> str:
    """Return what `program` prints for `arguments`; empty when it cannot be run, or is not done in a second.

    It gets no input, no terminal, an empty directory as its home, and nothing of the environment. All that it
    starts ends with it.
    """
    with tempfile.TemporaryDirectory(prefix="caro-", ignore_cleanup_errors=True) as empty:
        try:
            process = subprocess.Popen(
                [program, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                cwd=empty,
                env=_environment(empty),
                start_new_session=True,
            )
        except (OSError, ValueError):
            return ""
        with process:
            try:
                return _read(process)
            finally:
                with suppress(OSError):
                    os.killpg(process.pid, signal.SIGKILL)


def _environment(home: str) -> dict[str, str]:
    return {
        "PATH": "/usr/bin:/bin",
        "LC_ALL": "C",
        "TERM": "dumb",
        "HOME": home,
        "COLUMNS": "200",
        "PAGER": "cat",
        "GIT_PAGER": "cat",
    }


def _read(process: subprocess.Popen[bytes]) -> str:
    assert process.stdout is not None  # noqa: S101  it was asked for
    deadline, said = time.monotonic() + _TIMEOUT_S, b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while len(said) < _OUTPUT_LIMIT:
            if not selector.select(max(0.0, deadline - time.monotonic())):
                # Half a help would make every option of the other half one that is not known.
                return ""
            piece = os.read(process.stdout.fileno(), 1 << 16)
            if not piece:
                return said.decode("utf-8", "replace")
            said += piece
    return ""
