"""Proof that a command can be read by the shell it is meant for: that shell's own parser says so."""

import subprocess
from contextlib import suppress
from functools import cache
from shutil import which
from typing import Self

# Parse only: no start-up files, nothing executed.
_PARSERS = {
    "zsh": ("zsh", "-f", "-n"),
    "bash": ("bash", "--norc", "--noprofile", "-n"),
    "fish": ("fish", "--no-config", "--no-execute"),
}
# What is put around a command before a shell reads it. zsh's -n still expands the words of a command at the top level:
# `=(ls)` makes a file, `<&$fd` is a complaint. The body of a function is only parsed; to leave this one, a command
# would have to end both the `if` and the braces.
_AROUND = {"zsh": ("_() {\nif :; then\n", "\nfi\n}")}
# A parser needs milliseconds; this only keeps a broken installation from holding the worker.
_TIMEOUT_S = 5.0


@cache
def _parser(shell: str) -> tuple[str, ...]:
    name, *options = _PARSERS[shell]
    found = which(name)
    return (found, *options) if found else ()


class SyntaxCheck:
    """The parser of a shell, started ahead: it has loaded by the time the command is written."""

    def __init__(self, shell: str) -> None:
        """Start it; a shell that is not installed has no objection to anything, there is nobody to ask."""
        self._shell = shell
        self._process: subprocess.Popen[bytes] | None = None
        if parser := _parser(shell):
            with suppress(OSError):
                self._process = subprocess.Popen(
                    parser,
                    env={"LC_ALL": "C", "PATH": "/usr/bin:/bin", "HOME": "/"},
                    cwd="/",
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                )

    def __enter__(self) -> Self:
        """Return the waiting parser."""
        return self

    def __exit__(self, *_: object) -> None:
        """End it, asked or not."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()

    def objection(self, command: str) -> str:
        """Return what the parser says against `command`, once; empty when it has no objection."""
        if self._process is None:
            return ""
        try:
            before, after = _AROUND.get(self._shell, ("", ""))
            text = f"{before}{command}{after}\n".encode("utf-8", "replace")
            _out, complaint = self._process.communicate(text, _TIMEOUT_S)
        except (OSError, subprocess.TimeoutExpired):
            return ""
        said = complaint.decode(errors="replace").strip()
        # bash takes an unfinished heredoc with a warning; on a command line it would wait for more.
        if self._process.returncode == 0 and "here-document" not in said:
            return ""
        return said.splitlines()[0] if said else f"{self._shell} cannot read it"


def syntax_error(command: str, shell: str) -> str:
    """Return what the shell's parser says against `command`; empty when it has no objection."""
    with SyntaxCheck(shell) as check:
        return check.objection(command)
