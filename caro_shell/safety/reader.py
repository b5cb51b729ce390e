"""The commands in a text, found on its syntax tree: what runs, with which words, fed by what, and where."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from caro_shell.safety import dialects, handed, outputs
from caro_shell.safety.call import Call, Redirect
from caro_shell.safety.scope import ARGUMENTS, Scope, follow, keep_written
from caro_shell.safety.words import BLANK, GLOB, STAR, UNKNOWN, Several, Surroundings, Values, Word, plain, read_word

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

# Whatever is nested deeper, or longer, was not typed by a person; it is said to be unreadable instead.
MOST_DEPTH = 8
MOST_CALLS = 2000
# The grammar takes time that grows with the square of some texts' length: a longer one is read in pieces.
MOST_BYTES = 8192
MOST_FEEDERS = 16


# Variables whose value is a matter of safety by itself.
_TOLD = frozenset({"HISTFILE", "HISTSIZE", "HISTFILESIZE", "HISTCONTROL", "LD_PRELOAD", "PATH", "SAVEHIST"})
_PROMPTS = frozenset({"PS1", "PS2", "PS4", "PROMPT", "RPROMPT"})
# Variables whose text a shell runs by itself, later.
_RUN_LATER = frozenset({"PROMPT_COMMAND", "BASH_ENV", "ENV", "PS0", "precmd", "preexec"})

Unwrap = Callable[[Call, Scope, "Reader"], Iterator[Call]]
"""Yields the calls that a call comes to: itself, or what it runs."""


Statement = Callable[["Reader", "Node", bytes, Scope, tuple[Call, ...]], Iterator[Call]]
"""Yields the calls of one kind of statement, whose input comes from the calls given last."""


def parser() -> "Parser":
    """Return a parser for bash."""
    import tree_sitter
    import tree_sitter_bash

    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_bash.language()))


class Reader:
    """Walks one text's tree; `unwrap` says what a call comes to."""

    def __init__(self, parse: Callable[[bytes], "Node"], unwrap: Unwrap, shell: str = "bash") -> None:
        """`parse` gives the root of a text's tree."""
        self._parse = parse
        self._unwrap = unwrap
        self.shell = shell
        self._given = 0
        self._full = False

    def read(self, text: str, scope: Scope) -> Iterator[Call]:
        """Yield the calls in `text`, in order."""
        if scope.depth > MOST_DEPTH:
            yield Call((), chain=scope.chain, span=scope.span or (0, len(text)), unreadable=True)
            return
        data = dialects.as_bash(text, self.shell).encode("utf-8", "replace")
        if len(data) > MOST_BYTES:
            yield from self._read_pieces(text, scope)
            return
        root = self._parse(data)
        yield from self.within(root, data, scope)
        if root.has_error:
            yield from self._read_pieces(text, scope)

    def _read_pieces(self, text: str, scope: Scope) -> Iterator[Call]:
        """Yield the calls of a text that the grammar cannot read: cut where any shell would cut it."""
        for start, piece in dialects.pieces(text):
            data = piece.encode("utf-8", "replace")
            yield from self.within(
                self._parse(data), data, replace(scope, span=scope.span or (start, start + len(data)))
            )

    def within(self, node: "Node", text: bytes, scope: Scope, fed_by: tuple[Call, ...] = ()) -> Iterator[Call]:
        """Yield the calls of a statement; what it changes is kept in the scope."""
        if self._given > MOST_CALLS:
            if not self._full:
                self._full = True
                yield Call((), chain=scope.chain, span=scope.span or (node.start_byte, node.end_byte), unreadable=True)
            return
        read = self._statements.get(node.type, Reader._inside)
        yield from read(self, node, text, scope, fed_by)

    def _inside(self, node: "Node", text: bytes, scope: Scope, fed_by: tuple[Call, ...]) -> Iterator[Call]:
        """Yield the calls of what a statement is made of; of words, what they substitute is run."""
        for child in node.named_children:
            yield from self.within(child, text, scope, fed_by)

    def _apart(self, node: "Node", text: bytes, scope: Scope, fed_by: tuple[Call, ...]) -> Iterator[Call]:
        """Yield the calls of a shell of its own: nothing it changes is seen outside."""
        yield from self._inside(node, text, scope.inner(), fed_by if node.type == "subshell" else ())

    def _nothing(self, _node: "Node", _text: bytes, _scope: Scope, _fed_by: tuple[Call, ...]) -> Iterator[Call]:
        return iter(())

    def _while(self, node: "Node", text: bytes, scope: Scope, fed_by: tuple[Call, ...]) -> Iterator[Call]:
        yield from (self._endless if _is_endless(node, text) else self._inside)(node, text, scope, fed_by)

    def _unset(self, node: "Node", text: bytes, scope: Scope, _fed_by: tuple[Call, ...]) -> Iterator[Call]:
        words = [self._word(child, text, scope, []) for child in node.named_children]
        yield self._builtin("unset", words, scope, (node.start_byte, node.end_byte))

    def _list(self, node: "Node", text: bytes, scope: Scope, fed_by: tuple[Call, ...]) -> Iterator[Call]:
        """Yield both sides of `&&` or `||`; what stands behind `||` runs where a `cd` before it has failed."""
        before = scope.cwd
        either = any(child.type == "||" for child in node.children)
        for number, child in enumerate(node.named_children):
            if number and either:
                scope.cwd = before
            yield from self.within(child, text, scope, fed_by)

    def _endless(self, node: "Node", text: bytes, scope: Scope, fed_by: tuple[Call, ...]) -> Iterator[Call]:
        """Yield the calls of a loop without end; in the background, each round leaves one more process."""
        body = node.child_by_field_name("body")
        calls = list(self.within(body, text, scope, fed_by)) if body else []
        forks = body is not None and any(child.type == "&" for child in body.children)
        yield from (replace(call, looped=True, fed_by=(*call.fed_by, call)) if forks else call for call in calls)

    def _word(self, node: "Node", text: bytes, scope: Scope, found: list[Call]) -> Word:
        """Return a word; the calls that its substitutions make are added to `found`."""

        def output(substitution: "Node") -> Values:
            inner = scope.inner()
            calls = [call for child in substitution.named_children for call in self.within(child, text, inner, ())]
            found.extend(calls)
            printed = outputs.of_pipeline(calls)
            return (UNKNOWN if printed is None else printed.rstrip("\n"),)

        return read_word(node, Surroundings(text, scope.variables, output))

    def _pipeline(self, node: "Node", text: bytes, scope: Scope, fed_by: tuple[Call, ...]) -> Iterator[Call]:
        for child in node.named_children:
            # Each member is a process of its own, so what it sets is lost; but a `cd` in it is rare and harmless.
            calls = list(self.within(child, text, scope, fed_by))
            yield from calls
            fed_by = (*fed_by, *calls)
            if len(fed_by) > MOST_FEEDERS:
                fed_by = (*fed_by[: MOST_FEEDERS // 2], *fed_by[-MOST_FEEDERS // 2 :])

    def _redirected(self, node: "Node", text: bytes, scope: Scope, fed_by: tuple[Call, ...]) -> Iterator[Call]:
        body = node.child_by_field_name("body")
        found: list[Call] = []
        redirects, given = self._redirects(node.children_by_field_name("redirect"), text, scope, found)
        yield from found
        scope.given = given if given is not None else scope.given
        inner = list(self.within(body, text, scope, fed_by)) if body else []
        scope.given = None
        if given is not None:
            inner = [again for call in inner for again in self._fed(call, given, scope)]
        if redirects:
            span = scope.span or (node.start_byte, node.end_byte)
            if inner and (len(inner) == 1 or (body is not None and body.type == "pipeline")):
                inner[-1] = replace(inner[-1], redirects=(*inner[-1].redirects, *redirects))
            else:
                # Of a group, or of nothing at all: `> file` empties it.
                inner.append(Call((), redirects=redirects, chain=scope.chain, cwd=scope.cwd, span=span))
        for call in inner[-1:]:
            keep_written(call, scope)
        yield from inner
        for redirect in node.children_by_field_name("redirect"):
            if redirect.type == "heredoc_redirect":
                # The grammar hangs the rest of the line below the here-document.
                rest = [child for child in redirect.named_children if child.type in ("pipeline", "command", "list")]
                for child in rest:
                    yield from self.within(child, text, scope, tuple(replace(call, input=given) for call in inner))

    def _fed(self, call: Call, given: str, scope: Scope) -> Iterator[Call]:
        """Yield what a call comes to when it reads `given`."""
        if call.input is not None or not call.words:
            yield call
        else:
            yield from self._unwrap(replace(call, input=given), scope, self)

    def _redirects(
        self, nodes: Sequence["Node"], text: bytes, scope: Scope, found: list[Call]
    ) -> tuple[tuple[Redirect, ...], str | None]:
        """Return the files of some redirections, and the text that one of them gives to read."""
        redirects: list[Redirect] = []
        given: str | None = None
        for node in nodes:
            if node.type == "heredoc_redirect":
                nested, _ = self._redirects(node.children_by_field_name("redirect"), text, scope, found)
                redirects += nested
                body = next((child for child in node.children if child.type == "heredoc_body"), None)
                given = text[body.start_byte : body.end_byte].decode("utf-8", "replace") if body else ""
            elif node.type == "herestring_redirect" and node.named_children:
                given = plain(self._word(node.named_children[-1], text, scope, found).value)
            elif node.type == "file_redirect":
                destination = node.child_by_field_name("destination")
                operator = next((child.type for child in node.children if not child.is_named), "")
                if destination and not (operator in (">&", "<&") and destination.type in ("number", "-")):
                    redirects.append(Redirect(operator, self._word(destination, text, scope, found)))
        return tuple(redirects), given

    def _assignments(self, node: "Node", text: bytes, scope: Scope, _fed_by: tuple[Call, ...] = ()) -> Iterator[Call]:
        nodes = [node] if node.type == "variable_assignment" else node.named_children
        for child in nodes:
            found: list[Call] = []
            name, value = child.child_by_field_name("name"), child.child_by_field_name("value")
            if child.type == "variable_assignment" and name and name.type == "variable_name":
                called = _decoded(name, text)
                several = value is not None and value.type == "array"
                values = self._word(value, text, scope, found).values if value else ("",)
                if any(part.type == "+=" for part in child.children):
                    values = _appended(scope.variables.get(called, ("",)), values, several=several)
                scope.variables[called] = Several(values) if several else values
                yield from self._meant(called, values[0] if values else "", child, scope)
            yield from found

    def _meant(self, name: str, value: str, node: "Node", scope: Scope) -> Iterator[Call]:
        """Yield what the value of a variable comes to, where shells make something of it by themselves."""
        span = (node.start_byte, node.end_byte)
        if name == "IFS":
            scope.separators = re.escape(plain(value))
        elif name in _TOLD:
            yield self._builtin("export", [Word((f"{name}={value}",), *span)], scope, span)
        elif name in _PROMPTS and "$(" in value:
            yield from self.read(f'echo "{plain(value)}"', scope.inner(name, span=span))
        elif name in _RUN_LATER or handed.is_run_by_others(name, value):
            yield from self.read(plain(value), scope.inner(name, span=span))

    def _builtin(self, name: str, words: Sequence[Word], scope: Scope, span: tuple[int, int]) -> Call:
        """Return the call of a builtin for which the grammar has a form of its own."""
        return Call((Word((name,), *span), *words), chain=scope.chain, cwd=scope.cwd, span=scope.span or span)

    def _loop(self, node: "Node", text: bytes, scope: Scope, fed_by: tuple[Call, ...]) -> Iterator[Call]:
        found: list[Call] = []
        values = [
            value
            for child in node.children_by_field_name("value")
            for value in self._word(child, text, scope, found).values
        ]
        yield from found
        if name := node.child_by_field_name("variable"):
            scope.variables[_decoded(name, text)] = tuple(values) or (UNKNOWN,)
        if body := node.child_by_field_name("body"):
            yield from self.within(body, text, scope, fed_by)

    def _function(self, node: "Node", text: bytes, scope: Scope, _fed_by: tuple[Call, ...]) -> Iterator[Call]:
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if not name or not body:
            return
        called = _decoded(name, text)
        scope.functions[called] = (body, text)
        inner = scope.inner()
        inner.calling = (*scope.calling, called)
        inner.span = scope.span
        inner.variables |= dict.fromkeys(ARGUMENTS, (UNKNOWN,))
        # Whoever defines it means to call it, now or later.
        yield from self.within(body, text, inner)

    def _command(self, node: "Node", text: bytes, scope: Scope, fed_by: tuple[Call, ...]) -> Iterator[Call]:
        found: list[Call] = []
        words: list[Word] = []
        redirects: list[Node] = []
        before = scope.inner() if any(child.type == "variable_assignment" for child in node.children) else scope
        # What the grammar cannot make a command of may still be the name of one: `{rm,-rf,/}`.
        for child in node.children if node.type == "command" else [node]:
            if child.type == "variable_assignment":
                yield from self._assignments(child, text, before)
            elif child.type.endswith("_redirect"):
                redirects.append(child)
            elif child.type in ("subshell", "ERROR"):
                found += self.within(child, text, scope)
            elif (said := scope.everywhere.get(_decoded(child, text))) is not None:
                words += [Word((piece,), child.start_byte, child.end_byte) for piece in said.split()]
            elif child.is_named and child.type != "comment":
                words += self._split(self._word(child, text, scope, found), child, text, scope)
            elif child.type == "$":
                words.append(Word(("$",), child.start_byte, child.end_byte))
        from_words = tuple(found)
        files, given = self._redirects(redirects, text, scope, found)
        yield from found
        if not words and not files:
            return
        span = scope.span or (node.start_byte, node.end_byte)
        call = Call(
            tuple(words),
            files,
            scope.chain,
            fed_by,
            from_words,
            given,
            cwd=scope.cwd,
            span=span,
            remote=scope.remote,
            source=_decoded(node, text),
        )
        if given is None and fed_by:
            call = replace(call, input=outputs.of_pipeline(fed_by))
        self._given += 1
        call = replace(call, words=(_spelled(call.words[0]), *call.words[1:])) if call.words else call
        yield from self._unwrap(call, before, self)
        follow(call, scope, self.shell)

    def _split(self, word: Word, node: "Node", text: bytes, scope: Scope) -> list[Word]:
        """Return the words that an unquoted variable or output falls into, and those that braces name."""
        if any(BLANK in value for value in word.values):
            return [replace(word, values=(piece,)) for value in word.values for piece in value.split(BLANK) if piece]
        if node.type == "command_name" and node.named_children:
            node = node.named_children[0]
        name = _decoded(node, text).strip("${}")
        if self.shell in ("zsh", "fish") and isinstance(scope.variables.get(name), Several):
            # In zsh an array needs no index to stand for all of its values.
            return [replace(word, values=(value,)) for value in scope.variables[name]]
        if isinstance(word.values, Several):
            return [replace(word, values=(value,)) for value in word.values]
        if node.type in ("concatenation", "brace_expression") and "{" in _decoded(node, text):
            return [replace(word, values=(value,)) for value in word.values]
        if node.type not in ("simple_expansion", "expansion", "command_substitution") or len(word.values) != 1:
            # Several values here are those that a loop's variable has in turn.
            return [word]
        pieces = re.split(f"[{scope.separators}]+", word.value) if scope.separators else word.value.split()
        return [replace(word, values=(piece,)) for piece in pieces if piece] or [word]

    _statements: ClassVar[Mapping[str, "Statement"]] = {
        "command": _command,
        "command_name": _command,
        "pipeline": _pipeline,
        "redirected_statement": _redirected,
        "variable_assignment": _assignments,
        "declaration_command": _assignments,
        "unset_command": _unset,
        "subshell": _apart,
        "command_substitution": _apart,
        "process_substitution": _apart,
        "for_statement": _loop,
        "function_definition": _function,
        "list": _list,
        "while_statement": _while,
        **dict.fromkeys(("comment", "heredoc_body", "heredoc_start", "heredoc_end"), _nothing),
    }
    """What reads each kind of statement; of any other, the parts are read."""


def _spelled(name: Word) -> Word:
    """Return a command's name; one that is written as a pattern is the first that it may be: `/bin/r?`."""
    if not set(name.value) & {STAR, GLOB}:
        return name
    pattern = re.compile(re.escape(name.value.rpartition("/")[2]).replace(STAR, ".*").replace(GLOB, "."))
    return replace(name, values=(next((known for known in _NAMED if pattern.fullmatch(known)), name.value),))


# What is most likely to be hidden behind a pattern.
_NAMED = "rm dd sh bash mv cat chmod chown shred mkfs kill curl wget nc reboot shutdown".split()  # noqa: SIM905


def _appended(before: Values, more: Values, *, several: bool) -> Values:
    return (*before, *more) if several else tuple(one + other for one in before for other in more)


def _is_endless(node: "Node", text: bytes) -> bool:
    condition = node.child_by_field_name("condition")
    return condition is not None and _decoded(condition, text).strip() in ("true", ":", "1", "((1))")


def _decoded(node: "Node", text: bytes) -> str:
    return text[node.start_byte : node.end_byte].decode("utf-8", "replace")
