"""A command's parts as a shell sees them, for an eye: read off bash's syntax tree, which also reads half a command."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from caro_shell.safety.grammar import parse

if TYPE_CHECKING:
    from tree_sitter import Node

Fragment = tuple[str, str]
"""A style and a text, as prompt-toolkit has them."""

# The grammar takes time that grows with the square of some texts' length, and this is done at every key of an editor.
_MOST_BYTES = 4096
_WHOLE = {
    "raw_string": "string",
    "ansi_c_string": "string",
    "string_content": "string",
    "heredoc_content": "string",
    "heredoc_start": "operator",
    "heredoc_end": "operator",
    "comment": "comment",
    "variable_name": "variable",
    "special_variable_name": "variable",
    "file_descriptor": "operator",
    "$": "variable",
    "${": "variable",
    '"': "string",
}
_SEPARATORS = frozenset({";", "|", "||", "&&", "&", "|&", "\n", "(", "$(", "`"})
_OPERATORS = _SEPARATORS | {")", ";;", ">", ">>", "<", "<<", "<<<", "<<-", ">&", "&>", "<&", ">|", "<(", ">("}
# What the grammar does not know of fish: without them, these are the names of commands.
_OF_FISH = frozenset({"end", "and", "or", "not", "begin", "switch", "if", "else", "while", "for", "function", "set"})


def highlighted(command: str, shell: str) -> list[Fragment]:
    """Return the command in pieces, each with its style; together they are the command, to the letter."""
    data = command.encode("utf-8", "replace")
    if len(data) > _MOST_BYTES:
        return [("", command)]
    pieces, at = list[Fragment](), 0
    for start, end, style in _spans(parse(data), shell):
        if start >= at:
            pieces += [("", data[at:start].decode("utf-8", "replace"))] if start > at else []
            pieces.append((f"class:shell.{style}", data[start:end].decode("utf-8", "replace")))
            at = end
    rest = data[at:].decode("utf-8", "replace")
    return [*pieces, ("", rest)] if rest else pieces


def _spans(root: "Node", shell: str) -> Iterator[tuple[int, int, str]]:
    """Yield where each part begins and ends, in bytes, and what it is."""
    begins = True
    for leaf in _leaves(root):
        style = _style_of(leaf, shell, begins=begins)
        if style:
            yield leaf.start_byte, leaf.end_byte, style
        begins = leaf.type in _SEPARATORS or (begins and style == "keyword")


def _leaves(node: "Node") -> Iterator["Node"]:
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if not node.children or node.type in _WHOLE:
            yield node
        else:
            waiting += reversed(node.children)


def _style_of(leaf: "Node", shell: str, *, begins: bool) -> str:
    text, parent = leaf.text or b"", leaf.parent.type if leaf.parent else ""
    if leaf.type in _WHOLE:
        return _WHOLE[leaf.type]
    if leaf.type == "ERROR":
        return "string" if text[:1] in (b"'", b'"') else ""
    if leaf.type in _OPERATORS:
        return "operator"
    if leaf.type == "word":
        if parent in ("ERROR", "command_name") and begins and shell == "fish" and text.decode() in _OF_FISH:
            return "keyword"
        if parent == "command_name" or (parent == "ERROR" and begins):
            return "command"
        return "option" if text.startswith(b"-") and len(text) > 1 else ""
    if leaf.type == "}" and parent == "expansion":
        return "variable"
    return "keyword" if not leaf.is_named and text.isalpha() else ""
