"""What a call comes to: wrappers are taken off, shells and interpreters are read, functions and aliases followed."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from caro_shell.safety import code, escapes, finders, handed, outputs
from caro_shell.safety.call import Call
from caro_shell.safety.data import read_table
from caro_shell.safety.reader import Reader
from caro_shell.safety.scope import Scope
from caro_shell.safety.words import UNKNOWN, Several, Word, plain

SHELLS = frozenset({"sh", "bash", "zsh", "dash", "ksh", "mksh", "ash", "fish", "rbash", "csh", "tcsh"})
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")
# Options of shells that take the next word.
_SHELL_VALUES = frozenset({"-o", "+o", "-O", "+O", "--rcfile", "--init-file"})
_LONG_COMMAND = re.compile(r"--(?:init-)?command=")
_READS = frozenset({"source", "."})


@dataclass(frozen=True)
class Wrapper:
    """How a command that runs another one is written; wrappers.toml says what the fields mean."""

    values: frozenset[str] = frozenset()
    scripts: frozenset[str] = frozenset()
    skip: int = 0
    assignments: bool = False
    script: bool = False
    supplies: bool = False
    remote: bool = False


@cache
def wrappers() -> Mapping[str, Wrapper]:
    """Return the wrappers by name."""
    return {name: _wrapper(entry) for name, entry in read_table("wrappers.toml").items()}


def _wrapper(entry: Mapping[str, Any]) -> Wrapper:
    values: dict[str, Any] = {
        key: frozenset(value) if isinstance(value, list) else value for key, value in entry.items()
    }
    return Wrapper(**values)


def unwrap(call: Call, scope: Scope, reader: Reader) -> Iterator[Call]:
    """Yield the calls that `call` comes to."""
    name = call.name
    if name.startswith("zf_"):
        call = replace(call, words=(replace(call.words[0], values=(name[3:],)), *call.words[1:]))
        name = call.name
    if not call.words or not name.strip() or (name in ("command", "type") and _asks(call)):
        yield call
    elif name in scope.calling:
        yield replace(call, looped=True)
    elif name in scope.aliases and "alias" not in scope.chain:
        yield from _through_alias(call, scope, reader)
    elif name in scope.functions:
        yield from _through_function(call, scope, reader)
    elif name in SHELLS:
        yield from _through_shell(call, scope, reader)
    elif name not in finders.FINDERS and (found := _wrapper_of(call, reader.shell)):
        yield from _through_wrapper(call, *found, scope, reader)
    else:
        yield call
        yield from _read_by(call, scope, reader)


def _read_by(call: Call, scope: Scope, reader: Reader) -> Iterator[Call]:
    """Yield the calls of what a call reads, finds or escapes to, besides being a command itself."""
    name, inner = call.name, scope.inner(call.name, span=call.span)
    if name == "eval" or name in _READS:
        text = " ".join(plain(word.value) for word in call.arguments) if name == "eval" else _printed(call, scope)
        yield from reader.read(text or "", inner)
    elif name == "trap" and len(call.words) > 1:
        yield from reader.read(plain(call.words[1].value), inner)
    elif "/" in call.words[0].value and name in scope.files:
        yield from reader.read(scope.files[name], inner)
    elif name in finders.FINDERS:
        for words, how in finders.commands_of(call):
            yield from _again(call, words, scope.inner(how, span=call.span), reader)
    else:
        yield from _through_code(call, scope, reader)
        for text in dict.fromkeys([*escapes.texts_of(call), *handed.texts_of(call)]):
            yield from reader.read(text, inner)
        if rest := handed.behind_dashes(call):
            yield from _again(call, rest, inner, reader)


def _asks(call: Call) -> bool:
    """Say whether `command` only tells where a command is."""
    return any(word.value in ("-v", "-V") for word in call.arguments[:1])


# In fish these stand where bash has keywords and operators.
_OF_FISH = frozenset({"and", "or", "not", "begin", "if", "while", "else"})


def _wrapper_of(call: Call, shell: str) -> tuple[Wrapper, int] | None:
    """Return the wrapper, and how many words its name has."""
    if shell == "fish" and call.name in _OF_FISH:
        return Wrapper(), 1
    if call.name.startswith(("ld-linux", "ld.so", "ld-musl")):
        return Wrapper(), 1
    names = [call.name, *(word.value for word in call.words[1:3])]
    for count in (3, 2, 1):
        found = wrappers().get(" ".join(names[:count]))
        if found:
            return found, count
    return None


def split_options(
    words: Sequence[Word], values: frozenset[str], scripts: frozenset[str] = frozenset()
) -> tuple[list[Word], list[Word]]:
    """Return the words from the first that is no option on, and the values of the options named by `scripts`."""
    texts: list[Word] = []
    at = 0
    while at < len(words):
        value = words[at].value
        if value == "--":
            return list(words[at + 1 :]), texts
        if not value.startswith("-") or value == "-":
            break
        long, sign, after = value.partition("=")
        if long in scripts and sign:
            texts.append(replace(words[at], values=(after,)))
        elif at + 1 < len(words) and (value in scripts or _ends_in(value, scripts)):
            texts.append(words[at + 1])
            at += 1
        elif value in values or _ends_in(value, values & {"-u", "-n"}):
            at += 1
        at += 1
    return list(words[at:]), texts


def _ends_in(word: str, options: frozenset[str]) -> bool:
    """Say whether short options written together end in one of `options`: `-qc`."""
    return word[:1] == "-" and word[:2] != "--" and f"-{word[-1:]}" in options


_ANYWHERE = 99


def split_anywhere(words: Sequence[Word], scripts: frozenset[str]) -> list[Word]:
    """Return the values of the options named by `scripts`, wherever they stand."""
    return [
        words[at + 1] for at, word in enumerate(words[:-1]) if word.value in scripts or _ends_in(word.value, scripts)
    ]


def _again(call: Call, words: Sequence[Word], scope: Scope, reader: Reader) -> Iterator[Call]:
    """Yield what the command in `words`, found behind a wrapper, comes to."""
    inner = replace(call, words=tuple(words), chain=scope.chain, remote=scope.remote)
    if len(scope.chain) > 12:  # noqa: PLR2004  nobody stacks so many
        yield replace(inner, unreadable=True)
        return
    yield from unwrap(inner, scope, reader)


def _through_wrapper(call: Call, wrapper: Wrapper, count: int, scope: Scope, reader: Reader) -> Iterator[Call]:
    name = " ".join([call.name, *(word.value for word in call.words[1:count])])
    rest, texts = _behind(call.words[count:], wrapper)
    inner = scope.inner(name, span=call.span, remote=wrapper.remote)
    for text in texts:
        yield from reader.read(plain(text.value), inner)
    if not rest or wrapper.remote:
        yield call
    if not rest:
        if not texts and call.input is not None and call.name in _SHELLS_WITHOUT_WORDS:
            yield from reader.read(plain(call.input), inner)
        return
    if directory := _option(call, ("-C", "--chdir", "-D")) if call.name in ("env", "sudo") else "":
        inner.cwd = directory
        call = replace(call, cwd=directory)
    if wrapper.supplies:
        yield from _supplied(call, rest, wrapper, inner, reader)
    elif wrapper.script:
        yield from reader.read(" ".join(plain(word.value) for word in rest), inner)
    else:
        # Functions and aliases are of the shell alone; only its own builtins leave them in force.
        if call.name not in ("time", "noglob", "nocorrect"):
            inner.functions, inner.aliases = {}, {}
        yield from _again(call, rest, inner, reader)


# Without a command they start a shell, which reads.
_SHELLS_WITHOUT_WORDS = frozenset({"sudo", "su", "ssh", "doas"})


def _behind(words: Sequence[Word], wrapper: Wrapper) -> tuple[list[Word], list[Word]]:
    """Return the command behind a wrapper's name, and the texts that its options give."""
    rest, texts = split_options(words, wrapper.values, wrapper.scripts)
    if wrapper.skip == _ANYWHERE:
        return [], list(dict.fromkeys([*texts, *split_anywhere(words, wrapper.scripts)]))
    skipped, rest = rest[: wrapper.skip], rest[wrapper.skip :]
    if wrapper.skip:
        # Options may stand behind what is skipped, too: `ssh host -p 22 …`.
        behind, more = split_options(rest or skipped[1:], wrapper.values, wrapper.scripts)
        texts, rest = [*texts, *more], behind if rest else rest
    while wrapper.assignments and rest and _ASSIGNMENT.match(rest[0].value):
        rest = rest[1:]
    if wrapper.skip > len(skipped):
        rest = []
    return rest[1:] if rest and rest[0].value == "--" else rest, texts


