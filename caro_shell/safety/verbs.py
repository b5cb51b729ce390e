"""Subcommands that take something away, told by their names: also of programs that nobody has listed."""

import re
from collections.abc import Iterator, Sequence
from functools import cache

from caro_shell.safety.call import Call
from caro_shell.safety.data import read_table
from caro_shell.safety.handed import TALKERS

# Of `aws --profile p ec2 delete-volume` the verb is the fourth word; behind more, words are names.
_MOST_WORDS = 5
_WORD = re.compile(r"[A-Za-z][\w:.-]*")
_PIECES = re.compile(r"[:._-]|(?<=[a-z])(?=[A-Z])")
# These options take no word: what follows them may be the verb.
_ALONE = re.compile(
    r"-[A-Za-z]|--(?:force|yes|quiet|all|debug|verbose|no-\S+|non-interactive|batch|confirm|recursive|insecure|\S*=\S*)"
)


@cache
def _names(kind: str) -> frozenset[str]:
    return frozenset(read_table("verbs.toml")[kind])


@cache
def _any_verb() -> frozenset[str]:
    return _names("strong") | _names("plain")


def _subcommands(call: Call) -> list[str]:
    """Return the words that may be subcommands, in small letters; a word behind a long option is its value."""
    values = [word.value for word in call.arguments]
    found = []
    for at, value in enumerate(values):
        before = values[at - 1] if at else ""
        if before.startswith("--") and not _ALONE.fullmatch(before):
            continue
        if _WORD.fullmatch(value):
            found.append(value)
    return found[:_MOST_WORDS]


def _parts(word: str) -> Iterator[str]:
    """Yield what a name may begin or end with: `apps:destroy`, `delete-table`, `DeleteInstance`, `erase_flash`."""
    pieces = [piece.lower() for piece in _PIECES.split(word) if piece]
    yield from dict.fromkeys([*pieces[:1], *pieces[-1:]])
    if ":" in word:
        yield from pieces
    yield word.lower()


def _says(words: Sequence[str], verbs: frozenset[str]) -> bool:
    """Say whether one of the words is such a verb, of something that is not the program's own."""
    for at, word in enumerate(words):
        parts = set(_parts(word))
        if parts & verbs:
            return not (set(words[at - 1 : at]) | parts) & _names("own")
        if word in _names("reading"):
            return False
    return False


def takes_from_others(call: Call, _fetched: frozenset[str]) -> bool:
    """Say whether a program that administers things of others is told to take some away."""
    if call.name not in _names("administer"):
        return False
    return _says(_subcommands(call), _any_verb())


def takes_everything(call: Call, _fetched: frozenset[str]) -> bool:
    """Say whether a program that no rule knows is told to destroy something, or to take all of it away."""
    if call.name in TALKERS or call.name in _names("administer") or call.name in _names("apart") or "." in call.name:
        return False
    first = _subcommands(call)[:2]
    whole = any(word.value in _names("everything") for word in call.arguments)
    return _says(first, _any_verb() if whole else _names("strong"))
