"""Commands that cannot be run here, compared by the words they are made of."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from caro_shell.safety.grammar import parse

if TYPE_CHECKING:
    from tree_sitter import Node

_VALUES = frozenset(
    "word number variable_name string raw_string ansi_c_string concatenation simple_expansion expansion test_operator "
    "regex extglob_pattern brace_expression arithmetic_expansion variable_assignment special_variable_name".split()
)
_OPERATORS = frozenset({"|", "||", "&&", "&", ";", "|&", ">", ">>", "<", "2>", "&>", "$(", ")", "(", "{", "}", "\n"})
_FLAGS = re.compile(r"-([A-Za-z]{2,})")
_FLAG_AND_VALUE = re.compile(r"-([A-Za-z])([^A-Za-z-].*)")
_LONG = re.compile(r"(--[A-Za-z][\w-]*)=(.*)", re.DOTALL)


@dataclass(frozen=True)
class Token:
    """One piece of a command, and the word that it comes from: bundles of flags and `--option=value` are taken apart."""

    text: str
    word: int


@dataclass(frozen=True)
class Command:
    """A command as its pieces; `words` are as they were written, without quotes."""

    tokens: tuple[Token, ...]
    words: tuple[str, ...]


def read(command: str) -> Command | None:
    """Return a command's pieces; None when it is no sound bash."""
    source = command.strip().encode("utf-8", "replace")
    root = parse(source)
    if root.has_error or not source:
        return None
    words = _joined(list(_words(root, source)))
    tokens = [Token(piece, at) for at, word in enumerate(words) for piece in _pieces(word)]
    return Command(tuple(tokens), tuple(words))


def _words(node: "Node", source: bytes) -> Iterator[str]:
    if node.type == "comment":
        return
    if node.type in ("command_substitution", "process_substitution"):
        yield "$("
        for child in node.named_children:
            yield from _words(child, source)
        yield ")"
    elif node.type in _VALUES:
        inner = list(_substitutions(node))
        text = _plain(node, source)
        if not inner or text.strip("\ue000"):
            yield text.replace("\ue000", "$()")
        for child in inner:
            yield from _words(child, source)
    elif not node.children:
        text = source[node.start_byte : node.end_byte].decode()
        yield ";" if not text.strip() else text
    else:
        for child in node.children:
            yield from _words(child, source)


def _substitutions(node: "Node") -> Iterator["Node"]:
    for child in node.children:
        if child.type == "command_substitution":
            yield child
        else:
            yield from _substitutions(child)


def _plain(node: "Node", source: bytes) -> str:
    """Return a word without its quotes; what a command in it prints is a mark."""
    if node.type == "command_substitution":
        return "\ue000"
    text = source[node.start_byte : node.end_byte].decode()
    if node.type == "raw_string":
        return text[1:-1]
    if node.type == "ansi_c_string":
        return text[2:-1]
    if node.type == "string":
        return re.sub(r'\\([$`"\\])', r"\1", _between(node, source)[1:-1])
    if node.type == "expansion":
        return re.sub(r"^\$\{(\w+)\}$", r"$\1", text)
    if node.type in ("concatenation", "variable_assignment"):
        return _between(node, source)
    return re.sub(r"\\(.)", r"\1", text) if node.type == "word" else text


def _between(node: "Node", source: bytes) -> str:
    """Return a node's text with each child in its plain form."""
    parts, at = [], node.start_byte
    for child in node.children:
        parts += [source[at : child.start_byte].decode(), _plain(child, source)]
        at = child.end_byte
    return "".join([*parts, source[at : node.end_byte].decode()])


def _joined(words: list[str]) -> list[str]:
    """Return the words with redirections of a descriptor as one, and without a `;` at the end."""
    joined: list[str] = []
    for at, word in enumerate(words):
        if word in (">", ">>", ">&", "<&") and joined and joined[-1] in ("1", "2") and at:
            joined[-1] += word
        elif joined and joined[-1] in (">&", "1>&", "2>&"):
            joined[-1] += word
        else:
            joined.append(word)
    while joined and joined[-1] == ";":
        joined.pop()
    return joined


def _pieces(word: str) -> list[str]:
    if found := _LONG.fullmatch(word):
        return [found[1], found[2]]
    if found := _FLAGS.fullmatch(word):
        return [f"-{letter}" for letter in found[1]]
    if found := _FLAG_AND_VALUE.fullmatch(word):
        return [f"-{found[1]}", found[2].removeprefix("=")]
    return [word]


@dataclass(frozen=True)
class Shape:
    """What must be in a command, and what may be."""

    words: tuple[str, ...]
    optional: tuple[str, ...] = ()

    def objection(self, command: Command) -> str:
        """Say what is missing or too much; empty when nothing is."""
        left = frozenset(range(len(command.tokens)))
        rest, missing = _without_all(command, left, self.words)
        if missing:
            return f"{missing} is missing"
        for found in rest:
            if not (more := _without_optional(command, found, self.optional)):
                return ""
        return f"{command.tokens[min(more)].text} is too much"


_MOST_WAYS = 200


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
    return tuple(piece for word in alternative.split() for piece in _pieces(word)) or ("",)


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
