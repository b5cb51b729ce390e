"""What every test may use: a home of its own, and a daemon with a scripted engine in it."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "support"))

from terminal import wait_for
from user_home import Home, Script

from caro_shell import lifecycle, paths
from caro_shell.errors import DaemonError


@pytest.fixture
def home() -> Iterator[Home]:
    """A home of its own, short enough for a socket's path; its daemon ends with the test."""
    path = Path(tempfile.mkdtemp(prefix="caro-"))
    made = Home(path)
    yield made
    with ExitStack() as stack:
        # A client that is on its way must not start another daemon behind our back.
        with suppress(DaemonError):
            paths.ensure_private_dir(made.runtime)
            stack.enter_context(lifecycle.spawn_lock(made.runtime))
        made.kill_daemon()
        wait_for(lambda: _is_removed(path), lambda: f"for {path} to be removed")


def _is_removed(path: Path) -> bool:
    # A shell whose terminal has gone still writes its history.
    shutil.rmtree(path, ignore_errors=True)
    return not path.exists()


@pytest.fixture
def script(home: Home) -> Script:
    """The scripted engine of `home`."""
    return home.script
