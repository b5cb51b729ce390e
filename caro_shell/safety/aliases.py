"""A command as the user's shell reads it: what is an alias there stands for what it means."""

import re
from collections.abc import Iterator

from caro_shell.safety.scope import Scope, first_variables
from caro_shell.safety.targets import Aliases

_WORD = re.compile(r"""(?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^\s'"\\;|&()<>`])+""", re.DOTALL)
# An alias that means itself many times over is nobody's.
_MOST_CHARACTERS = 20_000
_MOST_DEPTH = 4


def readings(command: str, aliases: Aliases) -> Iterator[tuple[str, Scope]]:
    """Yield the texts to judge and what is known before each: as it is written, and as the user's shell takes it.

    Both, because an alias is no promise: a backslash, another shell, or an `unalias` before it mean the program.
    """
    yield command, Scope(variables=first_variables())
    if aliases == Aliases() or not any(_is_alias(word, aliases) for word in _WORD.findall(command)):
        return
    scope = Scope(variables=first_variables(), aliases=dict(aliases.commands), suffixes=dict(aliases.suffixes))
    expanded = _everywhere(command, aliases, frozenset())
    if expanded != command:
        # Where its parts stand in what was typed, nobody can say.
        scope.span = (0, len(command.encode("utf-8", "replace")))
    yield expanded, scope


def _is_alias(word: str, aliases: Aliases) -> bool:
    plain = word.strip("'\"\\")
    is_file = "." in plain and plain.rpartition(".")[2] in aliases.suffixes
    return plain in aliases.commands or word in aliases.everywhere or is_file


def _everywhere(text: str, aliases: Aliases, inside: frozenset[str]) -> str:
    """Return a text with zsh's global aliases replaced, each by what it means; none within itself."""
    if not aliases.everywhere or len(inside) > _MOST_DEPTH:
        return text

    def meant(found: re.Match[str]) -> str:
        word = found.group()
        meaning = None if word in inside else aliases.everywhere.get(word)
        return word if meaning is None else _everywhere(meaning, aliases, inside | {word})

    expanded = _WORD.sub(meant, text)
    return expanded if len(expanded) <= max(_MOST_CHARACTERS, len(text)) else text
