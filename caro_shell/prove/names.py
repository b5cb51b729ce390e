"""Whether the words that commands begin with can be run here, and what could be run instead."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from caro_shell.context import near_names
from caro_shell.prompt import SHELLS
from caro_shell.prove.commands import Command, Line, Word
from caro_shell.prove.programs import Programs
from caro_shell.prove.tools import tools

_ROOT = frozenset({"sudo", "doas", "pkexec", "run0"})
# They run a file or a builtin, never a function or an alias.
_OUTSIDE = _ROOT | {
    "xargs",
    "find",
    "env",
    "nice",
    "nohup",
    "timeout",
    "setsid",
    "ionice",
    "stdbuf",
    "watch",
    "parallel",
}

# What is written otherwise is more likely something that this grammar has taken for a name: `!!`, a pattern, a path.
_NAME = re.compile(r"\w[\w.+@-]*")


@dataclass(frozen=True)
class Missing:
    """A command's name that nothing here answers to, what is here instead, and how it is usually installed."""

    name: str
    word: Word
    instead: tuple[str, ...] = ()
    install: str = ""
    shell: str = ""
    """Another shell, of which it is a builtin."""


@cache
def _data(name: str) -> Mapping[str, Any]:
    return tomllib.loads(Path(__file__).with_name("data").joinpath(name).read_text(encoding="utf-8"))


@cache
def builtins_of(shell: str) -> frozenset[str]:
    """Return what `shell` runs by itself, and the words of its grammar."""
    return frozenset(_data("builtins.toml").get(shell, ()))


def is_builtin(command: Command, shell: str) -> bool:
    """Say whether it is the shell itself that runs `command`."""
    return command.name.text in builtins_of(shell) and not _OUTSIDE & set(command.by)


def missing_name(command: Command, line: Line, own: frozenset[str], programs: Programs, shell: str) -> Missing | None:
    """Return the name of `command` if nothing here answers to it; `own` are the user's functions and aliases."""
    name = command.name.text
    if not command.name.known or not _NAME.fullmatch(name):
        return None
    if is_builtin(command, shell) or name in line.defined or name in own or "sh" in command.by:
        return None
    if programs.find(name, as_root=bool(_ROOT & set(command.by))):
        return None
    shells = [other for other in SHELLS if name in builtins_of(other)]
    if shells and not command.by:
        return Missing(name, command.name, shell=shells[0])
    instead = _instead(name, programs, shell)
    return Missing(name, command.name, instead, "" if instead else _install(name, programs))


def _instead(name: str, programs: Programs, shell: str) -> tuple[str, ...]:
    """Return what is here for the same purpose; for a name that no program is known by, names it may be a slip for."""
    data = _data("alternatives.toml")
    for other in data["instead"].get(name, ()):
        if programs.find(other):
            return (other,)
    known = [*data["instead"], *data["packages"]["same"], *data["packages"]["apt"], *tools()]
    return () if name in known else tuple(near_names(name, {*programs.names(), *builtins_of(shell)}))


def _install(name: str, programs: Programs) -> str:
    data = _data("alternatives.toml")
    for manager, how in data["managers"].items():
        package = data["packages"].get(manager, {}).get(name, name if name in data["packages"]["same"] else "")
        if programs.find(manager):
            return str(how).format(package) if package else ""
    return ""
