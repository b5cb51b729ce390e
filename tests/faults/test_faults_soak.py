"""Requests of all kinds, from scripts and from shells, while something goes wrong every second."""

import subprocess
import sys
from pathlib import Path

import pytest
from user_home import need_program

SOAK = Path(__file__).with_name("soak.py")


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells what became of whom")
def test_a_short_soak_loses_nothing_and_leaves_nothing() -> None:
    """No hang, no lost line, no process, no file; `python tests/faults/soak.py 1800 10000` goes further."""
    need_program("tmux")
    done = subprocess.run([sys.executable, SOAK, "10", "40", "1"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "left behind   no process, no file\n" in done.stdout
