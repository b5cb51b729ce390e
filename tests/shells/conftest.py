"""A shell in a terminal with caro loaded, for every kind of shell."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from shell_kinds import KINDS, ShellKind, init_lines, need_shell
from terminal import OpenShell, Terminal
from user_home import Home


@pytest.fixture(params=KINDS, ids=[kind.name for kind in KINDS])
def kind(request: pytest.FixtureRequest) -> ShellKind:
    """Each shell in turn; one that is missing skips, and fails in CI."""
    return need_shell(request.param)


@pytest.fixture
def open_shell(kind: ShellKind, home: Home) -> Iterator[OpenShell]:
    """Open a shell with caro loaded; `before` and `after` are lines of its rc around caro's own.

    `says` is the beginning of what is said before the first prompt.
    """
    with ExitStack() as stack:

        def opened(before: str = "", after: str = "", size: tuple[int, int] = (160, 30), says: str = ">") -> Terminal:
            rc = home.path / f"rc.{kind.name}"
            rc.write_text(f"{kind.rc.read_text()}\n{before}\n{init_lines(kind.name, home)}\n{after}\n")
            terminal = stack.enter_context(Terminal(kind.argv, home.environ, size))
            terminal.type(f" {kind.source} {rc}; clear; echo ready")
            terminal.press("Enter")
            terminal.see(f"ready\n{says}")
            return terminal

        yield opened


@pytest.fixture
def terminal(open_shell: OpenShell) -> Terminal:
    """A shell with caro and nothing else."""
    return open_shell()
