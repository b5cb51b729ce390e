"""The commands that other commands run: behind sudo, env, xargs, find -exec, in the text given to sh -c."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from caro_shell.prove.commands import Command, Line, Word, commands_in
from caro_shell.safety.wrappers import Wrapper, wrappers

_MOST_DEPTH = 4
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
_SHELLS = frozenset({"sh", "bash", "zsh", "dash", "ksh"})
_EXECS = frozenset({"-exec", "-execdir", "-ok", "-okdir"})
# fd runs what stands behind these, to the end of its words or to a `;`.
_FD_EXECS = frozenset({"-x", "-X", "--exec", "--exec-batch"})
# Words before a command, in fish.
_LEADING = frozenset({"and", "or", "not", "begin", "if", "while", "else"})
# With these the words behind are no command to run, or one from elsewhere than PATH.
_NAMES_ONLY = {
    "command": {"-v", "-V", "-q", "-s", "-a"},
    "sudo": {"-e", "--edit", "-l", "--list"},
    "exec": {"-a"},
    "busybox": set(),
    "toybox": set(),
}


def unwrapped(line: Line) -> Iterator[Command]:
    """Yield each command of a line, and behind it those that it runs; each with its own words alone."""
    for command in line.commands:
        yield from _of(command, 0)


def _of(command: Command, depth: int) -> Iterator[Command]:
    name, words = command.name.text, command.words
    if depth > _MOST_DEPTH or not command.name.known:
        yield command
    elif name in _LEADING and words:
        yield from _of(replace(command, name=words[0], words=words[1:]), depth + 1)
    elif name in _SHELLS:
        yield command
        yield from _of_script(command, depth)
    elif name == "find":
        yield from _of_finder(command, _EXECS, {";", "+"}, depth)
    elif name in {"fd", "fdfind"}:
        yield from _of_finder(command, _FD_EXECS, {";"}, depth)
    elif wrapper := wrappers().get(name):
        yield from _of_wrapper(command, wrapper, depth)
    else:
        two = next((wrappers()[both] for both in _first_words(command) if both in wrappers()), None)
        yield replace(command, words=words[: _own(words[1:], two) + 1]) if two and words else command


def _first_words(command: Command) -> Iterator[str]:
    for count in (1, 2):
        yield " ".join([command.name.text, *(word.text for word in command.words[:count])])


def _of_script(command: Command, depth: int) -> Iterator[Command]:
    for flag, text in zip(command.words, command.words[1:], strict=False):
        if flag.text.startswith("-") and not flag.text.startswith("--") and flag.text.endswith("c"):
            yield from _written_in(text, command, depth)
            return
        if not flag.text.startswith("-"):
            return


def _written_in(text: Word, command: Command, depth: int) -> Iterator[Command]:
    """Yield the commands in the text of one word; they stand where it stands."""
    if not text.known or text.bare:
        return
    for inner in commands_in(text.text).commands:
        moved = replace(inner, name=replace(inner.name, start=text.start, end=text.end), by=(*command.by, "sh"))
        words = tuple(replace(word, start=text.start, end=text.end) for word in moved.words)
        yield from _of(replace(moved, words=words), depth + 1)


def _of_finder(command: Command, execs: frozenset[str], ends: set[str], depth: int) -> Iterator[Command]:
    own: list[Word] = []
    inner: list[list[Word]] = []
    running = False
    for word in command.words:
        if running:
            if word.text in ends:
                running = False
            else:
                inner[-1].append(word)
        else:
            own.append(word)
            if word.text in execs:
                running = True
                inner.append([])
    yield replace(command, words=tuple(own))
    for words in inner:
        if words:
            yield from _of(Command(words[0], tuple(words[1:]), by=(*command.by, "find")), depth + 1)


def _own(words: Sequence[Word], wrapper: Wrapper) -> int:
    """Return how many of `words` are the wrapper's own."""
    at = skipped = 0
    while at < len(words):
        text = words[at].text
        if text == "--":
            return at + 1
        if text.startswith("-") and len(text) > 1:
            at += 1 + (text in wrapper.values or text in wrapper.scripts or _ends_in_value(text, wrapper))
        elif wrapper.assignments and _ASSIGNMENT.match(text):
            at += 1
        elif skipped < wrapper.skip:
            skipped += 1
            at += 1
        else:
            break
    return min(at, len(words))


def _ends_in_value(text: str, wrapper: Wrapper) -> bool:
    """Say whether the last of several letters takes the next word, as in `-nu user`; the first may take the rest."""
    several = re.fullmatch(r"-([A-Za-z])[A-Za-z]*([A-Za-z])", text)
    return several is not None and f"-{several[1]}" not in wrapper.values and f"-{several[2]}" in wrapper.values


def _of_wrapper(command: Command, wrapper: Wrapper, depth: int) -> Iterator[Command]:
    at = _own(command.words, wrapper)
    own, rest = command.words[:at], command.words[at:]
    yield replace(command, words=own)
    only = _NAMES_ONLY.get(command.name.text)
    stops = only is not None and (not only or any(word.text in only for word in own))
    if not rest or stops or wrapper.remote or any(word.text in wrapper.scripts for word in own):
        return
    by = (*command.by, command.name.text)
    if len(rest) == 1 and wrapper.script and not rest[0].bare:
        yield from _written_in(rest[0], command, depth)
    elif all(word.bare or not wrapper.script for word in rest):
        yield from _of(replace(command, name=rest[0], words=rest[1:], by=by), depth + 1)
