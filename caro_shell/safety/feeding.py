"""Redirections: the files that a statement writes, the text it is given, and the commands it reads from."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from caro_shell.safety import outputs, written
from caro_shell.safety.call import Call, Redirect
from caro_shell.safety.expansion import decoded
from caro_shell.safety.scope import Scope, keep_written
from caro_shell.safety.statements import fed_also

if TYPE_CHECKING:
    from tree_sitter import Node

    from caro_shell.safety.reader import Reader


@dataclass
class Given:
    """What some redirections come to."""

    redirects: list[Redirect] = field(default_factory=list)
    text: str | None = None
    """What one of them gives to read."""
    feeders: list[Call] = field(default_factory=list)
    """The commands that one of them reads from: `< <(…)`."""
    fed: list["Node"] = field(default_factory=list)
    """The commands that one of them writes to, unread: `> >(…)`."""
    found: list[Call] = field(default_factory=list)
    """The commands whose output is among their words."""


def read_redirects(reader: "Reader", nodes: Sequence["Node"], text: bytes, scope: Scope) -> Given:
    """Return what the redirections in `nodes` come to."""
    given = Given()
    for node in nodes:
        if node.type == "heredoc_redirect":
            nested = read_redirects(reader, redirects_of(node), text, scope)
            given.redirects += nested.redirects
            given.found += nested.found
            body = next((child for child in node.children if child.type == "heredoc_body"), None)
            given.text = decoded(body, text) if body else ""
            # In a body whose end is not quoted, commands run before anybody reads it.
            given.found += reader.within(body, text, scope.inner()) if body and body.named_children else ()
        elif node.type == "herestring_redirect" and node.named_children:
            given.text = reader.word(node.named_children[-1], text, scope, given.found).value
        elif node.type == "file_redirect":
            _read_file(reader, node, text, scope, given)
    return given


def _read_file(reader: "Reader", node: "Node", text: bytes, scope: Scope, given: Given) -> None:
    destination = node.child_by_field_name("destination")
    operator = next((child.type for child in node.children if not child.is_named), "")
    if not destination:
        return
    if operator in (">&", "<&") and (destination.type == "number" or decoded(destination, text) == "-"):
        # A descriptor by its number is no file; of shells that talk to one, a rule asks.
        given.redirects.append(Redirect(f"{operator}n", reader.word(destination, text, scope, given.found)))
        return
    feeds = "<" in operator and destination.type in ("process_substitution", "command_substitution")
    calls = given.feeders if feeds else given.found
    given.redirects.append(Redirect(operator, reader.word(destination, text, scope, calls, given.fed)))
    descriptor = next((child for child in node.children if child.type == "file_descriptor"), None)
    if feeds and descriptor:
        scope.origins[f"/dev/fd/{decoded(descriptor, text)}"] = tuple(given.feeders)


def redirects_of(node: "Node") -> list["Node"]:
    """Return the redirections among a node's children; of here-strings the grammar does not say that they are."""
    return [child for child in node.children if child.type.endswith("_redirect")]


def _in_order(body: "Node", nodes: Sequence["Node"], text: bytes) -> str:
    """Return a command with its redirections behind all of its words, where words stand behind one; else nothing.

    `rm -rf 2>&1 /`: the grammar takes the last word for a second file of the redirection.
    """
    words, redirects = [decoded(body, text)], []
    for node in nodes:
        file = node.child_by_field_name("destination") if node.type == "file_redirect" else None
        rest = [child for child in node.named_children if file and child.start_byte >= file.end_byte]
        words += [decoded(child, text) for child in rest]
        end = rest[0].start_byte if rest else node.end_byte
        redirects.append(text[node.start_byte : end].decode("utf-8", "replace").rstrip())
    return " ".join([*words, *redirects]) if len(words) > 1 else ""


def redirected(reader: "Reader", node: "Node", text: bytes, scope: Scope, fed_by: tuple[Call, ...]) -> Iterator[Call]:
    """Yield the calls of a statement with redirections."""
    body = node.child_by_field_name("body")
    nodes = redirects_of(node)
    if body is not None and body.type == "command" and (moved := _in_order(body, nodes, text)):
        yield from reader.anew(moved, scope, fed_by, (node.start_byte, node.end_byte))
        return
    given = read_redirects(reader, nodes, text, scope)
    yield from (*given.found, *given.feeders)
    fed_by = fed_also(fed_by, tuple(given.feeders))
    said = given.text if given.text is not None else outputs.of_pipeline(given.feeders) if given.feeders else None
    outside, scope.given = scope.given, scope.given if said is None else said
    inner = list(reader.within(body, text, scope, fed_by)) if body else []
    scope.given = outside
    redirects = tuple(given.redirects)
    if redirects:
        span = scope.span or (node.start_byte, node.end_byte)
        if inner and (len(inner) == 1 or (body is not None and body.type == "pipeline")):
            inner[-1] = replace(inner[-1], redirects=(*inner[-1].redirects, *redirects))
        else:
            # Of a group, or of nothing at all: `> file` empties it.
            inner.append(Call((), redirects=redirects, chain=scope.chain, cwd=scope.cwd, span=span))
    yield from inner
    for call in inner[-1:]:
        keep_written(call, scope)
        yield from written.run_later(call, scope, reader)
    for fed in given.fed:
        yield from reader.within(fed, text, scope, fed_also(fed_by, tuple(inner[-1:])))
    yield from _behind_body(reader, nodes, text, scope, tuple(inner))


def _behind_body(
    reader: "Reader", nodes: Sequence["Node"], text: bytes, scope: Scope, inner: tuple[Call, ...]
) -> Iterator[Call]:
    """Yield the calls of the rest of a line that begins a here-document: the grammar hangs it below that."""
    for node in nodes:
        if node.type == "heredoc_redirect":
            for child in node.named_children:
                if child.type in ("pipeline", "command", "list"):
                    yield from reader.within(child, text, scope, inner)
