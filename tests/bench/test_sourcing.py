"""What it costs to load the plugin: measured in a real shell, each time."""

import sys

import pytest
from user_home import need_program

from caro_shell.bench.sourcing import SHELLS, source_ms


@pytest.mark.parametrize("shell", SHELLS)
def test_every_load_is_measured(shell: str) -> None:
    """As many figures as loads, each of them longer than nothing."""
    need_program(shell)
    found = source_ms(shell, sys.executable, 3)
    assert len(found) == 3
    assert all(0 < ms < 10_000 for ms in found)


def test_a_shell_that_is_missing_has_no_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bench goes on without it."""
    monkeypatch.setenv("PATH", "/nowhere")
    assert source_ms("zsh", sys.executable, 3) == []
