"""Proof that a command can be read by the shell it is meant for: that shell's own parser says so."""

import subprocess
from functools import cache
from shutil import which

# Parse only: no start-up files, nothing executed.
_PARSERS = {
    "zsh": ("zsh", "-f", "-n"),
    "bash": ("bash", "--norc", "--noprofile", "-n"),
    "fish": ("fish", "--no-config", "--no-execute"),
}
# A parser needs milliseconds; this only keeps a broken installation from holding the worker.
_TIMEOUT_S = 5.0


@cache
def _parser(shell: str) -> tuple[str, ...]:
    name, *options = _PARSERS[shell]
    found = which(name)
    return (found, *options) if found else ()


def syntax_error(command: str, shell: str) -> str:
    """Return what the shell's parser says against `command`; empty when it has no objection.

    A shell that is not installed has none: there is nothing to ask.
    """
    parser = _parser(shell)
    if not parser:
        return ""
    try:
        checked = subprocess.run(
            parser,
            input=command.encode("utf-8", "replace") + b"\n",
            env={"LC_ALL": "C", "PATH": "/usr/bin:/bin", "HOME": "/"},
            cwd="/",
            capture_output=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    said = checked.stderr.decode(errors="replace").strip()
    # bash takes an unfinished heredoc with a warning; on a command line it would wait for more.
    if checked.returncode == 0 and "here-document" not in said:
        return ""
    return said.splitlines()[0] if said else f"{shell} cannot read it"
