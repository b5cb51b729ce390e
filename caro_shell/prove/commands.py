"""The commands in a line as they are written: their names, their words, and what is known of each word."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from caro_shell.safety.grammar import parse

if TYPE_CHECKING:
    from tree_sitter import Node

    _Waiting = tuple[Node, tuple[Node, ...], bool]

SIZE_LIMIT = 4096
"""Characters. A longer line was not written for a person to read, and nothing is said about it."""
_MOST_COMMANDS = 200
_CONTINUED = re.compile(r"\\(\n)?(.)?", re.DOTALL)
_PATTERN = re.compile(r"[*?\[]|\{[^{}]*(?:,|\.\.)|[@+!]\(")


@dataclass(frozen=True)
class Word:
    """A word of a command; `text` is what the command gets, where that is `known` from the line alone."""

    text: str
    start: int = 0
    end: int = 0
    """Characters of the line."""
    known: bool = True
    bare: bool = True
    """Whether it is written without any quotes."""


@dataclass(frozen=True)
class Command:
    """One command of a line: its name, its other words, the files it reads and writes by `<` and `>`."""

    name: Word
    words: tuple[Word, ...] = ()
    reads: tuple[Word, ...] = ()
    writes: tuple[Word, ...] = ()
    by: tuple[str, ...] = ()
    """What runs it, outermost first: sudo, xargs …"""
    forgiven: bool = False
    """Whether its failure is foreseen: its complaints are thrown away, or `||` follows."""


@dataclass(frozen=True)
class Line:
    """What a line is made of, in its order."""

    commands: tuple[Command, ...] = ()
    defined: frozenset[str] = frozenset()
    """Functions and aliases that the line makes itself."""


def commands_in(text: str) -> Line:
    """Return the commands written in `text`; none where it is too long, or no line that this grammar can read."""
    if len(text) > SIZE_LIMIT or "\0" in text:
        return Line()
    source = text.encode("utf-8", "replace")
    root = parse(source)
    return Line() if root.has_error else _Reading(source, len(source) == len(text)).line(root)


def _defined_by(commands: Sequence[Command]) -> set[str]:
    """Return the names that aliases and fish's functions get in a line."""
    defined = set()
    for command in commands:
        if command.name.text in {"alias", "abbr"}:
            defined |= {word.text.partition("=")[0] for word in command.words}
        elif command.name.text == "function" and command.words:
            defined.add(command.words[0].text)
    return defined


@dataclass(frozen=True)
class _Reading:
    """One text as the parser saw it, in bytes."""

    source: bytes
    is_ascii: bool

    def line(self, root: "Node") -> Line:
        commands: list[Command] = []
        functions: set[str] = set()
        # A stack of our own: nesting is the text's to choose.
        waiting: list[_Waiting] = [(root, (), False)]
        while waiting and len(commands) < _MOST_COMMANDS:
            node, redirects, forgiven = waiting.pop()
            if node.type == "command":
                if command := self._command(node, redirects):
                    commands.append(replace(command, forgiven=command.forgiven or forgiven))
                redirects = ()
            elif node.type == "function_definition" and (name := node.child_by_field_name("name")):
                functions.add(self._text(name))
            elif node.type == "redirected_statement":
                redirects = (*redirects, *node.children_by_field_name("redirect"))
            elif node.type not in {"program", "negated_command", "list", "pipeline"}:
                # What a group reads and writes is not its first command's alone.
                redirects = ()
            waiting += self._below(node, redirects, forgiven=forgiven)
        commands.sort(key=lambda command: command.name.start)
        return Line(tuple(commands), frozenset(functions | _defined_by(commands)))

    def _below(self, node: "Node", redirects: tuple["Node", ...], *, forgiven: bool) -> Iterator["_Waiting"]:
        is_either = any(child.type == "||" for child in node.children)
        last = node.named_children[-1] if node.named_children else None
        for child in reversed(node.named_children):
            if child.type == "comment":
                continue
            # `a | b > out`: the redirection is the last one's.
            passed = redirects if node.type not in {"pipeline", "list"} or child == last else ()
            yield child, passed, forgiven or (is_either and child != last)

    def _command(self, node: "Node", redirects: tuple["Node", ...]) -> Command | None:
        written = node.child_by_field_name("name")
        if written is None:
            return None
        words = [self._word(argument) for argument in node.children_by_field_name("argument")]
        reads, writes, forgiven = [], [], False
        for redirect in [*node.children_by_field_name("redirect"), *redirects]:
            target = redirect.child_by_field_name("destination")
            if redirect.type != "file_redirect" or target is None:
                continue
            word = self._word(target)
            operator = next((child.type for child in redirect.children if not child.is_named), "")
            if operator == "<":
                reads.append(word)
            elif word.text == "/dev/null":
                forgiven |= self._text(redirect).startswith(("2>", "&>"))
            else:
                writes.append(word)
        return Command(self._word(written), tuple(words), tuple(reads), tuple(writes), (), forgiven)

    def _text(self, node: "Node") -> str:
        return self.source[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def _at(self, byte: int) -> int:
        return byte if self.is_ascii else len(self.source[:byte].decode("utf-8", "replace"))

    def _word(self, node: "Node") -> Word:
        text, known, bare = self._value(node)
        return Word(text, self._at(node.start_byte), self._at(node.end_byte), known, bare)

    def _value(self, node: "Node") -> tuple[str, bool, bool]:
        """Return what a word's part comes to, whether that is all of it, and whether it stands without quotes."""
        kind, written = node.type, self._text(node)
        if kind in {"word", "number", "variable_name", "extglob_pattern"}:
            return _CONTINUED.sub(lambda found: found[2] or "", written), not _PATTERN.search(written), True
        if kind == "raw_string":
            return written[1:-1], True, False
        if kind == "ansi_c_string":
            return written[2:-1], "\\" not in written, False
        if kind == "string":
            known = all(child.type == "string_content" for child in node.named_children)
            return re.sub(r'\\([$`"\\\n])', r"\1", written[1:-1]), known, False
        if kind == "command_name" and node.named_children:
            return self._value(node.named_children[0])
        if kind == "concatenation":
            parts = [self._value(child) for child in node.children]
            pattern = _PATTERN.search("".join(text for text, _, bare in parts if bare))
            return (
                "".join(text for text, _, _ in parts),
                all(known for _, known, _ in parts) and not pattern,
                all(bare for _, _, bare in parts),
            )
        # Brackets and braces that stand for themselves.
        return (written, True, True) if not node.is_named and len(written) == 1 else ("", False, True)
