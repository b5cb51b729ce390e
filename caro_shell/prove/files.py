"""Whether the files that a line reads are there: asked of the disk within limits, and only where it is sure."""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from caro_shell.context import near_names
from caro_shell.prove.commands import Command, Line, Word

_MOST_LOOKS = 32
_MOST_NEIGHBOURS = 2000
_MOST_NEAR_LOOKS = 4
_LONGEST_NAME = 100
# Hosts and their paths, addresses, settings; what only stands for something.
_NO_FILE = re.compile(r"-|[^/]*:.*|.*://.*|[+%=@!].*|.*[={}\n].*|~[^/].*|/(?:dev|proc|sys|run)(?:/.*)?", re.DOTALL)


@dataclass(frozen=True)
class Absent:
    """A file that a command reads and that is not there, and names beside it that may have been meant."""

    path: str
    word: Word
    near: tuple[str, ...] = ()
    not_executable: bool = False


@dataclass(frozen=True)
class Reads:
    """Which words of a tool are files; files.toml says what the fields mean."""

    values: frozenset[str] = frozenset()
    skip: int = 0
    given_by: frozenset[str] = frozenset()
    only: int = 1000
    last: bool = False
    none_if: frozenset[str] = frozenset()
    opens: frozenset[str] = frozenset()
    until: bool = False
    bare: bool = False
    makes: bool = False


@cache
def _reads() -> Mapping[str, Reads]:
    text = Path(__file__).with_name("data").joinpath("files.toml").read_text(encoding="utf-8")
    return {name: _entry(fields) for name, fields in tomllib.loads(text)["tool"].items()}


def _entry(fields: Mapping[str, Any]) -> Reads:
    typed: dict[str, Any] = {
        key: frozenset(value) if isinstance(value, list) else value for key, value in fields.items()
    }
    return Reads(**typed)


@dataclass
class Disk:
    """The file system as seen from `cwd`, looked at a limited number of times."""

    cwd: str
    home: str = ""
    looks: int = 0
    near_looks: int = 0

    def full(self, path: str) -> str:
        """Return `path` as seen from here."""
        if path == "~" or path.startswith("~/"):
            path = self.home + path[1:]
        return os.path.join(self.cwd, path)  # noqa: PTH118  a string in, a string out

    def is_absent(self, path: str) -> bool:
        """Say whether there is surely nothing called `path`; what cannot be seen may be there."""
        self.looks += 1
        if self.looks > _MOST_LOOKS or "\0" in path or (path.startswith("~") and not self.home):
            return False
        try:
            os.lstat(self.full(path))
        except (FileNotFoundError, NotADirectoryError):
            return True
        except (OSError, ValueError):
            return False
        return False

    def near(self, path: str) -> tuple[str, ...]:
        """Return paths beside `path` that may have been meant."""
        parent, _, name = path.rpartition("/")
        names = set()
        self.near_looks += 1
        if self.near_looks > _MOST_NEAR_LOOKS or len(name) > _LONGEST_NAME:
            return ()
        try:
            with os.scandir(self.full(parent or ("/" if path.startswith("/") else "."))) as entries:
                for entry, _ in zip(entries, range(_MOST_NEIGHBOURS), strict=False):
                    # A name is somebody else's text, and may be written to a terminal.
                    if entry.name.isprintable() and len(entry.name) <= _LONGEST_NAME:
                        names.add(entry.name)
        except (OSError, ValueError):
            return ()
        return tuple(f"{parent}/{other}" if parent else other for other in near_names(name, names))


@dataclass
class _Walk:
    """A line from its beginning on, with what it has made so far."""

    disk: Disk
    made: set[str] = field(default_factory=set)

    def absent(self, word: Word) -> Iterator[Absent]:
        path = word.text
        if not word.known or not path or _NO_FILE.fullmatch(path) or (path[0] == "~" and not word.bare):
            return
        plain = os.path.normpath(path)
        if any(plain == made or plain.startswith(f"{made}/") for made in self.made):
            return
        self.made.add(plain)
        if self.disk.is_absent(path):
            yield Absent(path, word, self.disk.near(path.rstrip("/")))


