"""Statements that are made of others: lists, loops, pipelines, functions."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from caro_shell.safety.call import Call
from caro_shell.safety.expansion import decoded
from caro_shell.safety.scope import ARGUMENTS, Scope
from caro_shell.safety.words import UNKNOWN

if TYPE_CHECKING:
    from tree_sitter import Node

    from caro_shell.safety.reader import Reader

MOST_FEEDERS = 16


def inside(reader: "Reader", node: "Node", text: bytes, scope: Scope, fed_by: tuple[Call, ...]) -> Iterator[Call]:
    """Yield the calls of what a statement is made of; of words, what they substitute is run."""
    for child in node.named_children:
        yield from reader.within(child, text, scope, fed_by)


def _apart(reader: "Reader", node: "Node", text: bytes, scope: Scope, fed_by: tuple[Call, ...]) -> Iterator[Call]:
    """Yield the calls of a shell of its own: nothing it changes is seen outside."""
    yield from inside(reader, node, text, scope.inner(), fed_by if node.type == "subshell" else ())


def _nothing(
    _reader: "Reader", _node: "Node", _text: bytes, _scope: Scope, _fed_by: tuple[Call, ...]
) -> Iterator[Call]:
    return iter(())


def _while(reader: "Reader", node: "Node", text: bytes, scope: Scope, fed_by: tuple[Call, ...]) -> Iterator[Call]:
    yield from (_endless if _is_endless(node, text) else inside)(reader, node, text, scope, fed_by)


def _is_endless(node: "Node", text: bytes) -> bool:
    condition = node.child_by_field_name("condition")
    if node.type == "c_style_for_statement":
        return condition is None
    return condition is not None and decoded(condition, text).strip() in ("true", ":", "1", "((1))")


def _endless(reader: "Reader", node: "Node", text: bytes, scope: Scope, fed_by: tuple[Call, ...]) -> Iterator[Call]:
    """Yield the calls of a loop without end; in the background, each round leaves one more process."""
    body = node.child_by_field_name("body")
    calls = list(reader.within(body, text, scope, fed_by)) if body else []
    forks = body is not None and any(child.type == "&" for child in body.children)
    # Who waits for the one before starts no more than one at a time.
    forks = forks and not any(call.name == "wait" for call in calls)
    yield from (replace(call, looped=True, fed_by=(*call.fed_by, call)) if forks else call for call in calls)


def _list(reader: "Reader", node: "Node", text: bytes, scope: Scope, fed_by: tuple[Call, ...]) -> Iterator[Call]:
    """Yield both sides of `&&` or `||`; what stands behind `||` runs where a `cd` before it has failed."""
    before = scope.cwd
    either = any(child.type == "||" for child in node.children)
    for number, child in enumerate(node.named_children):
        if number and either:
            scope.cwd = before
        yield from reader.within(child, text, scope, fed_by)


def fed_also(fed_by: tuple[Call, ...], calls: tuple[Call, ...]) -> tuple[Call, ...]:
    """Return the calls that feed something, with some more: the first and the last of too many."""
    both = (*fed_by, *calls)
    return both if len(both) <= MOST_FEEDERS else (*both[: MOST_FEEDERS // 2], *both[-MOST_FEEDERS // 2 :])


def _pipeline(reader: "Reader", node: "Node", text: bytes, scope: Scope, fed_by: tuple[Call, ...]) -> Iterator[Call]:
    for child in node.named_children:
        # Each member is a process of its own, so what it sets is lost; but a `cd` in it is rare and harmless.
        calls = tuple(reader.within(child, text, scope, fed_by))
        yield from calls
        fed_by = fed_also(fed_by, calls)


def _loop(reader: "Reader", node: "Node", text: bytes, scope: Scope, fed_by: tuple[Call, ...]) -> Iterator[Call]:
    found: list[Call] = []
    written = node.children_by_field_name("value")
    values = [value for child in written for value in reader.word(child, text, scope, found).values]
    yield from found
    if name := node.child_by_field_name("variable"):
        called = decoded(name, text)
        # Without words, a loop goes over the arguments.
        given = tuple(values) if written else scope.variables.get("@", ())
        scope.variables[called] = given or (UNKNOWN,)
        scope.origins[called] = tuple(found)
    if body := node.child_by_field_name("body"):
        yield from reader.within(body, text, scope, fed_by)


def _function(reader: "Reader", node: "Node", text: bytes, scope: Scope, _fed_by: tuple[Call, ...]) -> Iterator[Call]:
    name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
    if not name or not body:
        return
    called = decoded(name, text)
    scope.functions[called] = (body, text)
    inner = scope.inner()
    inner.calling = (*scope.calling, called)
    inner.span = scope.span
    inner.variables |= dict.fromkeys(ARGUMENTS, (UNKNOWN,))
    # Whoever defines it means to call it, now or later.
    yield from reader.within(body, text, inner)


READ: Mapping[str, Callable[["Reader", "Node", bytes, Scope, tuple[Call, ...]], Iterator[Call]]] = {
    "pipeline": _pipeline,
    "subshell": _apart,
    "command_substitution": _apart,
    "process_substitution": _apart,
    "for_statement": _loop,
    "function_definition": _function,
    "list": _list,
    "while_statement": _while,
    "c_style_for_statement": _while,
    **dict.fromkeys(("comment", "heredoc_start", "heredoc_end"), _nothing),
}
