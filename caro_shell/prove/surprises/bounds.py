"""Bounds that a request sets to what is deleted or changed, and that the command does not keep to."""

import re
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from itertools import pairwise
from typing import Any

from caro_shell.prove.commands import Command, Word
from caro_shell.prove.requested import endings_named, paths_named
from caro_shell.prove.surprises.surprise import (
    Asked,
    Surprise,
    changes_files,
    data,
    deletes_files,
    is_directory,
    is_file,
    last_part,
    surprise,
)

_NEGATED = re.compile(
    r"!|-not|(?<=\s)-\w*[vL]\b|-prune|--?exclude|--invert|\^|!=|-x\b|EXCLUDE|[\w*)]~|\s-[eE]\s|--ignore"
)
_NEGATED_BEHIND = re.compile(r"-prune|\|\||(?<!\w)continue(?!\w)|\)\s*;;")
_ENDING_NEXT = re.compile(r"(?:\s+[^\W\d]{2,7}){0,3}\s+[\"'`]?\*?\.[a-z0-9]{1,5}(?![\w./])")
# Behind a word that excepts: the beginning, the end or the whole of the names that are meant.
_NAMED_NEXT = re.compile(
    r"(?:\W+\w+){0,5}?\W+(?:(?:begin|start|end|commenc|empiez|termin)\w*\s+(?:with|in|by|par|con|por)|named|called)"
    r"\s+[\"'`]?(?!the\b|an?\b)([\w.-]*\w)"
)
# What is kept beside what is changed, and what takes an exception back.
_NO_EXCEPTION = re.compile(
    r"\bkeep\w*\s+(?:\w+\s+){0,2}(?:originals?|backups?|cop(?:y|ies)|first|last|lines?|top|header)\b"
    r"|\b(?:too|also|as well|(?:delete|remove) those)\b"
)
_NEGATED_TOGETHER = re.compile(r"(?:!|-not)\s+\\?\(|-prune")
_TEST = re.compile(r"(?:^|\s)-(?!depth|max|min|mount|xdev|[HLPO]\b)[a-z]")
_EXCLUDED = r"(?:(?:!|-not)\s+-i?(?:name|path|wholename)|-E)\s*[\"']?[\w.*/\\^-]*"
_FINDERS = frozenset({"find", "fd", "fdfind"})
_BY_NAME = frozenset({"-name", "-iname"})
_BY_PATH = frozenset({"-path", "-ipath", "-wholename", "-iwholename"})


def unbounded(asked: Asked) -> Iterator[Surprise]:
    """Yield what is deleted or changed beyond what the request says."""
    deleting = list(filter(deletes_files, asked.commands))
    losing = deleting or list(filter(changes_files, asked.commands))
    if not losing:
        return
    yield from _outside(asked, losing[0])
    if not deleting or not asked.is_deletion:
        return
    for command in deleting:
        if _deletes_first(command):
            yield surprise("unchosen", command.name)
    for kind in ("sizes", "empties_alone"):
        bound = data()[kind]
        if asked.says(bound["asked"]) and not re.search(bound["kept"], asked.command) and _selects(asked.commands):
            yield surprise(kind, deleting[0].name)


def _outside(asked: Asked, losing: Command) -> Iterator[Surprise]:
    """Yield what is to stay and does not, and what is to go and alone stays."""
    for path in _to_be_spared(asked):
        name = last_part(path)
        if _may_be_taken(path, asked) and not _spares(name, is_directory(path, asked.disk), asked):
            spares = data()["spares"]
            yield Surprise(losing.name, spares["note"].format(path=name), spares["wish"].format(path=path))
    if deletes_files(losing) and not re.search(data()["doubt"]["says"], asked.lower):
        for path in (*endings_named(asked.request), *paths_named(asked.request, asked.disk)):
            name = re.escape(last_part(path))
            if len(re.findall(name, asked.command)) == len(re.findall(_EXCLUDED + name, asked.command)) > 0:
                yield surprise("turned", losing.name, path)
    if not _NEGATED_TOGETHER.search(asked.command):
        for kind in data()["sides"]["of"].values():
            if _takes_the_other_side(kind, asked):
                yield surprise("sides", losing.name)


def _takes_the_other_side(kind: Mapping[str, Any], asked: Asked) -> bool:
    """Say whether an age or a size is tested for what is to stay."""
    wanted = asked.wants_upper(kind)
    if wanted is None:
        return False
    wrong, right = ("takes_lower", "takes_upper") if wanted else ("takes_upper", "takes_lower")
    return bool(re.search(kind[wrong], asked.command)) and not re.search(kind[right], asked.command)


