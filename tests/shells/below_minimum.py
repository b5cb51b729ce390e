"""A shell that is too old says so in one sentence and is left as it is; run.py chooses the shell."""

import re

import pytest
from shell_kinds import KINDS, ShellKind
from terminal import Terminal
from user_home import Home

from caro_shell.paths import shell_script


@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
def test_an_old_shell_is_told_in_one_sentence(kind: ShellKind, home: Home) -> None:
    """One line names the version that is needed; the next command runs as ever."""
    setting = "set -g CARO_PYTHON /bin/sh" if kind.name == "fish" else "CARO_PYTHON=/bin/sh"
    source = f"{kind.source} {shell_script(kind.name)}"
    with Terminal([kind.argv[0], "-i"], home.environ) as terminal:
        terminal.type(f"{setting}; clear; {source}; echo on'ward'")
        terminal.press("Enter")
        screen = terminal.see("onward")
        told = screen.partition("onward")[0].split("clear;")[-1]
        assert re.search(r"caro: .*[0-9]\.[0-9]", told), screen
        assert told.count("\n") <= 2, screen
        terminal.type("echo still here | tr a-z A-Z")
        terminal.press("Enter")
        terminal.see("STILL HERE")
