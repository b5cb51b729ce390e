"""How long the plugin takes to load, in a real interactive shell on a terminal of its own."""

import os
import pty
import re
import shlex
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from caro_shell import paths

# Each loads the script, does what is put off to the first prompt, and says how long that took in the words of fish's
# `time`, which is fish's only clock.
_ZSH = """
zmodload zsh/datetime
for _ in {{1..{times}}}; do
  t=$EPOCHREALTIME
  CARO_PYTHON={python}
  source {script}
  _caro_on_first_prompt
  print "Executed in $(( (EPOCHREALTIME - t) * 1000 )) millis"
  unfunction -m '_caro_*'
done
exit
"""
_BASH = """
for _ in {{1..{times}}}; do
  t=${{EPOCHREALTIME/[.,]/}}
  CARO_PYTHON={python}
  source {script}
  _caro_on_prompt
  echo "Executed in $((${{EPOCHREALTIME/[.,]/}} - t)) micros"
  PROMPT_COMMAND= PS0=
  unset -f $(compgen -A function _caro_)
done
exit
"""
_FISH = """
function load
    set -g CARO_PYTHON {python}
    source {script}
    _caro_on_first_prompt
end
for turn in (seq {times})
    time load
    functions --erase (functions --all | string match '_caro_*')
end
exit
"""
_MS = {"secs": 1000.0, "millis": 1.0, "micros": 0.001}


class _Shell(NamedTuple):
    rc: str
    argv: Callable[[Path], Sequence[str]]
    """Takes the rc's file."""
    environ: Callable[[Path], Mapping[str, str]] = lambda _rc: {}


_SHELLS = {
    "zsh": _Shell(_ZSH, lambda _rc: ["-d", "-i"], lambda rc: {"ZDOTDIR": str(rc.parent)}),
    "bash": _Shell(_BASH, lambda rc: ["--noprofile", "--rcfile", str(rc), "-i"]),
    "fish": _Shell(_FISH, lambda rc: ["--no-config", "-i", "-c", f"source {shlex.quote(str(rc))}"]),
}
SHELLS = tuple(_SHELLS)
"""The shells that can be measured."""


def source_ms(shell: str, python: str, times: int) -> list[float]:
    """Return the milliseconds of each of `times` loads; empty when the shell is not installed."""
    program = shutil.which(shell)
    if not program:
        return []
    kind = _SHELLS[shell]
    with tempfile.TemporaryDirectory(prefix="caro-bench-") as directory:
        rc = Path(directory, ".zshrc")
        script = shlex.quote(paths.shell_script(shell))
        rc.write_text(kind.rc.format(times=times, python=shlex.quote(python), script=script))
        environ = {**os.environ, "TERM": "xterm-256color", **kind.environ(rc)}
        said = _run_on_terminal([program, *kind.argv(rc)], environ)
    return [float(number) * _MS[unit] for number, unit in re.findall(r"Executed in\s+([\d.]+) (\w+)", said)]


def _run_on_terminal(argv: list[str], environ: dict[str, str]) -> str:
    """Run a program to its end on a new terminal, and return what it prints."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(argv[0], argv, environ)  # noqa: S606  no shell in between is the point
    said = b""
    try:
        while read := os.read(terminal, 65536):
            said += read
    except OSError:
        # Linux says EIO when the last program on the terminal has gone.
        pass
    os.close(terminal)
    os.waitpid(pid, 0)
    return said.decode("utf-8", "replace")