def _option(call: Call, names: Sequence[str]) -> str:
    """Return the value of an option, or nothing."""
    values = [word.value for word in call.arguments]
    return next((values[at + 1] for at, value in enumerate(values[:-1]) if value in names), "")


def _supplied(call: Call, rest: Sequence[Word], wrapper: Wrapper, scope: Scope, reader: Reader) -> Iterator[Call]:
    """Yield the command of xargs or parallel, with the words that it is given."""
    words = list(rest)
    marks = [at for at, word in enumerate(words) if word.value in (":::", "::::", ":::+")]
    given = finders.supplied(call, lines=any(word.value.startswith(("-I", "-i", "-L")) for word in call.arguments))
    if marks:
        given = tuple(word.value for word in words[marks[0] + 1 :]) or given
        words = words[: marks[0]]
    place = next((mark for mark in ("{}", "%", "@", "FILE", "$1") if _names(call, mark)), "{}")
    if wrapper.script and words:
        text = " ".join(plain(word.value) for word in words)
        said = " ".join(plain(value) for value in given)
        yield from reader.read(text.replace("{}", said) if "{}" in text else f"{text} {said}", scope)
        return
    held = [any(place in value for value in word.values) for word in words]
    filled = [
        replace(word, values=tuple(value.replace(place, new) for value in word.values for new in given))
        if has
        else word
        for word, has in zip(words, held, strict=True)
    ]
    if not any(held):
        filled.append(Word(given, *call.span))
    yield from _again(call, filled, scope, reader)


