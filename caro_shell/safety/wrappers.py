"""Commands that run another one: which they are, what their names and options are, where the other one begins."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from caro_shell.safety import shells
from caro_shell.safety.call import Call
from caro_shell.safety.data import read_table
from caro_shell.safety.words import Values, Word

_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")


@dataclass(frozen=True)
class Wrapper:
    """How a command that runs another one is written; wrappers.toml says what the fields mean."""

    values: frozenset[str] = frozenset()
    scripts: frozenset[str] = frozenset()
    skip: int = 0
    assignments: bool = False
    script: bool = False
    supplies: bool = False
    remote: bool = False


@cache
def wrappers() -> Mapping[str, Wrapper]:
    """Return the wrappers by name."""
    return {name: _wrapper(entry) for name, entry in read_table("wrappers.toml").items()}


def _wrapper(entry: Mapping[str, Any]) -> Wrapper:
    values: dict[str, Any] = {
        key: frozenset(value) if isinstance(value, list) else value for key, value in entry.items()
    }
    return Wrapper(**values)


# In fish these stand where bash has keywords and operators.
_OF_FISH = frozenset({"and", "or", "not", "begin", "if", "while", "else"})


def wrapper_of(call: Call, shell: str) -> tuple[Wrapper, int] | None:
    """Return the wrapper, and how many words its name has."""
    if shell == "fish" and call.name in _OF_FISH:
        return Wrapper(), 1
    if call.name.startswith(("ld-linux", "ld.so", "ld-musl")):
        return Wrapper(), 1
    names = [call.name, *(word.value for word in call.words[1:3])]
    for count in (3, 2, 1):
        found = wrappers().get(" ".join(names[:count]))
        if found:
            return found, count
    return None


def split_options(
    words: Sequence[Word], values: frozenset[str], scripts: frozenset[str] = frozenset()
) -> tuple[list[Word], list[Word]]:
    """Return the words from the first that is no option on, and the values of the options named by `scripts`."""
    texts: list[Word] = []
    at = 0
    while at < len(words):
        value = words[at].value
        if value == "--":
            return list(words[at + 1 :]), texts
        if not value.startswith("-") or (value == "-" and not _texts_before(scripts)):
            break
        long, sign, after = value.partition("=")
        if long in scripts and sign:
            texts.append(replace(words[at], values=(after,)))
        elif value[:2] in scripts & _ATTACHED and len(value) > 2:  # noqa: PLR2004  `-S'rm x'`: the option and its text
            texts.append(replace(words[at], values=(value[2:],)))
        elif at + 1 < len(words) and (value in scripts or shells.ends_in(value, scripts)):
            texts.append(words[at + 1])
            at += 1
        elif value in values or shells.ends_in(value, values & {"-u", "-n"}):
            at += 1
        at += 1
    return list(words[at:]), texts


# `env` takes its text right behind the option's letter, and a bare `-` for `-i`.
_ATTACHED = frozenset({"-S"})


def _texts_before(scripts: frozenset[str]) -> bool:
    """Say whether a bare `-` is an option: of `env` alone, which is told by its other ones."""
    return "--split-string" in scripts


_ANYWHERE = 99


def _split_anywhere(words: Sequence[Word], scripts: frozenset[str]) -> list[Word]:
    """Return the values of the options named by `scripts`, wherever they stand."""
    return [
        words[at + 1]
        for at, word in enumerate(words[:-1])
        if word.value in scripts or shells.ends_in(word.value, scripts)
    ]


def behind(words: Sequence[Word], wrapper: Wrapper) -> tuple[list[Word], list[Word]]:
    """Return the command behind a wrapper's name, and the texts that its options give."""
    rest, texts = split_options(words, wrapper.values, wrapper.scripts)
    if wrapper.skip == _ANYWHERE:
        return [], list(dict.fromkeys([*texts, *_split_anywhere(words, wrapper.scripts)]))
    skipped, rest = rest[: wrapper.skip], rest[wrapper.skip :]
    if wrapper.skip:
        # Options may stand behind what is skipped, too: `ssh host -p 22 …`.
        behind, more = split_options(rest or skipped[1:], wrapper.values, wrapper.scripts)
        texts, rest = [*texts, *more], behind if rest else rest
    while wrapper.assignments and rest and _ASSIGNMENT.match(rest[0].value):
        rest = rest[1:]
    if wrapper.skip > len(skipped):
        rest = []
    return rest[1:] if rest and rest[0].value == "--" else rest, texts


def assigned(words: Sequence[Word]) -> dict[str, Values]:
    """Return the variables that `env` and its like are given before the command."""
    parted = [word.value.partition("=") for word in words if _ASSIGNMENT.match(word.value)]
    return {name: (value,) for name, _, value in parted if name == "HOME"}
