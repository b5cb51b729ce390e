"""Shells: the text that one is given, by `-c`, by a file, or on its standard input."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from caro_shell.safety import outputs
from caro_shell.safety.call import Call
from caro_shell.safety.scope import Scope
from caro_shell.safety.words import UNKNOWN, Several, Word, plain

if TYPE_CHECKING:
    from caro_shell.safety.reader import Reader

SHELLS = frozenset({"sh", "bash", "zsh", "dash", "ksh", "mksh", "ash", "fish", "rbash", "csh", "tcsh"})
# Options of shells that take the next word.
_VALUES = frozenset({"-o", "+o", "-O", "+O", "--rcfile", "--init-file"})
_LONG_COMMAND = re.compile(r"--(?:init-)?command=")
_TEXTS = frozenset({"-c", "-C", "--command", "--init-command"})


def read(call: Call, scope: Scope, reader: "Reader") -> Iterator[Call]:
    """Yield a shell's call, and the calls of the text it is given."""
    inner = scope.inner(call.name, span=call.span)
    yield call
    if any(_only_reads(word.value) for word in call.arguments[:3]):
        return
    texts, scripted = _texts_of(call.arguments, inner)
    for text in texts:
        for value in text.values[:4]:
            yield from reader.read(plain(value), inner)
    if scripted and (script := printed(call, scope)):
        yield from reader.read(plain(script), inner)
    if not texts and not scripted and call.input is not None:
        inner.given = None
        yield from reader.read(plain(call.input), inner)


def _only_reads(value: str) -> bool:
    """Say whether an option makes a shell only look whether its text is one: `-n`."""
    return value == "--no-execute" or bool(re.fullmatch(r"-[evux]*n[evux]*", value))


def ends_in(word: str, options: frozenset[str]) -> bool:
    """Say whether short options written together end in one of `options`: `-qc`."""
    return word[:1] == "-" and word[:2] != "--" and f"-{word[-1:]}" in options


def _texts_of(words: Sequence[Word], inner: Scope) -> tuple[list[Word], bool]:
    """Return the texts that a shell's options give it, and whether it has a file to run instead."""
    texts: list[Word] = []
    at = 0
    while at < len(words):
        value = words[at].value
        if ends_in(value, _TEXTS) and at + 1 < len(words) and "c" in value:
            _keep_arguments(words[at + 2 :], inner)
            return [*texts, words[at + 1]], False
        if found := _LONG_COMMAND.match(value):
            texts.append(replace(words[at], values=(value[found.end() :],)))
        elif value in _TEXTS and at + 1 < len(words):
            texts.append(words[at + 1])
            at += 1
        elif value in _VALUES:
            at += 1
        elif re.fullmatch(r"-[a-z]*s", value) or value == "--":
            rest = [word for word in words[at + 1 :] if word.value != "--"]
            _keep_arguments([Word(("sh",), 0, 0), *rest], inner)
            return texts, False
        elif not value.startswith(("-", "+")):
            return texts, True
        at += 1
    return texts, False


def _keep_arguments(words: Sequence[Word], inner: Scope) -> None:
    """Keep the words that a text finds as `$0`, `$1` and so on."""
    inner.variables |= {str(number): word.values for number, word in enumerate(words)}
    inner.variables["@"] = inner.variables["*"] = Several(value for word in words[1:] for value in word.values)


def printed(call: Call, scope: Scope) -> str | None:
    """Return the text of the file that a call runs, where the line itself says what is in it."""
    files = [word for word in call.arguments if not word.value.startswith(("-", "+"))]
    if files and files[0].value == UNKNOWN and call.substituted:
        return outputs.of_pipeline(call.substituted)
    if files and files[0].value not in ("/dev/stdin", "/proc/self/fd/0", "-"):
        return scope.files.get(files[0].value.rpartition("/")[2])
    return call.input
