"""What the shell's own grammar says of a command: signs, redirections, loops; and where its commands stand."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from caro_shell.explain.part import SHELL, Part, Span
from caro_shell.prove.commands import SIZE_LIMIT, Command, Word, commands_in
from caro_shell.safety.dialects import pieces
from caro_shell.safety.grammar import parse

if TYPE_CHECKING:
    from tree_sitter import Node

# Of these, only what stands before their body is the statement's own.
_BODIES = frozenset({"do_group", "compound_statement", "case_item", "subshell"})
_COVERING = frozenset({"command_substitution", "process_substitution"})
_FILLED_IN = frozenset({"simple_expansion", "expansion", "command_substitution", "arithmetic_expansion"})
_ENDINGS = frozenset({";", "\n"})
_PATTERN = re.compile(r"(?<!\\)[*?\[]")
_BRACES = re.compile(r"(?<![$\\])\{[^{}]*(?:,|\.\.)[^{}]*\}")
_SIGNS = re.compile(r"\|\||&&|\|&?|[&;]")
_DECLARING = frozenset({"declaration_command", "unset_command"})

COVERED = "covered"
"""Of a word that is nothing but signs and commands which are parts themselves."""


@dataclass(frozen=True)
class Written:
    """What is written in a text: parts of the grammar, commands, and what words come to that are no plain ones."""

    parts: tuple[Part, ...] = ()
    commands: tuple[Command, ...] = ()
    words: Mapping[Span, str] = field(default_factory=dict)
    unread: tuple[Span, ...] = ()
    """What this grammar cannot read."""


@cache
def texts() -> Mapping[str, Any]:
    """Return syntax.toml."""
    return tomllib.loads(Path(__file__).with_name("syntax.toml").read_text(encoding="utf-8"))


def read_grammar(text: str) -> Written:
    """Return what is written in `text`, of any shell; what bash's grammar cannot read is read in pieces."""
    whole = _read(text)
    if whole is not None:
        return whole
    found, at = Written(), 0
    for start, piece in pieces(text):
        begin = len(text.encode("utf-8", "replace")[:start].decode("utf-8", "replace"))
        body = piece.rstrip()
        read = _read(body)
        signs = tuple(_signs_between(text, at, begin))
        at = begin + len(body)
        if read is None:
            found = replace(found, parts=(*found.parts, *signs), unread=(*found.unread, (begin, at)))
        else:
            found = _joined(replace(found, parts=(*found.parts, *signs)), read, begin)
    return found


def _signs_between(text: str, start: int, end: int) -> Iterator[Part]:
    for sign in _SIGNS.finditer(text, start, end):
        said = next((signs[sign[0]] for signs in texts()["signs"].values() if sign[0] in signs), "")
        if said:
            yield Part((sign.span(),), said, SHELL)


def _joined(found: Written, read: Written, by: int) -> Written:
    """Return what was found with what was read of a piece that begins `by` characters on."""
    parts = tuple(shifted(part, by) for part in read.parts)
    commands = tuple(_moved(command, by) for command in read.commands)
    words = {(start + by, end + by): said for (start, end), said in read.words.items()}
    return Written((*found.parts, *parts), (*found.commands, *commands), {**found.words, **words}, found.unread)


def shifted(part: Part, by: int) -> Part:
    """Return a part that stands `by` characters further on."""
    return replace(part, spans=tuple((start + by, end + by) for start, end in part.spans))


def _moved(command: Command, by: int) -> Command:
    name, *words = (replace(word, start=word.start + by, end=word.end + by) for word in (command.name, *command.words))
    return replace(command, name=name, words=tuple(words))


def _read(text: str) -> Written | None:
    """Return what is written in a text; None where it is too long, or none that the grammar can read."""
    if len(text) > SIZE_LIMIT or "\0" in text:
        return None
    source = text.encode("utf-8", "replace")
    root = parse(source)
    if root.has_error:
        return None
    reading = _Reading(source, commands=list(commands_in(text).commands), parts=[], words={})
    reading.walk(root)
    return Written(tuple(reading.parts), tuple(reading.commands), reading.words)


