"""What a call comes to: wrappers are taken off, shells and interpreters are read, functions and aliases followed."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from caro_shell.safety import code, escapes, finders, handed, shells, supply
from caro_shell.safety import rules as rulebook
from caro_shell.safety.call import Call
from caro_shell.safety.reader import Reader
from caro_shell.safety.scope import Scope
from caro_shell.safety.words import UNKNOWN, Several, Word, plain
from caro_shell.safety.wrappers import Wrapper, assigned, behind, split_options, wrapper_of

_WITH_OPTIONS_FIRST = frozenset({"kubectl", "oc", "docker", "podman", "nerdctl", "docker-compose", "lxc", "incus"})
_READS = frozenset({"source", "."})
_PROGRAM = re.compile(r"--coreutils-prog(?:-shebang)?=(\w+)$")


def unwrap(call: Call, scope: Scope, reader: Reader) -> Iterator[Call]:
    """Yield the calls that `call` comes to."""
    call = _written_plainly(call, reader.shell)
    name = call.name
    if not call.words or not name.strip() or (name in ("command", "type") and _asks(call)):
        yield call
    elif name in scope.calling:
        yield replace(call, looped=True)
    elif name in scope.aliases:
        yield from _through_alias(call, scope, reader)
    elif scope.suffixes and (opener := _opener(call, scope)):
        yield from reader.read(f"{opener} {call.source}", scope.inner("alias", span=call.span))
    elif name in scope.functions:
        yield from _through_function(call, scope, reader)
    elif name in shells.SHELLS:
        yield from shells.read(call, scope, reader)
    elif name not in finders.FINDERS and (found := wrapper_of(call, reader.shell)):
        yield from _through_wrapper(call, *found, scope, reader)
    else:
        yield call
        yield from _read_by(call, scope, reader)


def _written_plainly(call: Call, shell: str) -> Call:
    """Return a call whose name or subcommand is written in a roundabout way as others write it."""
    name = call.name
    if name.startswith("zf_"):
        return replace(call, words=(replace(call.words[0], values=(name[3:],)), *call.words[1:]))
    if name == "coreutils" and (chosen := _PROGRAM.match(call.words[1].value if len(call.words) > 1 else "")):
        return replace(call, words=(replace(call.words[1], values=(chosen[1],)), *call.words[2:]))
    if name in _WITH_OPTIONS_FIRST and len(call.words) > 2 and call.words[1].value.startswith("-"):  # noqa: PLR2004
        # `kubectl -n prod exec web`: the subcommand stands behind options of the program's own.
        rest, _ = split_options(call.words[1:], rulebook.takes_value().get(name, frozenset()))
        plainly = replace(call, words=(call.words[0], *rest))
        if rest and wrapper_of(plainly, shell):
            return plainly
    return call


def _read_by(call: Call, scope: Scope, reader: Reader) -> Iterator[Call]:
    """Yield the calls of what a call reads, finds or escapes to, besides being a command itself."""
    name, inner = call.name, scope.inner(call.name, span=call.span)
    if name == "eval" or name in _READS:
        yield from reader.read((_evaluated(call) if name == "eval" else shells.printed(call, scope)) or "", inner)
    elif name == "trap" and len(call.words) > 1:
        yield from reader.read(plain(call.words[1].value), inner)
    elif "/" in call.words[0].value and name in scope.files:
        inner.variables["0"] = (call.words[0].value,)
        inner.calling = (*scope.calling, name)
        yield from reader.read(scope.files[name], inner)
    elif name in ("alias", "abbr"):
        for text in _masking(call):
            yield from reader.read(text, inner)
    elif name in finders.FINDERS:
        for words, how in finders.commands_of(call):
            yield from _again(call, words, scope.inner(how, span=call.span), reader)
    else:
        yield from _through_code(call, scope, reader)
        for text in dict.fromkeys([*escapes.texts_of(call), *handed.texts_of(call)]):
            yield from reader.read(text, inner)
        if rest := handed.behind_dashes(call) or handed.behind_others(call):
            yield from _again(call, rest, inner, reader)


# What everybody types without a thought: another meaning of it is a trap.
_TYPED_BLINDLY = frozenset("ls l ll la cd cat git sudo vi vim nano grep clear exit ssh man cp mv pwd echo".split())  # noqa: SIM905


def _masking(call: Call) -> Iterator[str]:
    """Yield what a command that everybody types shall stand for from now on: `alias ls='rm -rf ~'`."""
    values = [word.value for word in call.arguments if not word.value.startswith("-")]
    for at, value in enumerate(values):
        name, sign, meaning = value.partition("=")
        if name in _TYPED_BLINDLY and (sign or at + 1 < len(values)):
            yield plain(meaning if sign else values[at + 1])


def _evaluated(call: Call) -> str:
    """Return the text that `eval` runs; of evals behind each other, the last one's."""
    words = [plain(word.value) for word in call.arguments]
    first = next((at for at, word in enumerate(words) if word != "eval"), len(words))
    return " ".join(words[first:])


def _asks(call: Call) -> bool:
    """Say whether `command` only tells where a command is."""
    return any(word.value in ("-v", "-V", "-s", "-q") for word in call.arguments[:1])


def _again(call: Call, words: Sequence[Word], scope: Scope, reader: Reader) -> Iterator[Call]:
    """Yield what the command in `words`, found behind a wrapper, comes to."""
    inner = replace(call, words=tuple(words), chain=scope.chain, remote=scope.remote)
    if len(scope.chain) > 12:  # noqa: PLR2004  nobody stacks so many
        yield replace(inner, unreadable=True)
        return
    yield from unwrap(inner, scope, reader)


