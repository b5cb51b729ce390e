"""The `caro` command as a test runs it: in a home of its own, with what came out."""

import subprocess
import sys
from collections.abc import Mapping


def run_caro(environ: Mapping[str, str], *words: str, stdin: str = "") -> "subprocess.CompletedProcess[str]":
    """Run `caro WORDS` to its end."""
    return subprocess.run(
        [sys.executable, "-I", "-m", "caro_shell", *words],
        env=dict(environ),
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )
