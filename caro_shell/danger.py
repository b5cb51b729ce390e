"""The judge of danger asked about a command right here: in this home, this directory, by this user."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from caro_shell.safety.judge import Judgement, judge
from caro_shell.safety.targets import Facts

# What a redirection names, as far as it is plain; the judge itself reads the syntax.
_REDIRECTED = re.compile(r">\|?\s*([^\s;&|<>()'\"$`]+)")
# Looking at more files than this is not worth anybody's time.
_MOST_FILES = 16


def facts_here(command: str, cwd: str, environ: Mapping[str, str]) -> Facts:
    """Return what the judge has to know of this place; `cwd` may be empty, where nobody knows it."""
    home = os.path.realpath(environ.get("HOME", "/"))
    named = _REDIRECTED.findall(command)[:_MOST_FILES]
    there = {path for path in named if cwd and os.path.lexists(Path(cwd, path))}
    return Facts(home=home, cwd=os.path.realpath(cwd) if cwd else "", root=os.getuid() == 0, exists=frozenset(there))


def judge_here(command: str, shell: str, cwd: str, environ: Mapping[str, str]) -> Judgement:
    """Return how dangerous `command` is in `cwd`, and why."""
    return judge(command, shell, facts_here(command, cwd, environ))
