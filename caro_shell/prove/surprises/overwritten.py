"""Files whose contents a command takes away: one that is written over, one that is changed, each but the last."""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from caro_shell.prove.commands import Command, Word
from caro_shell.prove.requested import paths_named
from caro_shell.prove.surprises.surprise import (
    Asked,
    Surprise,
    data,
    deletes_files,
    edits_files,
    is_directory,
    is_file,
    last_part,
    surprise,
)

# The last operand is what is written to.
_COPIERS = frozenset({"cp", "mv", "install", "ln"})
_TURNED = _COPIERS | {"rsync", "scp"}
_FORCED = re.compile(r"-[a-zA-Z]*[fs]|--(?:force|symbolic)")
_SPARING = re.compile(r"-[a-zA-Z]*[bint]|--(?:backup|interactive|no-clobber|target-directory|update).*|-[a-zA-Z]*S")
_BETWEEN = re.compile(r"[;\n]|&&|\|\|")
_LOOP = re.compile(r"(?<!\w)(?:for|while|until)\s.*(?<!\w)do\s", re.DOTALL)
# What reads none of its words.
_SPEAKERS = frozenset({"echo", "printf", "find", "test"})


def overwritten(asked: Asked) -> Iterator[Surprise]:
    """Yield what is lost of files that the request does not want to lose."""
    for word in _written(asked):
        if _is_read_before(word, asked) and (not word.known or is_file(word.text, asked.disk)):
            yield surprise("empties", word, word.text)
        elif word.known and is_file(word.text, asked.disk):
            if not asked.names(word.text):
                yield surprise("overwrites", word, word.text)
            elif _is_added_to(word, asked):
                yield surprise("adds", word, word.text)
    yield from _beside_those_named(asked)
    yield from _through_links(asked)
    yield from _onto_each_other(asked)
    yield from _the_same_way(asked)


def _written(asked: Asked) -> Iterator[Word]:
    """Yield the words that name a file whose contents are lost."""
    for command in asked.commands:
        for word in command.writes:
            if not asked.command[: word.start].rstrip().endswith((">>", "<>")):
                yield word
        name, words = command.name.text, command.words
        if name == "tee" and not any(word.text in {"-a", "--append"} for word in words):
            yield from _operands(command)
        yield from _results(command)
        if name in _COPIERS and (name != "ln" or any(_FORCED.fullmatch(word.text) for word in words)):
            yield from _target(command)


def _results(command: Command) -> Iterator[Word]:
    """Yield the files that a program's own option tells it to write."""
    options = data()["overwrites"]["words"].get(command.name.text, ())
    for option, word in pairwise([*command.words, Word("")]):
        for known in options:
            if known.endswith("=") and option.text.startswith(known):
                yield replace(option, text=option.text.removeprefix(known))
            elif option.text == known:
                yield word


def _operands(command: Command) -> list[Word]:
    return [word for word in command.words if not word.text.startswith("-")]


def _from_and_to(command: Command) -> list[Word]:
    """Return the operands of a copier where there are two, else none."""
    operands = _operands(command)
    return operands if len(operands) == 2 else []  # noqa: PLR2004  from, to


def _target(command: Command) -> Iterator[Word]:
    """Yield what a copier with two operands, none of them known to be spared, writes to."""
    if not any(_SPARING.fullmatch(word.text) for word in command.words):
        yield from _from_and_to(command)[1:]


def _is_read_before(written: Word, asked: Asked) -> bool:
    """Say whether the shell empties a file before the same pipeline reads it."""
    redirected, name = any(written in command.writes for command in asked.commands), _as_written(written, asked)
    return redirected and any(
        _as_written(word, asked) == name and not _BETWEEN.search(asked.command[word.end : written.start])
        for command in asked.commands
        for word in (*command.words, *command.reads)
        if command.name.text not in _SPEAKERS and word.end <= written.start
    )


def _as_written(word: Word, asked: Asked) -> str:
    """Return what a word comes to; of one that is not known, how it is written: `"$f"` is `$f`."""
    return word.text if word.known else asked.command[word.start : word.end].replace('"', "")


def _is_added_to(word: Word, asked: Asked) -> bool:
    """Say whether the request wants to add to a file that is written anew, and whose contents nothing reads."""
    adds = data()["adds"]
    wanted = asked.begins(adds["asked"]) or any(part in asked.lower for part in (*adds["together"], *adds["inside"]))
    operands = [one for command in asked.commands for one in (*command.words, *command.reads) if one.end <= word.start]
    return wanted and not any(one.text == word.text for one in operands)


def _beside_those_named(asked: Asked) -> Iterator[Surprise]:
    """Yield the files that are deleted or changed beside others that the request names."""
    losing = [command for command in asked.commands if deletes_files(command) or edits_files(command)]
    if not losing or not paths_named(asked.request, asked.disk):
        return
    for command in losing:
        for word in _operands(command):
            if word.known and is_file(word.text, asked.disk) and not _is_meant(word.text, asked):
                yield surprise("touches", word, word.text)


def _is_meant(path: str, asked: Asked) -> bool:
    ending = last_part(path).rpartition(".")[2].lower()
    return asked.names(path) or asked.says([ending, f".{ending}", f"{ending}s"]) is not None


def _through_links(asked: Asked) -> Iterator[Surprise]:
    """Yield the links that a copy is written through: what they lead to is lost, and they stay.

    GNU's cp does that whatever is said of links in the source (-P, -d, -a), and so does BSD's.
    """
    for command in asked.commands:
        operands, told = _operands(command), [one.text for one in command.words]
        spares = "--remove-destination" in told or any(map(_SPARING.fullmatch, told))
        if command.name.text != "cp" or spares or not operands:
            continue
        *sources, target = operands
        is_into = is_directory(target.text, asked.disk)
        for source in sources:
            path = f"{target.text.rstrip('/')}/{last_part(source.text)}" if is_into else target.text
            if source.known and target.known and is_file(path, asked.disk) and os.path.islink(asked.disk.full(path)):  # noqa: PTH114
                yield surprise("links", target, path)


def _onto_each_other(asked: Asked) -> Iterator[Surprise]:
    """Yield the one name that several files are moved or copied to, one after another."""
    if not asked.disk.cwd:
        return
    is_loop = bool(_LOOP.search(asked.command))
    for command in asked.commands:
        if command.name.text not in {"mv", "cp"} or not (is_loop or {"find", "xargs", "parallel"} & set(command.by)):
            continue
        for word in _target(command):
            source = _from_and_to(command)[0]
            varies = not source.known or "{}" in source.text
            fixed = word.known and "{" not in word.text and not word.text.endswith("/")
            if varies and fixed and not is_directory(word.text, asked.disk) and not _is_made(word, asked):
                yield surprise("collects", word, word.text)


def _is_made(word: Word, asked: Asked) -> bool:
    return any(
        command.name.text == "mkdir" and any(one.text.rstrip("/") == word.text for one in command.words)
        for command in asked.commands
    )


def _the_same_way(asked: Asked) -> Iterator[Surprise]:
    """Yield what is written to as before, though the user's line is to be turned round."""
    if not asked.says(data()["turns"]["asked"]):
        return
    own = [_texts(_from_and_to(one)) for one in asked.before if one.name.text in _TURNED]
    for command in asked.commands:
        pair = _from_and_to(command) if command.name.text in _TURNED else []
        if pair and pair[1].known and _texts(pair) in own:
            yield surprise("turns", pair[1], pair[1].text)


def _texts(words: Sequence[Word]) -> list[str]:
    return [word.text for word in words]
