"""What a command does to files though nobody has asked for it: deletes some, overwrites one that is there."""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from caro_shell.prove.commands import Command, Word
from caro_shell.prove.files import Disk
from caro_shell.prove.requested import paths_named

_WORD = re.compile(r"[^\W\d_]+")
# The last operand is what is written to.
_COPIERS = frozenset({"cp", "mv", "install", "ln"})
_FORCED = re.compile(r"-[a-zA-Z]*[fs]|--(?:force|symbolic)")


@dataclass(frozen=True)
class Surprise:
    """Something done to files; `path` is the one that is overwritten, empty where some are taken away."""

    word: Word
    note: str
    wish: str
    path: str = ""
    level: str = "high"
    """The risk it is at least, whatever the judge says of the command alone."""


@cache
def _data() -> Mapping[str, Mapping[str, Any]]:
    text = Path(__file__).with_name("data").joinpath("surprises.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def surprises(request: str, text: str, commands: Sequence[Command], disk: Disk) -> Iterator[Surprise]:
    """Yield what `commands`, written in `text`, do to files though `request`, if there is one, does not ask for it."""
    if not request.strip():
        return
    if _is_asked(request):
        yield from _spares_nothing(request, text, commands, disk)
    else:
        yield from _unasked("deletes", _deletes, commands)
    if not _begins(request, _data()["restores"]["asked"]):
        yield from _unasked("restores", _restores, commands)
    if _begins(request, _data()["replaces"]["asked"]):
        yield from _unasked("replaces", _replaces, commands)
    if _only_looks(request):
        yield from _unasked("edits", _edits, commands)
    overwrites = _data()["overwrites"]
    for word in _written(text, commands):
        if word.known and _is_file(word.text, disk) and not _names(request, word.text):
            note = overwrites["note"].format(path=word.text)
            yield Surprise(word, note, overwrites["wish"].format(path=word.text), word.text)


def _unasked(kind: str, does: Callable[[Command], bool], commands: Sequence[Command]) -> Iterator[Surprise]:
    data = _data()[kind]
    for command in commands:
        if does(command):
            yield Surprise(command.name, data["note"], data["wish"], level="critical")


def _is_asked(request: str) -> bool:
    deletes = _data()["deletes"]
    inside = [*deletes["asked_inside"], *deletes["asked_together"]]
    return _begins(request, deletes["asked"]) or any(part in request.lower() for part in inside)


def _spares_nothing(request: str, text: str, commands: Sequence[Command], disk: Disk) -> Iterator[Surprise]:
    """Yield what deletes, where the request says what to spare and the command does not name it."""
    spares = _data()["spares"]
    found = re.search(rf"(?<!\w)(?:{'|'.join(map(re.escape, spares['asked']))})(?!\w)", request.lower())
    deleting = [command for command in commands if _deletes(command)]
    if not found or not deleting:
        return
    for path in paths_named(request[found.end() :], disk):
        name = path.rstrip("/").rpartition("/")[2]
        # A pattern that it falls under would delete it.
        if name.lower() in text.lower():
            continue
        yield Surprise(
            deleting[0].name, spares["note"].format(path=name), spares["wish"].format(path=path), level="critical"
        )


def _restores(command: Command) -> bool:
    """Say whether files of a work tree are put back to what git has of them."""
    words = [word.text for word in command.words]
    if command.name.text != "git" or len(words) < 2:  # noqa: PLR2004  a subcommand, and what it is done to
        return False
    told = {"--staged", "-S"} & set(words) and not {"--worktree", "-W"} & set(words)
    return (words[0] == "restore" and not told) or (words[0] == "checkout" and "--" in words[1:-1])


def _begins(request: str, beginnings: Sequence[str]) -> bool:
    return any(word.lower().startswith(tuple(beginnings)) for word in _WORD.findall(request))


def _only_looks(request: str) -> bool:
    """Say whether a request begins as those do that want to see something, and goes on to no change."""
    words, edits = _WORD.findall(request.lower()), _data()["edits"]
    looks = bool(words) and words[0] in edits["looking"]
    return looks and not _is_asked(request) and not _begins(request, edits["asked"])


def _edits(command: Command) -> bool:
    """Say whether files are changed where they lie."""
    edits, name, words = _data()["edits"], command.name.text, [word.text for word in command.words]
    return name in edits["programs"] or any(
        re.match(edits["words"][name], word) for word in words if name in edits["words"]
    )


def _replaces(command: Command) -> bool:
    replaces, words = _data()["replaces"], [word.text for word in command.words]
    told = any(
        word in replaces["keeping"] or (word[:1] == "-" != word[1:2] and set(word) & set("kclt")) for word in words
    )
    return command.name.text in replaces["programs"] and not told and any(word[:1] != "-" for word in words)


def _deletes(command: Command) -> bool:
    deletes, name = _data()["deletes"], command.name.text.rpartition("/")[2]
    return name in deletes["programs"] or any(word.text in deletes["words"].get(name, ()) for word in command.words)


def _written(text: str, commands: Sequence[Command]) -> Iterator[Word]:
    """Yield the words that name a file whose contents are lost."""
    for command in commands:
        for word in command.writes:
            if not text[: word.start].rstrip().endswith((">>", "<>")):
                yield word
        name, words = command.name.text, command.words
        operands = [word for word in words if not word.text.startswith("-")]
        if name == "tee" and not any(word.text in {"-a", "--append"} for word in words):
            yield from operands
        if name in _COPIERS and len(operands) == 2 and (name != "ln" or any(_FORCED.fullmatch(w.text) for w in words)):  # noqa: PLR2004  from, to
            yield operands[1]


def _is_file(path: str, disk: Disk) -> bool:
    if not disk.cwd or disk.is_absent(path):
        return False
    try:
        return Path(disk.full(path)).is_file()
    except (OSError, ValueError):
        return False


def _names(request: str, path: str) -> bool:
    """Say whether a request names a file, with its ending or without."""
    name = path.rstrip("/").rpartition("/")[2].lower()
    stem = name.partition(".")[0] or name
    return name in request.lower() or bool(re.search(rf"(?<!\w){re.escape(stem)}(?!\w)", request.lower()))
