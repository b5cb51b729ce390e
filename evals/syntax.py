"""A command as the words it is made of, for what cannot be run here."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from caro_shell.prove.commands import commands_in
from caro_shell.safety.grammar import parse

if TYPE_CHECKING:
    from tree_sitter import Node

_VALUES = frozenset(
    """word number variable_name string raw_string ansi_c_string concatenation simple_expansion expansion test_operator
    regex extglob_pattern brace_expression arithmetic_expansion variable_assignment
    special_variable_name""".split()  # noqa: SIM905  a line a word would be long to read
)
_PROGRAM = re.compile(r"[a-z][\w.+-]*")
_REDIRECTIONS, _DESCRIPTORS, _DUPLICATIONS = (">", ">>", ">&", "<&"), ("1", "2"), (">&", "1>&", "2>&")
_FLAGS = re.compile(r"-([A-Za-z]{2,})")
_FLAG_AND_VALUE = re.compile(r"-([A-Za-z])([^A-Za-z-].*)")
_LONG = re.compile(r"(--[A-Za-z][\w-]*)=(.*)", re.DOTALL)


@dataclass(frozen=True)
class Token:
    """One piece of a command, and the number of the word that it comes from."""

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
    tokens = [Token(piece, at) for at, word in enumerate(words) for piece in pieces(word)]
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
        if inner := _only_substitution(node, source):
            yield from _words(inner, source)
        else:
            yield _plain(node, source)
    elif not node.children:
        text = source[node.start_byte : node.end_byte].decode()
        yield ";" if not text.strip() else text
    else:
        for child in node.children:
            yield from _words(child, source)


def _only_substitution(node: "Node", source: bytes) -> "Node | None":
    """Return the command substitution that a word is, with or without quotes around it."""
    text = source[node.start_byte : node.end_byte].strip(b'"')
    if len(node.named_children) != 1:
        return None
    child = node.named_children[0]
    if source[child.start_byte : child.end_byte].strip(b'"') != text:
        return None
    return child if child.type == "command_substitution" else _only_substitution(child, source)


def _plain(node: "Node", source: bytes) -> str:
    """Return a word without its quotes."""
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
    for word in words:
        last = joined[-1] if joined else ""
        if (word in _REDIRECTIONS and last in _DESCRIPTORS) or last in _DUPLICATIONS:
            joined[-1] += word
        else:
            joined.append(word)
    while joined and joined[-1] == ";":
        joined.pop()
    return joined


def pieces(word: str) -> list[str]:
    """Return a word's pieces: the flags of a bundle, an option and its value."""
    if found := _LONG.fullmatch(word):
        return [found[1], found[2]]
    if found := _FLAGS.fullmatch(word):
        return [f"-{letter}" for letter in found[1]]
    if found := _FLAG_AND_VALUE.fullmatch(word):
        return [f"-{found[1]}", found[2].removeprefix("=")]
    return [word]


def programs_of(commands: Sequence[str]) -> frozenset[str]:
    """Return the names of the programs that these commands run."""
    found = [one for command in commands for one in commands_in(command).commands]
    return frozenset(one.name.text for one in found if one.name.known and _PROGRAM.fullmatch(one.name.text))
