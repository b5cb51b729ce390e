"""`caro` among pipes and closed descriptors: one sentence, on stderr, or silence; never a traceback."""

import subprocess
import sys

import pytest
from user_home import Home

CARO = f"{sys.executable} -I -m caro_shell"


@pytest.mark.parametrize(
    ("line", "status", "out"),
    [
        (f"{CARO} --bad 2>&-", 2, ""),
        (f"{CARO} hello >&-", 0, ""),
        (f"{CARO} <&-", 2, ""),
        (f"{CARO} --batch <&-", 0, ""),
        (f"{CARO} hello | head -c 0", 0, ""),
        (f"{CARO} hello >/dev/full", 1, ""),
        (f"echo 'list 日本' | LC_ALL=C {CARO}", 0, "echo list 日本\n"),
        (f"mkdir gone && cd gone && rmdir ../gone && {CARO} hello", 0, "echo hello\n"),
    ],
)
def test_odd_descriptors_end_in_a_sentence_or_in_silence(home: Home, line: str, status: int, out: str) -> None:
    """Closed, full and broken streams, a C locale and a removed directory are no reason for a traceback."""
    done = subprocess.run(["bash", "-c", line], env=home.environ, cwd=home.path, capture_output=True, check=False)
    said = done.stderr.decode()
    assert (done.returncode, done.stdout.decode()) == (status, out), said
    assert "Traceback" not in said
    assert "Exception ignored" not in said
    assert said == "" or said.startswith("caro: ")