def _may_be_taken(path: str, asked: Asked) -> bool:
    """Say whether a path or an ending can fall under what the command names: by a test, a pattern, a directory."""
    name = last_part(path).lower()
    sample = f"x{name}" if name.startswith(".") and name.count(".") == 1 else name
    tests = [text for test, text in _tests(asked.commands) if test in _BY_NAME]
    if tests and "." in name:
        return any(fnmatchcase(part, text.lower()) for text in tests for part in (sample, f"{sample}x"))
    if _goes_in_alone(path, asked):
        return False
    losing = [one for one in asked.commands if deletes_files(one) or changes_files(one)]
    operands = [word for one in losing for word in one.words if not word.text.startswith("-")]
    if any(one.by or one.name.text in _FINDERS for one in losing) or any(map(_is_computed, operands)):
        return True
    return any(_takes_in(word.text, path, sample, asked) for word in operands)


def _is_computed(word: Word) -> bool:
    return (not word.known and bool(set(word.text) & set("$`"))) or not word.text


def _takes_in(operand: str, path: str, sample: str, asked: Asked) -> bool:
    """Say whether what is named `operand` is a path, or has it in it."""
    last = last_part(operand).lower()
    if operand.rstrip("/") in ("", ".", "..") or last == "*" or fnmatchcase(sample, last):
        return True
    beside = "/" not in path.strip("./") and is_file(path, asked.disk)
    return is_directory(operand, asked.disk) and not beside


def _goes_in_alone(path: str, asked: Asked) -> bool:
    """Say whether a directory that is to stay is only looked into, or not at all."""
    if not is_directory(path, asked.disk):
        return False
    name = re.escape(path.rstrip("/").removeprefix("./"))
    inside = rf"(?:find|fd)\s+(?:\./)?{name}/?\s.*(?:-mindepth\s+1|-type\s+f)|(?<![\w/])(?:\./)?{name}/\*"
    return bool(re.search(inside, asked.command)) or "-maxdepth 1" in asked.command


def _deletes_first(command: Command) -> bool:
    """Say whether find deletes what its tests, which come behind, might have left."""
    texts = [word.text for word in command.words]
    if command.name.text != "find" or "-delete" not in texts:
        return False
    at = texts.index("-delete")
    return bool(_TEST.search(" ".join(texts[at + 1 :]))) and not _TEST.search(" ".join(texts[:at]))


def _to_be_spared(asked: Asked) -> Sequence[str]:
    """Return the paths, the endings and the names that the request has behind a word that excepts them."""
    found = None if _NO_EXCEPTION.search(asked.lower) else asked.says(data()["spares"]["asked"])
    rest = asked.request[found.end() :] if found else ""
    # "keep the 3 newest .log" is not about all of them.
    ending, named = _ENDING_NEXT.match(rest), _NAMED_NEXT.match(rest)
    return [
        *paths_named(rest, asked.disk),
        *(endings_named(ending[0]) if ending else ()),
        *([named[1]] if named else ()),
    ]


def _spares(name: str, has_contents: bool, asked: Asked) -> bool:  # noqa: FBT001  of one place
    """Say whether a command names what is to stay, as what is to stay: a pattern that it falls under deletes it."""
    # An expression writes a dot with a backslash, and an ending among others without one.
    command, wanted = asked.command.lower().replace("\\", ""), name.lower()
    before, found, behind = command.partition(wanted if wanted in command else wanted.removeprefix("."))
    if not found or not (_NEGATED.search(before) or _NEGATED_BEHIND.search(behind)):
        # What is listed by names of its own is not to be looked for.
        return False
    if not has_contents:
        return True
    return any(_is_around(test, pattern, name) for test, pattern in _tests(asked.commands)) or "find" not in before


def _is_around(test: str, pattern: str, name: str) -> bool:
    """Say whether find's test takes in what is in a directory, and not only the directory."""
    return name.lower() in pattern.lower() and test in _BY_PATH and pattern.endswith("*")


def _tests(commands: Sequence[Command]) -> Iterator[tuple[str, str]]:
    for command in commands:
        texts = [word.text for word in command.words]
        if "-prune" in texts or command.name.text != "find":
            # What is pruned is not gone into.
            yield from (("-path", f"{text}*") for text in texts)
        yield from ((test, text) for test, text in pairwise(texts) if test in _BY_PATH | _BY_NAME)


def _selects(commands: Sequence[Command]) -> bool:
    """Say whether it is find, fd or a pattern that chooses what is deleted, and nothing that may know more."""
    return all(command.name.text in _FINDERS | {"rm"} for command in commands)
