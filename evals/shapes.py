"""What a command that cannot be run must be made of: words in any order, and what may be there besides."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from evals.syntax import Command, pieces, read

# These stand for themselves in a shape, whatever `|` means in an element otherwise.
_OPERATORS = frozenset({"|", "||", "&&", "&", ";", "|&", ">", ">>", "<", "2>", "&>", "$(", ")", "(", "{", "}", "\n"})


@dataclass(frozen=True)
class Shape:
    """What must be in a command, what may be, and what of it must stand in this order."""

    words: tuple[str, ...]
    optional: tuple[str, ...] = ()
    order: tuple[str, ...] = ()

    def objection(self, command: Command) -> str:
        """Say what is missing or too much; empty when nothing is."""
        left = frozenset(range(len(command.tokens)))
        rest, missing = _without_all(command, left, self.words)
        if missing:
            return f"{missing} is missing"
        if late := _out_of_order(command, left, self.order):
            return f"{late} is not where it should be"
        for found in rest:
            if not (more := _without_optional(command, found, (*self.optional, *_FREE))):
                return ""
        return f"{command.tokens[min(more)].text} is too much"


_MOST_WAYS = 200
# What a command prints in place of a word is looked at for its words.
_FREE = ("$(", ")")


def _out_of_order(command: Command, left: frozenset[int], order: Sequence[str]) -> str:
    """Return the first element that does not stand behind the one before it; empty when all do."""
    at = -1
    for element in order:
        places = [min(used) for used in _matches(command, left, element) if min(used) > at]
        if not places:
            return element
        at = min(places)
    return ""


def _without_all(command: Command, left: frozenset[int], wanted: Sequence[str]) -> tuple[list[frozenset[int]], str]:
    """Return what the ways to find every one of `wanted` leave of the tokens; none, and the first that is missing."""
    ways = [left]
    for element in wanted:
        found = list(dict.fromkeys(way - used for way in ways for used in _matches(command, way, element)))
        if not found:
            return [], element
        ways = found[:_MOST_WAYS]
    return ways, ""


def _without_optional(command: Command, left: frozenset[int], optional: Sequence[str]) -> frozenset[int]:
    """Return the tokens that are none of `optional`."""
    while left:
        used = next((used for element in optional for used in _matches(command, left, element)), None)
        if used is None:
            break
        left -= used
    return left


def _matches(command: Command, left: frozenset[int], element: str) -> Iterator[frozenset[int]]:
    """Yield the sets of tokens, out of `left`, that one element of a shape stands for."""
    for alternative in alternatives(element):
        if isinstance(alternative, str):
            yield from _literal_matches(command, left, _wanted(alternative))
        else:
            yield from _regex_matches(command, left, alternative)


@cache
def alternatives(element: str) -> tuple[str | re.Pattern[str], ...]:
    """Return the alternatives of an element; an expression may have `|` of its own. Raises re.error."""
    if element in _OPERATORS:
        return (element,)
    found: list[str | re.Pattern[str]] = []
    at = 0
    while at <= len(element):
        end = _end_of_expression(element, at)
        if end:
            found.append(re.compile(element[at + 1 : end]))
            at = end + len("/|")
        else:
            end = element.find("|", at)
            end = len(element) if end < 0 else end
            found.append(element[at:end])
            at = end + 1
    return tuple(found)


def _end_of_expression(element: str, at: int) -> int:
    """Return where the slash stands that ends the expression beginning at `at`; 0 when none begins there."""
    if not element.startswith("/", at):
        return 0
    for end in range(at + 2, len(element)):
        if element[end] == "/" and element[end + 1 : end + 2] in ("", "|"):
            inner = re.sub(r"\\.|\[[^]]*\]", "", element[at + 1 : end])
            if inner.count("(") == inner.count(")"):
                return end
    return 0


@cache
def _wanted(alternative: str) -> tuple[str, ...]:
    return tuple(piece for word in alternative.split() for piece in pieces(word)) or ("",)


def _regex_matches(command: Command, left: frozenset[int], pattern: re.Pattern[str]) -> Iterator[frozenset[int]]:
    for at, word in enumerate(command.words):
        own = frozenset(number for number, token in enumerate(command.tokens) if token.word == at)
        if own <= left and pattern.search(word):
            yield own
    for number, token in enumerate(command.tokens):
        if number in left and command.words[token.word] != token.text and pattern.search(token.text):
            yield frozenset({number})


def _literal_matches(command: Command, left: frozenset[int], wanted: tuple[str, ...]) -> Iterator[frozenset[int]]:
    tokens = command.tokens
    if len(wanted) > 1 and all(_is_flag(piece) for piece in wanted):
        # The flags of a bundle may stand in any order, and apart.
        used: list[int] = []
        for piece in wanted:
            used += [n for n in sorted(left) if tokens[n].text == piece and n not in used][:1]
        if len(used) == len(wanted):
            yield frozenset(used)
        return
    for start in sorted(left):
        run = range(start, start + len(wanted))
        if all(n in left and tokens[n].text == piece for n, piece in zip(run, wanted, strict=True)):
            yield frozenset(run)


def _is_flag(piece: str) -> bool:
    return len(piece) == len("-x") and piece[0] == "-"


def objection(command: str, shapes: Sequence[Shape]) -> str:
    """Say why a command has none of these shapes; empty when it has one."""
    found = read(command)
    if found is None:
        return "it cannot be read"
    said = [shape.objection(found) for shape in shapes]
    return "" if "" in said else said[0]