def _names(call: Call, mark: str) -> bool:
    """Say whether xargs was told to put its words in the place of `mark`."""
    values = [word.value for word in call.arguments]
    return any(
        value in (f"-I{mark}", f"-J{mark}") or (value in ("-I", "-J") and values[at + 1 : at + 2] == [mark])
        for at, value in enumerate(values)
    )


def _through_alias(call: Call, scope: Scope, reader: Reader) -> Iterator[Call]:
    inner = scope.inner("alias", span=call.span)
    inner.chain = (*scope.chain, "alias")
    calls = list(reader.read(scope.aliases[call.name], inner))
    for number, found in enumerate(calls, start=1):
        last = number == len(calls)
        yield replace(found, words=(*found.words, *call.arguments), fed_by=call.fed_by) if last else found


def _through_function(call: Call, scope: Scope, reader: Reader) -> Iterator[Call]:
    body, text = scope.functions[call.name]
    inner = scope.inner(span=call.span)
    inner.calling = (*scope.calling, call.name)
    for number, word in enumerate(call.arguments, start=1):
        inner.variables[str(number)] = word.values
    inner.variables["@"] = inner.variables["*"] = Several(word.value for word in call.arguments)
    yield from reader.within(body, text, inner, call.fed_by)


def _through_shell(call: Call, scope: Scope, reader: Reader) -> Iterator[Call]:
    """Yield a shell's call, and the calls of the text it is given: by `-c`, by a file, or on its standard input."""
    inner = scope.inner(call.name, span=call.span)
    texts, scripted = _texts_of_shell(call.arguments, inner)
    yield call
    for text in texts:
        for value in text.values[:4]:
            yield from reader.read(plain(value), inner)
    if scripted and (printed := _printed(call, scope)):
        yield from reader.read(plain(printed), inner)
    if not texts and not scripted and call.input is not None:
        yield from reader.read(plain(call.input), inner)


def _texts_of_shell(words: Sequence[Word], inner: Scope) -> tuple[list[Word], bool]:
    """Return the texts that a shell's options give it, and whether it has a file to run instead."""
    texts: list[Word] = []
    at = 0
    while at < len(words):
        value = words[at].value
        if _ends_in(value, _SHELL_TEXTS) and at + 1 < len(words) and "c" in value:
            inner.variables |= {str(number): word.values for number, word in enumerate(words[at + 2 :])}
            inner.variables["@"] = inner.variables["*"] = Several(word.value for word in words[at + 3 :])
            return [*texts, words[at + 1]], False
        if found := _LONG_COMMAND.match(value):
            texts.append(replace(words[at], values=(value[found.end() :],)))
        elif value in _SHELL_TEXTS and at + 1 < len(words):
            texts.append(words[at + 1])
            at += 1
        elif value in _SHELL_VALUES:
            at += 1
        elif not value.startswith(("-", "+")):
            return texts, True
        at += 1
    return texts, False


_SHELL_TEXTS = frozenset({"-c", "-C", "--command", "--init-command"})


def _printed(call: Call, scope: Scope) -> str | None:
    """Return the text of the file that a call runs, where the line itself says what is in it."""
    files = [word for word in call.arguments if not word.value.startswith(("-", "+"))]
    if files and files[0].value == UNKNOWN and call.substituted:
        return outputs.of_pipeline(call.substituted)
    if files and files[0].value not in ("/dev/stdin", "/proc/self/fd/0", "-"):
        return scope.files.get(files[0].value.rpartition("/")[2])
    return call.input


def _through_code(call: Call, scope: Scope, reader: Reader) -> Iterator[Call]:
    """Yield what the text of another language runs or removes, as the commands that do the same."""
    for text, language in code.texts_of(call):
        inner = scope.inner(call.name, span=call.span)
        for line in code.commands_in(plain(text.replace(UNKNOWN, "unknown")), language):
            yield from reader.read(line, inner)
