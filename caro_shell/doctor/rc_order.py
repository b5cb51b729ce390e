"""What in a shell's own file keeps caro from being loaded, or loads it wrongly: read as text, never run."""

import os
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from caro_shell.private_file import read_plain

# At the beginning of a line: what is indented, or behind `&&`, is done on a condition.
_ENDS = re.compile(r"(?:return|exit|exec\s+\S+)\b")
_PYTHON = re.compile(r"^\s*(?:export\s+|set\s+(?:-\w+\s+)*)?CARO_PYTHON(?:=|\s+)(.*)$")
_QUIET = re.compile(r"\s+#.*$")


@dataclass(frozen=True)
class Trouble:
    """What is wrong with a file, and what mends it."""

    seen: str
    mend: str


def troubles(path: Path, shell: str) -> list[Trouble]:
    """Return what is wrong in a shell's file that names caro; nothing of one that cannot be read."""
    try:
        text = read_plain(path).decode("utf-8", "replace")
    except OSError:
        return []
    return list(_troubles(text.splitlines(), path, shell))


def _troubles(lines: list[str], path: Path, shell: str) -> Iterator[Trouble]:
    loads = [at for at, line in enumerate(lines, start=1) if _loads(line, shell)]
    if not loads:
        yield Trouble(
            f"its line is a comment, or not one of `caro init {shell}`",
            f"caro init {shell} >> {shlex.quote(str(path))}",
        )
        return
    end = next((at for at, line in enumerate(lines, start=1) if _ENDS.match(line)), 0)
    if end and end < loads[0]:
        seen = f"line {end}, `{lines[end - 1].strip()[:40]}`, ends the file before line {loads[0]}, which loads caro"
        yield Trouble(seen, f"move caro's lines in {path} above line {end}")
    if len(loads) > 1:
        which = " and ".join(map(str, loads))
        yield Trouble(f"{path} loads caro more than once, in lines {which}", f"leave one of them in {path}")
    for at, line in enumerate(lines, start=1):
        if (chosen := _PYTHON.match(line)) and (python := _word(chosen[1])) and not os.access(python, os.X_OK):
            yield Trouble(f"CARO_PYTHON in line {at} is {python}, which is not there", "./install.sh")
    script = next((found for at in loads if (found := _script(lines[at - 1], shell))), "")
    if script.startswith("/") and not os.path.exists(script):  # noqa: PTH110  text of the user's
        yield Trouble(f"line {loads[0]} loads {script}, which is not there", "./install.sh")


def _loads(line: str, shell: str) -> bool:
    return f"caro.{shell}" in line and not line.lstrip().startswith("#")


def _script(line: str, shell: str) -> str:
    """Return the path of caro's script in a line that loads it."""
    try:
        words = shlex.split(_QUIET.sub("", line))
    except ValueError:
        return ""
    return next((word for word in words if word.endswith(f"caro.{shell}")), "")


def _word(text: str) -> str:
    """Return the path that a line sets; empty for one that only the shell can tell."""
    try:
        words = shlex.split(_QUIET.sub("", text))
    except ValueError:
        return ""
    return words[0] if words and words[0].startswith("/") else ""
