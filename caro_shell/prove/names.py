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
_DOUBLED = re.compile(r"(.)\1")


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
    known = {*data["instead"], *data["packages"]["same"], *data["packages"]["apt"], *tools(), *data["others"]}
    if name in known:
        return ()
    # Names that nobody has heard of are near to a thousand others: only what is often meant is offered.
    near = near_names(name, known | builtins_of(shell))
    return tuple(other for other in near if _is_slip(name, other) and _is_here(other, programs, shell))


def _is_slip(name: str, meant: str) -> bool:
    """Say whether fingers make `name` of `meant`: programs have names like each other's, as ssh and sshd do."""
    if len(meant) == len(name) + 1:
        return len(name) > 2  # noqa: PLR2004  two letters are the beginning of everything
    if len(meant) == len(name):
        return sorted(meant) == sorted(name) or len(name) > 5  # noqa: PLR2004  a wrong letter in a long name
    return _DOUBLED.sub(r"\1", name) == _DOUBLED.sub(r"\1", meant)


def _is_here(name: str, programs: Programs, shell: str) -> bool:
    return name in builtins_of(shell) or bool(programs.find(name))


def _install(name: str, programs: Programs) -> str:
    data = _data("alternatives.toml")
    for manager, how in data["managers"].items():
        package = data["packages"].get(manager, {}).get(name, name if name in data["packages"]["same"] else "")
        if programs.find(manager):
            return str(how).format(package) if package else ""
    return ""
