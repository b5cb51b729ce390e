"""Variables: what is assigned to them, where it comes from, and what shells make of some of them by themselves."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from caro_shell.safety import handed, outputs
from caro_shell.safety.call import Call, Redirect
from caro_shell.safety.expansion import decoded
from caro_shell.safety.scope import Scope
from caro_shell.safety.words import UNKNOWN, Several, Values, Word, plain

if TYPE_CHECKING:
    from tree_sitter import Node

    from caro_shell.safety.reader import Reader

# Variables whose value is a matter of safety by itself.
_TOLD = frozenset({"HISTFILE", "HISTSIZE", "HISTFILESIZE", "HISTCONTROL", "LD_PRELOAD", "PATH", "SAVEHIST"})
_PROMPTS = frozenset({"PS1", "PS2", "PS4", "PROMPT", "RPROMPT"})
# Variables whose text, or the text of whose file, a shell runs by itself.
_RUN_LATER = frozenset({"PROMPT_COMMAND", "BASH_ENV", "ENV", "PS0", "precmd", "preexec"})
# With one of these options a name stands for another variable.
_MOST_ELEMENTS = 16
_NAMES_ANOTHER = re.compile(r"^(?:declare|typeset|local)\s+-\w*n")


def read(reader: "Reader", node: "Node", text: bytes, scope: Scope, _fed_by: tuple[Call, ...] = ()) -> Iterator[Call]:
    """Yield what assignments run, and keep what they assign."""
    alone = node.type == "variable_assignment"
    if not alone and node.type == "declaration_command" and not _assigns(node):
        found_words: list[Call] = []
        words = [reader.word(child, text, scope, found_words) for child in node.named_children]
        called = decoded(node.children[0], text)
        yield replace(
            reader.builtin(called, words, scope, (node.start_byte, node.end_byte)),
            fed_by=_fed_by,
            source=decoded(node, text),
        )
        yield from found_words
        return
    refers = not alone and bool(_NAMES_ANOTHER.match(decoded(node, text)))
    for child in [node] if alone else node.named_children:
        found: list[Call] = []
        name, value = child.child_by_field_name("name"), child.child_by_field_name("value")
        if child.type == "variable_assignment" and name:
            called = decoded(name, text)
            several = value is not None and value.type == "array"
            values = reader.word(value, text, scope, found).values if value else ("",)
            if name.type == "variable_name":
                if any(part.type == "+=" for part in child.children):
                    values = _appended(scope.variables.get(called, ("",)), values, several=several)
                if refers and values:
                    # What the other one is given later on, this one has, too.
                    scope.variables[f"&{values[0]}"] = (called,)
                    values = scope.variables.get(values[0], (UNKNOWN,))
                for other in scope.variables.get(f"&{called}", ()):
                    scope.variables[other] = values
                scope.variables[called] = Several(values) if several else values
                scope.origins[called] = tuple(found)
                yield from _meant(reader, called, values[0] if values else "", child, scope)
                yield from _run_by_itself(reader, called, found, child, scope)
            else:
                yield from _of_index(reader, name, text, scope)
                _keep_element(name, values, text, scope)
        yield from found


def _assigns(node: "Node") -> bool:
    return any(child.type in ("variable_assignment", "variable_name") for child in node.named_children)


def _keep_element(name: "Node", values: Values, text: bytes, scope: Scope) -> None:
    """Keep what one element of an array is given, among the others; nobody keeps count of them here."""
    if name.named_children:
        called = decoded(name.named_children[0], text)
        scope.variables[called] = Several((*scope.variables.get(called, ()), *values)[-_MOST_ELEMENTS:])


def _run_by_itself(reader: "Reader", name: str, found: list[Call], node: "Node", scope: Scope) -> Iterator[Call]:
    """Yield what a file comes to that the next shell reads: `BASH_ENV=<(…)`."""
    if name in _RUN_LATER and found and (printed := outputs.of_pipeline(found)):
        yield from reader.read(plain(printed), scope.inner(name, span=(node.start_byte, node.end_byte)))


def _of_index(reader: "Reader", name: "Node", text: bytes, scope: Scope) -> Iterator[Call]:
    """Yield what an index runs; an element of zsh's `mapfile` is a file."""
    found: list[Call] = []
    words = [reader.word(child, text, scope, found) for child in name.named_children]
    yield from found
    if len(words) > 1 and decoded(name.named_children[0], text) == "mapfile" and "/" in words[1].value:
        span = scope.span or (name.start_byte, name.end_byte)
        yield Call((), redirects=(Redirect(">", words[1]),), chain=scope.chain, cwd=scope.cwd, span=span)


def _meant(reader: "Reader", name: str, value: str, node: "Node", scope: Scope) -> Iterator[Call]:
    """Yield what the value of a variable comes to, where shells make something of it by themselves."""
    span = (node.start_byte, node.end_byte)
    if name == "IFS":
        scope.separators = re.escape(plain(value))
    elif name in _TOLD:
        yield reader.builtin("export", [Word((f"{name}={value}",), *span)], scope, span)
    elif name in _PROMPTS and ("$(" in value or "`" in value):
        yield from reader.read(f'echo "{plain(value)}"', scope.inner(name, span=span))
    elif name in _RUN_LATER or handed.is_run_by_others(name, value):
        yield from reader.read(plain(value), scope.inner(name, span=span))


def _appended(before: Values, more: Values, *, several: bool) -> Values:
    return (*before, *more) if several else tuple(one + other for one in before for other in more)


def unset(reader: "Reader", node: "Node", text: bytes, scope: Scope, _fed_by: tuple[Call, ...]) -> Iterator[Call]:
    """Yield the call of `unset`."""
    found: list[Call] = []
    words = [reader.word(child, text, scope, found) for child in node.named_children]
    yield reader.builtin("unset", words, scope, (node.start_byte, node.end_byte))
    yield from found