def absent_files(line: Line, commands: Sequence[Command], disk: Disk) -> list[Absent]:
    """Return the files that the commands of a line read and that are not there.

    A command that may make something ends it: of what comes behind that nothing is known.
    """
    if not disk.cwd:
        return []
    walk = _Walk(disk)
    found: list[Absent] = []
    for command in commands:
        for word in command.reads if not command.forgiven else ():
            found += walk.absent(word)
        walk.made.update(os.path.normpath(word.text) for word in command.writes)
        if command.name.known and "/" in command.name.text:
            found += _absent_program(command, walk)
            break
        reads = _reads().get(command.name.text)
        if reads is None and command.name.text in line.defined:
            break
        if reads is not None and "find" not in command.by:
            for word in files_of(command, reads):
                found += [] if command.forgiven else list(walk.absent(word))
        if not _goes_on(command, reads, disk):
            break
    return found


def _goes_on(command: Command, reads: Reads | None, disk: Disk) -> bool:
    """Say whether the files are the same after `command`; goes where `cd` goes."""
    name, words = command.name.text, command.words
    if name in {"cd", "pushd"}:
        if len(words) != 1 or not words[0].known or words[0].text.startswith("-"):
            return False
        disk.cwd = os.path.normpath(disk.full(words[0].text))
        return os.path.isdir(disk.cwd)  # noqa: PTH112
    if reads is None:
        # What only runs another command changes nothing itself.
        return name in {"sudo", "doas", "xargs", "time", "nice", "nohup", "timeout", "watch", "env", "command"}
    return not reads.makes


def _absent_program(command: Command, walk: _Walk) -> Iterator[Absent]:
    """Yield a program that is named by its path, and is not there or cannot be run."""
    for absent in walk.absent(command.name):
        yield absent
        return
    path = command.name.text
    if not _NO_FILE.fullmatch(path):
        full = walk.disk.full(path)
        try:
            mode = os.stat(full).st_mode  # noqa: PTH116
        except (OSError, ValueError):
            return
        if not mode & 0o111:
            yield Absent(path, command.name, not_executable=True)


def files_of(command: Command, reads: Reads) -> list[Word]:
    """Return the words of `command` that are files it reads."""
    operands: list[Word] = []
    opened: list[Word] = []
    skip, options, pending = reads.skip, True, ""
    for at, word in enumerate(command.words):
        text = f"-{word.text}" if reads.bare and not at and word.text.isalpha() else word.text
        if pending:
            opened += [word] if pending in reads.opens else []
            pending = ""
        elif options and text == "--":
            options = False
        elif options and text.startswith("-") and text != "-":
            if reads.until:
                break
            names = _names(text)
            if names & reads.none_if:
                return []
            skip = 0 if names & reads.given_by else skip
            pending = _pending(text, reads.values | reads.opens)
        elif text in reads.none_if or (reads.until and text in {"(", "!", ")"}):
            return [] if text in reads.none_if else operands
        else:
            operands.append(word)
    operands = operands[skip:][: reads.only]
    if reads.last and len(operands) > 1 and not any("t" in _letters(word.text) for word in command.words):
        operands = operands[:-1]
    return [*opened, *operands]


def _letters(text: str) -> str:
    return text[1:] if text.startswith("-") and not text.startswith("--") else ""


def _names(text: str) -> set[str]:
    """Return the options in one word."""
    return {text.partition("=")[0]} if text.startswith("--") else {text, *(f"-{letter}" for letter in text[1:])}


def _pending(text: str, values: frozenset[str]) -> str:
    """Return the option at the end of a word that takes the next one."""
    if text in values:
        return text
    if text.startswith("--"):
        return ""
    letters = text[1:]
    first = next((at for at, letter in enumerate(letters) if f"-{letter}" in values), None)
    return f"-{letters[-1]}" if first is not None and first == len(letters) - 1 else ""
