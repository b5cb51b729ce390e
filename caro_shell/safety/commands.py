"""A simple command: its words, split as the shell splits them, and what they and it are fed by."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from caro_shell.safety import assignments, feeding, outputs, written
from caro_shell.safety.call import Call
from caro_shell.safety.expansion import decoded
from caro_shell.safety.scope import Scope, follow
from caro_shell.safety.statements import fed_also
from caro_shell.safety.words import BLANK, GLOB, STAR, UNKNOWN, Several, Word

if TYPE_CHECKING:
    from tree_sitter import Node

    from caro_shell.safety.reader import Reader

# Whoever writes more words does not read them.
MOST_WORDS = 3000
_USED = re.compile(r"\$\{?[!#=~^(@\w)]*?([A-Za-z_]\w*)|(/dev/fd/\d+)")


@dataclass
class _Parts:
    """What a command is made of."""

    words: list[Word] = field(default_factory=list)
    found: list[Call] = field(default_factory=list)
    redirects: list["Node"] = field(default_factory=list)
    later: list["Node"] = field(default_factory=list)


def _read_part(reader: "Reader", child: "Node", text: bytes, scope: Scope, read: _Parts) -> None:
    """Add a child of a command's node to what the command is made of."""
    if child.type.endswith("_redirect"):
        read.redirects.append(child)
    elif child.type in ("subshell", "ERROR"):
        read.found += reader.within(child, text, scope)
    elif (said := scope.everywhere.get(decoded(child, text))) is not None:
        read.words += [Word((piece,), child.start_byte, child.end_byte) for piece in said.split()]
    elif child.is_named and child.type != "comment":
        read.words += _split(reader, reader.word(child, text, scope, read.found, read.later), child, text, scope)
    elif child.type == "$":
        read.words.append(Word(("$",), child.start_byte, child.end_byte))


def read(reader: "Reader", node: "Node", text: bytes, scope: Scope, fed_by: tuple[Call, ...]) -> Iterator[Call]:
    """Yield what a command comes to."""
    read = _Parts()
    before = scope.inner() if any(child.type == "variable_assignment" for child in node.children) else scope
    # What the grammar cannot make a command of may still be the name of one.
    if node.child_count > MOST_WORDS:
        yield Call((), chain=scope.chain, span=scope.span or (node.start_byte, node.end_byte), unreadable=True)
    for child in node.children[:MOST_WORDS] if node.type == "command" else [node]:
        if child.type == "variable_assignment":
            yield from assignments.read(reader, child, text, before)
        else:
            _read_part(reader, child, text, scope, read)
    words, found = read.words, read.found
    from_words = tuple(found)
    given = feeding.read_redirects(reader, read.redirects, text, scope)
    yield from (*found, *given.found, *given.feeders)
    if not words and not given.redirects:
        return
    reader.given += 1
    source = decoded(node, text)
    call = Call(
        tuple([_spelled(word) if not at else word for at, word in enumerate(words)]),
        tuple(given.redirects),
        scope.chain,
        fed_also(fed_by, tuple(given.feeders)),
        (*from_words, *given.found, *_origins(source, scope)),
        given.text,
        cwd=scope.cwd,
        span=scope.span or (node.start_byte, node.end_byte),
        remote=scope.remote,
        source=source,
    )
    if call.input is None:
        call = replace(call, input=outputs.of_pipeline(call.fed_by) if call.fed_by else scope.given)
    yield from reader.unwrap(call, before, reader)
    follow(call, scope, reader.shell)
    yield from written.run_later(call, scope, reader)
    for fed in [*read.later, *given.fed]:
        yield from reader.within(fed, text, scope, fed_also(call.fed_by, (call,)))


def _origins(source: str, scope: Scope) -> tuple[Call, ...]:
    """Return the calls whose output the variables in a command hold."""
    if not scope.origins:
        return ()
    names = dict.fromkeys(found[1] or found[2] for found in _USED.finditer(source))
    return fed_also((), tuple(call for name in names for call in scope.origins.get(name, ())))


def _split(reader: "Reader", word: Word, node: "Node", text: bytes, scope: Scope) -> list[Word]:
    """Return the words that an unquoted variable or output falls into, and those that braces name."""
    if any(BLANK in value for value in word.values):
        return [replace(word, values=(piece,)) for value in word.values for piece in value.split(BLANK) if piece]
    if node.type == "command_name" and node.named_children:
        node = node.named_children[0]
    name = decoded(node, text).strip("${}")
    expanded = node.type in ("simple_expansion", "expansion")
    if expanded and reader.shell in ("zsh", "fish") and isinstance(scope.variables.get(name), Several):
        # In zsh an array needs no index to stand for all of its values.
        return [replace(word, values=(value,)) for value in scope.variables[name]]
    if isinstance(word.values, Several):
        return [replace(word, values=(value,)) for value in word.values]
    if node.type in ("concatenation", "brace_expression") and "{" in decoded(node, text):
        return [replace(word, values=(value,)) for value in word.values]
    if node.type not in ("simple_expansion", "expansion", "command_substitution") or len(word.values) != 1:
        # Several values here are those that a loop's variable has in turn.
        return [word]
    pieces = re.split(f"[{scope.separators}]+", word.value) if scope.separators else word.value.split()
    return [replace(word, values=(piece,)) for piece in pieces if piece] or [word]


def _spelled(name: Word) -> Word:
    """Return a command's name; one that is written as a pattern is the first that it may be: `/bin/r?`."""
    if UNKNOWN in name.value:
        # Nothing is left of a variable that nobody has set: `r${x}m`.
        bare = name.value.replace(UNKNOWN, "").rpartition("/")[2]
        return replace(name, values=(bare,)) if bare in _NAMED else name
    if not set(name.value) & {STAR, GLOB}:
        return name
    last = re.sub(f"{GLOB}[^]/{STAR}{GLOB}]*\\]", GLOB, name.value.rpartition("/")[2])
    last = re.sub(f"{STAR}+", STAR, last)
    if last.count(STAR) > _MOST_STARS:
        return name
    pattern = re.compile(re.escape(last).replace(STAR, ".*").replace(GLOB, "."))
    return replace(name, values=(next((known for known in _NAMED if pattern.fullmatch(known)), name.value),))


# Each star makes the search for a name longer by the length of the name.
_MOST_STARS = 3
# What is most likely to be hidden behind a pattern.
_NAMED = "rm dd sh bash mv cat chmod chown shred mkfs kill curl wget nc reboot shutdown".split()  # noqa: SIM905