def _through_wrapper(call: Call, wrapper: Wrapper, count: int, scope: Scope, reader: Reader) -> Iterator[Call]:
    name = " ".join([call.name, *(word.value for word in call.words[1:count])])
    rest, texts = behind(call.words[count:], wrapper)
    inner = scope.inner(name, span=call.span, remote=wrapper.remote)
    for text in [*(plain(text.value) for text in texts), *escapes.texts_of(call)]:
        yield from reader.read(text, inner)
    if not rest or wrapper.remote:
        yield call
    if not rest:
        if not texts:
            yield from _without_words(call, inner, reader)
        return
    if wrapper.assignments:
        inner.variables |= assigned(call.words[count:])
    if directory := _option(call, ("-C", "--chdir", "-D")) if call.name in ("env", "sudo", "run0") else "":
        inner.cwd = directory
        call = replace(call, cwd=directory)
    if wrapper.supplies:
        yield from _supplied(call, supply.of(call, rest, script=wrapper.script), inner, reader)
    elif wrapper.script:
        yield from _as_script(call, rest, inner, reader)
    else:
        # Functions and aliases are of the shell alone; only its own builtins leave them in force.
        if call.name not in ("time", "noglob", "nocorrect"):
            inner.functions, inner.aliases = {}, {}
        yield from _again(call, rest, inner, reader)


def _without_words(call: Call, scope: Scope, reader: Reader) -> Iterator[Call]:
    """Yield what a wrapper comes to behind which no command was found: one further on, or what it reads."""
    if behind := handed.behind_others(call):
        yield from _again(call, behind, scope, reader)
    if call.input is not None and call.name in _SHELLS_WITHOUT_WORDS:
        yield from reader.read(plain(call.input), scope)


def _as_script(call: Call, words: Sequence[Word], scope: Scope, reader: Reader) -> Iterator[Call]:
    """Yield the calls of words that are a text for a shell; what the wrapper reads, they read: `… | ssh host sh`."""
    scope.given = call.input if call.input is not None else scope.given
    for found in reader.read(" ".join(plain(word.value) for word in words), scope):
        yield replace(found, fed_by=(*call.fed_by, *found.fed_by)) if call.fed_by else found


# Without a command they start a shell, which reads.
_SHELLS_WITHOUT_WORDS = frozenset({"sudo", "su", "ssh", "doas"})


def _option(call: Call, names: Sequence[str]) -> str:
    """Return the value of an option, or nothing."""
    values = [word.value for word in call.arguments]
    whole = (value.partition("=")[2] for value in values if value.partition("=")[0] in names and "=" in value)
    return next((values[at + 1] for at, value in enumerate(values[:-1]) if value in names), next(whole, ""))


def _supplied(call: Call, given: supply.Supply, scope: Scope, reader: Reader) -> Iterator[Call]:
    """Yield the command of xargs or parallel, with the words that it is given."""
    if given.text:
        yield from reader.read(given.text, scope)
    elif given.words:
        yield from _again(call, given.words, scope, reader)


def _through_alias(call: Call, scope: Scope, reader: Reader) -> Iterator[Call]:
    """Yield what an alias comes to: its text, with the call's own words behind; it is not followed in itself."""
    inner = scope.inner("alias", span=call.span)
    meaning = inner.aliases.pop(call.name)
    # Behind an alias that ends in a blank, the next word may be one too: `alias sudo='sudo '`.
    while meaning.endswith((" ", "\t")) and call.arguments and (said := inner.aliases.get(call.arguments[0].value)):
        meaning, call = meaning + said, replace(call, words=(call.words[0], *call.arguments[1:]))
    calls = reader.read_plainly(meaning, inner)
    for number, found in enumerate(calls, start=1):
        if number == len(calls):
            found = replace(  # noqa: PLW2901  the last one is given the rest of the line
                found,
                words=(*found.words, *call.arguments),
                redirects=(*found.redirects, *call.redirects),
                fed_by=(*found.fed_by, *call.fed_by),
                substituted=(*found.substituted, *call.substituted),
                input=found.input if found.input is not None else call.input,
                source=f"{found.source} {call.source.partition(' ')[2]}",
            )
        yield from unwrap(found, inner, reader)


def _opener(call: Call, scope: Scope) -> str:
    """Return what zsh opens the file with whose name stands in a command's place; empty for none."""
    name, dot, suffix = call.words[0].value.rpartition(".")
    return scope.suffixes.get(suffix, "") if name and dot else ""


def _through_function(call: Call, scope: Scope, reader: Reader) -> Iterator[Call]:
    body, text = scope.functions[call.name]
    inner = scope.inner(span=call.span)
    inner.calling = (*scope.calling, call.name)
    for number, word in enumerate(call.arguments, start=1):
        inner.variables[str(number)] = word.values
    inner.variables["@"] = inner.variables["*"] = Several(word.value for word in call.arguments)
    yield from reader.within(body, text, inner, call.fed_by)


def _through_code(call: Call, scope: Scope, reader: Reader) -> Iterator[Call]:
    """Yield what the text of another language runs or removes, as the commands that do the same."""
    for text, language in code.texts_of(call):
        inner = scope.inner(call.name, span=call.span)
        for line in code.commands_in(plain(text.replace(UNKNOWN, "unknown")), language):
            yield from reader.read(line, inner)
