"""How long the plugin takes to load, in a real interactive zsh on a terminal of its own."""

import os
import pty
import shlex
import shutil
import tempfile
from pathlib import Path

from caro_shell import paths

# Sourcing, and what is put off to the first prompt; EPOCHREALTIME has microseconds.
_RC = """
zmodload zsh/datetime
for _ in {{1..{times}}}; do
  t=$EPOCHREALTIME
  CARO_PYTHON={python}
  source {script}
  _caro_on_first_prompt
  print $(( (EPOCHREALTIME - t) * 1000 )) >> {result}
  unfunction -m '_caro_*'
done
exit
"""


def source_ms(python: str, times: int) -> list[float]:
    """Return the milliseconds of each of `times` loads; empty when zsh is not installed."""
    zsh = shutil.which("zsh")
    if not zsh:
        return []
    with tempfile.TemporaryDirectory(prefix="caro-bench-") as directory:
        result = Path(directory, "result")
        script = shlex.quote(paths.shell_script("zsh"))
        rc = _RC.format(times=times, python=shlex.quote(python), script=script, result=shlex.quote(str(result)))
        Path(directory, ".zshrc").write_text(rc)
        _run_on_terminal([zsh, "-d", "-i"], {**os.environ, "ZDOTDIR": directory})
        return [float(line) for line in result.read_text().split()]


def _run_on_terminal(argv: list[str], environ: dict[str, str]) -> None:
    """Run a program to its end on a new terminal, and drop what it prints."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(argv[0], argv, environ)  # noqa: S606  no shell in between is the point
    try:
        while os.read(terminal, 65536):
            pass
    except OSError:
        # Linux says EIO when the last program on the terminal has gone.
        pass
    os.close(terminal)
    os.waitpid(pid, 0)
