"""A daemon that gets no more of the machine than it has: one sentence, and all is well once it does."""

import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from commands import caro, log
from terminal import wait_for
from user_home import Home

from caro_shell import lifecycle
from caro_shell.daemon.jobs import failure_event
from caro_shell.errors import UsageError

needs_prlimit = pytest.mark.skipif(sys.platform != "linux", reason="prlimit is Linux's")


@contextmanager
def limited(pid: int, what: int, most: int) -> Iterator[None]:
    """Have a process hold no more than `most` of something meanwhile."""
    soft, hard = resource.prlimit(pid, what)
    resource.prlimit(pid, what, (most, hard))
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            resource.prlimit(pid, what, (soft, hard))


@needs_prlimit
def test_no_more_memory(home: Home) -> None:
    """A daemon answers as long as it can, and says so when it cannot; if it dies of it, the next one answers."""
    lifecycle.start(home.runtime, home.environ)
    pid = home.daemon_pid()
    held = int(Path(f"/proc/{pid}/statm").read_text().split()[0]) * resource.getpagesize()
    with limited(pid, resource.RLIMIT_AS, held):
        done = caro(home, "list files")
        answered = (done.returncode, done.stdout) == (0, "echo list files\n")
        said = ("caro: There is not enough memory.\n", "caro: The daemon stopped in the middle of the answer.\n")
        assert answered or done.stderr.startswith(said), done.stderr + log(home)
    assert caro(home, "list files").stdout == "echo list files\n"


def test_a_thread_that_never_begins_ends_the_process() -> None:
    """As one that has no memory for its first step: whoever started it would wait for ever."""
    code = (
        "import threading; from caro_shell.machine import threads; threads._LIMIT_S = 0.1\n"
        "class Stillborn(threading.Thread):\n"
        "    def _bootstrap(self): raise SystemExit\n"
        "threads.start(threading.Thread(target=print, args=['begun'])); threads.start(Stillborn())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (1, "begun\n")
    assert "Timeout" in done.stderr


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (MemoryError(), "There is not enough memory."),
        (RuntimeError("can't start new thread"), "There is not enough memory."),
        (ImportError("a.so: failed to map segment from shared object"), "There is not enough memory."),
        (OSError(24, "Too many open files"), "The system refuses something: Too many open files."),
        (OSError("odd"), "The system refuses something: OSError."),
        (KeyError("name"), "Something in caro broke."),
        (UsageError("Not so.", "But so."), "Not so."),
    ],
)
def test_whatever_goes_wrong_is_a_sentence(error: Exception, said: str) -> None:
    """With a next step, and without what only a developer reads."""
    event = failure_event(error)
    assert (event["type"], event["message"]) == ("error", said)
    assert event["hint"]


@needs_prlimit
def test_no_more_descriptors(home: Home) -> None:
    """`status` cannot read what it holds, and says so; a daemon that can take no connection ends, another answers."""
    assert caro(home, "list files").returncode == 0

    def is_refused() -> bool:
        pid = home.daemon_pid()
        # One is the client's own connection; the one of the client before may still be among those that are counted.
        with limited(pid, resource.RLIMIT_NOFILE, len(list(Path(f"/proc/{pid}/fd").iterdir())) + 1):
            done = caro(home, "daemon", "status")
        assert done.returncode == 0 or done.stderr.startswith(
            "caro: The system refuses something: Too many open files.\n"
        ), done.stderr + log(home)
        if done.returncode == 0:
            assert caro(home, "list files").returncode == 0
        return done.returncode == 1

    wait_for(is_refused, lambda: log(home))
    assert caro(home, "daemon", "status").returncode == 0
