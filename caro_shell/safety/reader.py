"""The commands in a text, found on its syntax tree: what runs, with which words, fed by what, and where."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from caro_shell.safety import assignments, commands, dialects, feeding, finders, outputs, statements
from caro_shell.safety.call import Call
from caro_shell.safety.expansion import Surroundings, decoded, read_word
from caro_shell.safety.scope import Scope
from caro_shell.safety.words import TILDE, UNKNOWN, Values, Word, plain

if TYPE_CHECKING:
    from tree_sitter import Node

# Whatever is nested deeper, or longer, was not typed by a person; it is said to be unreadable instead.
MOST_DEPTH = 8
MOST_CALLS = 2000
# The grammar takes time that grows with the square of some texts' length: a longer one is read in pieces.
MOST_BYTES = 8192

Unwrap = Callable[[Call, Scope, "Reader"], Iterator[Call]]
"""Yields the calls that a call comes to: itself, or what it runs."""

Statement = Callable[["Reader", "Node", bytes, Scope, tuple[Call, ...]], Iterator[Call]]
"""Yields the calls of one kind of statement, whose input comes from the calls given last."""

# Text that is evaluated although it stands in single quotes: an index, wherever a name of a variable is meant.
# `${name:=value}` keeps the value, too.
_SET_IN_PASSING = re.compile(r"\$\{(\w+)(:?=)([^{}]*)\}")
_EVALUATED = re.compile(r"\w+\[(\$\(.*|`.*)\]", re.DOTALL)


class Reader:
    """Walks one text's tree; `unwrap` says what a call comes to."""

    def __init__(self, parse: Callable[[bytes], "Node"], unwrap: Unwrap, shell: str = "bash") -> None:
        """`parse` gives the root of a text's tree."""
        self._parse = parse
        self.unwrap = unwrap
        self.shell = shell
        self.given = 0
        self._full = False

    def read(self, text: str, scope: Scope) -> Iterator[Call]:
        """Yield the calls in `text`, in order."""
        if scope.depth > MOST_DEPTH or self.given > MOST_CALLS:
            yield from self._too_much(scope, (0, len(text)))
            return
        data = dialects.as_bash(text, self.shell).encode("utf-8", "replace")
        if len(data) > MOST_BYTES:
            yield from self._read_pieces(text, scope)
            return
        root = self._parse(data)
        yield from self.within(root, data, scope)
        if root.has_error:
            yield from self._read_pieces(text, scope)

    def anew(self, text: str, scope: Scope, fed_by: tuple[Call, ...], span: tuple[int, int]) -> Iterator[Call]:
        """Yield the calls of a statement that is written otherwise than it stands at `span`."""
        outside, scope.span = scope.span, scope.span or span
        data = text.encode("utf-8", "replace")
        yield from self.within(self._parse(data), data, scope, fed_by)
        scope.span = outside

    def read_plainly(self, text: str, scope: Scope) -> list[Call]:
        """Return the calls in `text` as they are written: nothing is unwrapped."""
        return list(Reader(self._parse, lambda call, _scope, _reader: iter((call,)), self.shell).read(text, scope))

    def _read_pieces(self, text: str, scope: Scope) -> Iterator[Call]:
        """Yield the calls of a text that the grammar cannot read: cut where any shell would cut it."""
        for start, piece in dialects.pieces(text):
            data = piece.encode("utf-8", "replace")
            yield from self.within(
                self._parse(data), data, replace(scope, span=scope.span or (start, start + len(data)))
            )

    def _too_much(self, scope: Scope, span: tuple[int, int]) -> Iterator[Call]:
        """Yield, once, that there is more than can be read."""
        if not self._full:
            self._full = self.given > MOST_CALLS
            yield Call((), chain=scope.chain, span=scope.span or span, unreadable=True)

    def within(self, node: "Node", text: bytes, scope: Scope, fed_by: tuple[Call, ...] = ()) -> Iterator[Call]:
        """Yield the calls of a statement; what it changes is kept in the scope."""
        if self.given > MOST_CALLS:
            yield from self._too_much(scope, (node.start_byte, node.end_byte))
            return
        read = self._statements.get(node.type, statements.inside)
        yield from read(self, node, text, scope, fed_by)

    def word(
        self, node: "Node", text: bytes, scope: Scope, found: list[Call], later: list["Node"] | None = None
    ) -> Word:
        """Return a word; the calls that it substitutes are added to `found`, those it feeds, unread, to `later`."""

        def output(substitution: "Node") -> Values:
            if later is not None and text[substitution.start_byte : substitution.start_byte + 2] == b">(":
                later.append(substitution)
                return (UNKNOWN,)
            inner = scope.inner()
            calls = [call for child in substitution.named_children for call in self.within(child, text, inner, ())]
            found.extend(calls)
            printed = outputs.of_pipeline(calls)
            if printed is None and calls:
                return finders.named_by(calls)
            return ("" if printed is None else printed.rstrip("\n"),)

        word = read_word(node, Surroundings(text, scope.variables, output))
        found += self._evaluated(word, decoded(node, text), scope)
        return word

    def _evaluated(self, word: Word, source: str, scope: Scope) -> Iterator[Call]:
        """Yield what the shell runs of a word's text by itself: `${x@P}`, an index."""
        span = (word.start, word.end)
        if "=" in source:
            for name, _, value in _SET_IN_PASSING.findall(source):
                if not any(scope.variables.get(name, ())):
                    home = TILDE if value in ("$HOME", "${HOME", "~") else value
                    scope.variables[name] = (UNKNOWN if "$" in home else home,)
        if "@P}" in source:
            for name in re.findall(r"\$\{(\w+)@P\}", source):
                for value in scope.variables.get(name, ()):
                    yield from self.read(f': "{plain(value)}"', scope.inner(span=span))
        text = plain(word.value) if "[" in word.value else ""
        if "$((" in source:
            names = re.findall(r"\b[A-Za-z_]\w*", source)
            text = next((plain(value) for name in names for value in scope.variables.get(name, ())), text)
        if found := _EVALUATED.fullmatch(text):
            yield from self.read(f": {found[1]}", scope.inner(span=span))

    def builtin(self, name: str, words: Sequence[Word], scope: Scope, span: tuple[int, int]) -> Call:
        """Return the call of a builtin for which the grammar has a form of its own."""
        return Call((Word((name,), *span), *words), chain=scope.chain, cwd=scope.cwd, span=scope.span or span)

    _statements: ClassVar[Mapping[str, "Statement"]] = {
        "command": commands.read,
        "command_name": commands.read,
        "redirected_statement": feeding.redirected,
        "variable_assignment": assignments.read,
        "declaration_command": assignments.read,
        "unset_command": assignments.unset,
        **statements.READ,
    }
    """What reads each kind of statement; of any other, the parts are read."""