@dataclass(frozen=True)
class _Reading:
    """One text as the parser saw it, and what has been found in it."""

    source: bytes
    commands: list[Command]
    parts: list[Part]
    words: dict[Span, str]

    def _at(self, byte: int) -> int:
        return len(self.source[:byte].decode("utf-8", "replace"))

    def _span(self, first: "Node", last: "Node | None" = None) -> Span:
        return self._at(first.start_byte), self._at((last or first).end_byte)

    def _text(self, node: "Node") -> str:
        return self.source[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def _add(self, said: str, *spans: Span) -> None:
        if spans:
            self.parts.append(Part(tuple(sorted(spans)), said, SHELL))

    def _say(self, sentence: str, *spans: Span, **values: str) -> None:
        self._add(texts()["sentences"][sentence].format(**values), *spans)

    def walk(self, root: "Node") -> None:
        """Find what there is; the stack is our own, because nesting is the text's to choose."""
        waiting = [root]
        while waiting:
            node = waiting.pop()
            self._look(node)
            waiting += reversed(node.children)

    def _look(self, node: "Node") -> None:
        for child in node.children:
            if said := texts()["signs"].get(node.type, {}).get(child.type):
                self._add(said, self._span(child))
        if rule := texts()["whole"].get(node.type):
            self._of_whole(node, rule)
        if node.type == "command":
            for argument in node.children_by_field_name("argument"):
                self._of_word(argument)
        elif node.type in _DECLARING:
            self._of_declaration(node)
        elif look := _LOOKS.get(node.type):
            look(self, node)

    def _of_whole(self, node: "Node", rule: Mapping[str, Any]) -> None:
        spans = [self._span(child) for child in node.children if child.type in rule["signs"] and not child.is_named]
        if rule.get("head"):
            bodies = (at for at, child in enumerate(node.children) if child.type in _BODIES)
            before = node.children[: next(bodies, len(node.children))]
            while before and (before[-1].type in _ENDINGS or before[-1].type in rule["signs"]):
                before = before[:-1]
            if before:
                spans.append(self._span(before[0], before[-1]))
        self._add(rule["text"], *spans)
        if node.type == "test_command" and node.named_children:
            self.parts.append(Part((self._span(node.named_children[0], node.named_children[-1]),)))

    def _of_word(self, node: "Node") -> None:
        only = node.named_children[0] if node.type == "string" and len(node.named_children) == 1 else node
        if only.type in _COVERING:
            self.words[self._span(node)] = COVERED
            return
        said = texts()["word"].get(only.type, "")
        if said:
            name = next((self._text(child) for child in only.named_children if child.type.endswith("_name")), "")
            said = said.format(name=name) if name or "{name}" not in said else ""
        elif node.type in {"word", "concatenation", "brace_expression", "extglob_pattern"}:
            kinds = {child.type for child in node.named_children}
            written = "".join(self._text(child) for child in node.children if "string" not in child.type)
            written = written if node.type == "concatenation" else self._text(node)
            kind = "braces" if _BRACES.search(written) else "glob" if _PATTERN.search(written) else ""
            kind = kind or ("mixed" if kinds & _FILLED_IN else "")
            said = texts()["word"].get(kind, "")
        elif node.type == "string" and {child.type for child in node.named_children} & _FILLED_IN:
            said = texts()["word"]["mixed"]
        if said:
            self.words[self._span(node)] = said

    def _of_declaration(self, node: "Node") -> None:
        name, *rest = [Word(self._text(child), *self._span(child)) for child in node.children]
        self.commands.append(Command(name, tuple(word for word in rest if word.text.strip())))

    def _of_assignment(self, node: "Node") -> None:
        parent = node.parent
        name = next((self._text(child) for child in node.children if child.is_named), "")
        if parent is None or parent.type in _DECLARING:
            self.words[self._span(node)] = texts()["sentences"]["assignment"].format(name=name)
            return
        self._say("assignment_before" if parent.type == "command" else "assignment", self._span(node), name=name)

    def _of_comment(self, node: "Node") -> None:
        self._say("comment", self._span(node))

    def _of_case(self, node: "Node") -> None:
        end = next((at for at, child in enumerate(node.children) if child.type == ")"), 0)
        if end:
            self._say("case_patterns", self._span(node.children[0], node.children[end]))

    def _of_process(self, node: "Node") -> None:
        if len(node.children) > 1:
            name = "process_out" if node.children[0].type == ">(" else "process_in"
            self._say(name, self._span(node.children[0]), self._span(node.children[-1]))

    def _of_herestring(self, node: "Node") -> None:
        self._say("herestring", self._span(node))

    def _of_heredoc(self, node: "Node") -> None:
        by_type = {child.type: child for child in node.children}
        start, end = by_type.get("heredoc_start"), by_type.get("heredoc_end")
        if start is not None:
            ends = [self._span(end)] if end is not None else []
            word = self._text(start).strip("'\"\\")
            self._say("heredoc", self._span(node.children[0], start), *ends, end=word)

    def _of_redirect(self, node: "Node") -> None:
        target = node.child_by_field_name("destination")
        operator = next((child.type for child in node.children if not child.is_named), "")
        descriptor = next((self._text(child) for child in node.children if child.type == "file_descriptor"), "")
        number = descriptor or ("0" if operator.startswith("<") else "1")
        said = _redirected(operator, number, self._text(target) if target else "-")
        if said:
            self._add(said, self._span(node))


def _stream(number: str) -> str:
    streams: Mapping[str, str] = texts()["streams"]
    return streams.get(number) or streams["other"].format(number=number)


def _redirected(operator: str, number: str, file: str) -> str:
    """Return what a redirection does; empty for one that nobody has described."""
    table: Mapping[str, str] = texts()["redirect"]
    if operator in {">&", "<&", ">&-", "<&-"}:
        if file.rstrip("-") == "":
            return table["closed"].format(stream=_stream(number))
        if file.rstrip("-").isdigit():
            return table["joined"].format(stream=_stream(number), other=_stream(file.rstrip("-")))
        operator = "&>"
    if file == "/dev/null" and ">" in operator and operator != "<>":
        return table["thrown_both" if operator.startswith("&") else "thrown"].format(stream=_stream(number))
    return table.get(operator, "").format(stream=_stream(number), file=file)


_LOOKS = {
    "variable_assignment": _Reading._of_assignment,  # noqa: SLF001  this module's own
    "comment": _Reading._of_comment,  # noqa: SLF001
    "case_item": _Reading._of_case,  # noqa: SLF001
    "process_substitution": _Reading._of_process,  # noqa: SLF001
    "herestring_redirect": _Reading._of_herestring,  # noqa: SLF001
    "heredoc_redirect": _Reading._of_heredoc,  # noqa: SLF001
    "file_redirect": _Reading._of_redirect,  # noqa: SLF001
}
