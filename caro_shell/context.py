"""What is known about the place a command will run in, without running anything."""

import os
import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from shutil import which

from caro_shell.parse.characters import without_refused
from caro_shell.prompt import Place


def _flavour(system: str, path: str) -> str:
    if system == "Darwin":
        # Homebrew's GNU tools come first only where the user has put their directory on PATH.
        return "GNU" if "/coreutils/libexec/gnubin" in path else "BSD"
    if system != "Linux":
        return "BSD"
    return "BusyBox" if Path("/bin/ls").resolve().name == "busybox" else "GNU"


@cache
def place(shell: str) -> Place:
    """Return this machine as a place for `shell`."""
    system = os.uname().sysname
    return Place(
        system="macOS" if system == "Darwin" else system,
        flavour=_flavour(system, os.environ.get("PATH", "")),
        shell=shell,
    )


# Of zsh, bash and fish, where there is no program of that name.
_BUILTINS = frozenset(
    """alias bg bind bindkey builtin cd command complete declare dirs disown echo eval exec exit export false fg funced
    funcsave getopts hash jobs kill local popd printf pushd pwd set setopt shopt source string trap true type typeset
    ulimit umask unalias unset wait""".split()  # noqa: SIM905  a line a word would be long to read
)
_PLAIN_PATH = re.compile(r"[\w./-]+")
_NOT_FOUND, _NOT_EXECUTABLE = 127, 126
"""POSIX, Shell Command Language 2.8.2: exit status for command errors."""


def is_known(name: str) -> bool:
    """Say whether `name` is a builtin or a program on the daemon's PATH."""
    return name in _BUILTINS or which(name) is not None


def _programs() -> Iterator[str]:
    for directory in os.environ.get("PATH", "").split(os.pathsep):
        try:
            yield from _names_in(Path(directory))
        except OSError:
            continue


def _names_in(directory: Path) -> Iterator[str]:
    """Yield the names in a directory that may stand in a prompt: they are other people's text."""
    return (each.name for each in directory.iterdir() if each.name.isprintable())


def facts_about(command: str, status: int, cwd: str, output: str) -> list[str]:
    """Return what can be seen of why a command failed, a sentence each; nothing is run for it."""
    facts = []
    words = command.split()
    name = next((word for word in words if word not in {"sudo", "doas"} and "=" not in word), "")
    if status == _NOT_FOUND and name and not is_known(name):
        near = near_names(name, {*_programs(), *_BUILTINS})
        facts.append(f"There is no command {name} here" + (f", but {' and '.join(near)}." if near else "."))
    if status == _NOT_EXECUTABLE:
        facts.append(f"{name} is not executable.")
    facts += [f"There is no {what}." for what in _missing(words[1:], cwd)]
    if said := without_refused(output).strip():
        facts.append(f"It said: {said}")
    return facts


def near_names(name: str, names: AbstractSet[str]) -> list[str]:
    """Return at most two of `names` that may have been meant.

    Two letters that changed places are the likeliest slip, then one too many or too few, then a wrong one.
    """
    swapped = {name[:at] + name[at + 1] + name[at] + name[at + 2 :] for at in range(len(name) - 1)}
    if found := sorted(swapped & names):
        return found[:2]
    # Two letters are like everything.
    off = sorted(other for other in names if len(name) > 2 and _one_letter_off(name, other))  # noqa: PLR2004
    if found := [other for other in off if len(other) != len(name)] or off:
        return found[:2]
    return get_close_matches(name, names, n=2, cutoff=0.75)


def _one_letter_off(one: str, other: str) -> bool:
    """Say whether a letter too much, too little or another one makes the difference."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return False
    at = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return one[at + (len(one) >= len(other)) :] == other[at + (len(other) >= len(one)) :]


def _missing(words: list[str], cwd: str) -> list[str]:
    """Return what is not there of those `words` that are plain paths, and what it may be a slip for; at most three.

    Where even the directory is missing, that is the one to tell: a command may be about to make the rest.
    """
    paths = [Path(word) for word in words if "/" in word and _PLAIN_PATH.fullmatch(word)]
    return [said for path in paths if (said := _missing_part(path, Path(cwd)))][:3]


def _missing_part(path: Path, cwd: Path) -> str:
    """Return the first part of `path` that is not there; with a slip of the finger in it, the path that was meant."""
    for part in [*reversed(path.parents), path]:
        here = cwd / part
        if os.path.lexists(here) and (part == path or here.is_dir()):
            continue
        try:
            near = near_names(part.name, {*_names_in(here.parent)})
        except OSError:
            near = []
        rest = path.relative_to(part)
        meant = [str(there) for name in near if os.path.lexists(cwd / (there := part.parent / name / rest))]
        if meant:
            return f"{path}, but {' and '.join(meant)}"
        return str(path) if part == path else f"directory {part}"
    return ""
