"""The judge of danger asked about a command right here: in this home, this directory, by this user."""

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from caro_shell import paths
from caro_shell.private_file import read_plain
from caro_shell.safety.judge import Judgement, Reason, judge
from caro_shell.safety.own import Own, lower, read_own
from caro_shell.safety.rules import RuleError, worst
from caro_shell.safety.targets import Aliases, Facts
from caro_shell.safety.told import raised

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


def rules_file(environ: Mapping[str, str]) -> Path:
    """Return the file of the user's own rules, whether or not it is there."""
    return Path(paths.config_file(environ)).with_name("danger.toml")


def own_here(environ: Mapping[str, str]) -> Own:
    """Return the user's own rules, read again when the file has changed; raises RuleError."""
    file = rules_file(environ)
    try:
        found = file.stat()
    except OSError:
        return Own()
    return _read(file, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=4)
def _read(file: Path, _changed: int, _size: int) -> Own:
    try:
        return read_own(read_plain(file).decode(), str(file))
    except (OSError, UnicodeDecodeError):
        raise RuleError(f"{file} cannot be read.") from None


_NO_SHELL = Aliases()


def judge_here(  # noqa: PLR0913  what is known of the place, and what was said of the command
    command: str,
    shell: str,
    cwd: str,
    environ: Mapping[str, str],
    aliases: Aliases = _NO_SHELL,
    *,
    warned: bool = False,
) -> Judgement:
    """Return how dangerous `command` is in `cwd`, and why; where the user's own rules cannot be read, that too.

    `aliases` are those of the shell that asks; `warned` says whether the model that wrote it warned of it.
    """
    facts = replace(facts_here(command, cwd, environ), aliases=aliases)
    try:
        own = own_here(environ)
    except RuleError as error:
        judged = raised(judge(command, shell, facts), command, warned=warned)
        told = Reason("moderate", f"your own rules are not asked: {str(error).rstrip('.')}", "own-rules")
        return Judgement(worst([judged.level, told.level]), (*judged.reasons, told))
    judged = raised(judge(command, shell, facts, own.rules), command, warned=warned)
    return lower(judged, command, own.allowed)
