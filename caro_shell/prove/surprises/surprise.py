"""What a surprise is, and what the ways of finding one share."""

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from caro_shell.prove.commands import Command, Word, commands_in
from caro_shell.prove.files import Disk
from caro_shell.prove.unwrap import unwrapped

_FEW_WORDS = re.compile(r"(?:\s+\w+){0,4}\s*")
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True)
class Surprise:
    """Something done to files; `path` is the one it is done to, empty where that is not known."""

    word: Word
    note: str
    wish: str
    path: str = ""


@dataclass(frozen=True)
class Asked:
    """An answer, and what it is the answer to."""

    request: str
    """In the user's own words."""
    command: str
    commands: Sequence[Command]
    """Those in `command`, and those that they run."""
    disk: Disk
    before: Sequence[Command] = ()
    """The user's own commands, where the request is to change a line: what they do already is asked for."""

    def begins(self, beginnings: Sequence[str]) -> bool:
        """Say whether a word of the request begins with one of these."""
        wanted = tuple(beginnings)
        return any(word.startswith(wanted) for word in self.words)

    def says(self, phrases: Sequence[str]) -> "re.Match[str] | None":
        """Return where the request says one of these as it is, or None."""
        return _phrases(phrases).search(self.lower)

    def stays(self, found: "re.Match[str]") -> bool | None:
        """Say whether what the request says at `found` is to stay, rather than to go; None where that is not clear."""
        before = self.lower[: found.start()]
        said = max((match.end() for match in _phrases(data()["stays"]["asked"]).finditer(before)), default=None)
        if said is None:
            return False
        return True if _FEW_WORDS.fullmatch(before, said) else None

    @cached_property
    def lower(self) -> str:
        """The request in small letters."""
        return self.request.lower()

    @cached_property
    def words(self) -> Sequence[str]:
        """The words of the request, in small letters."""
        return _WORD.findall(self.lower)

    @cached_property
    def is_deletion(self) -> bool:
        """Whether the request, or the line that it is to change, takes something away."""
        deletes = data()["deletes"]
        inside = [*deletes["asked_inside"], *deletes["asked_together"]]
        said = self.begins(deletes["asked"]) or any(part in self.lower for part in inside)
        return said or any(map(deletes_files, self.before))

    def names(self, path: str) -> bool:
        """Say whether the request names a file, with its ending or without."""
        name = path.rstrip("/").rpartition("/")[2].lower()
        stem = name.partition(".")[0] or name
        return name in self.lower or bool(re.search(rf"(?<!\w){re.escape(stem)}(?!\w)", self.lower))


def _phrases(phrases: Sequence[str]) -> "re.Pattern[str]":
    return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, phrases))})(?!\w)")


@cache
def data() -> Mapping[str, Mapping[str, Any]]:
    """Return what is known of requests and of programs that change files."""
    text = Path(__file__).parents[1].joinpath("data", "surprises.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def surprise(kind: str, word: Word, path: str = "") -> Surprise:
    """Return the surprise that the data calls `kind`, at a word."""
    said, shown = data()[kind], path or "the file"
    return Surprise(word, said["note"].format(path=shown), said["wish"].format(path=shown), path)


def own_commands(line: str) -> Sequence[Command]:
    """Return the commands of the line that a request is to change."""
    return list(unwrapped(commands_in(line))) if line.strip() else ()


def deletes_files(command: Command) -> bool:
    """Say whether a command takes files away."""
    deletes, name = data()["deletes"], command.name.text.rpartition("/")[2]
    if name == "git" and any(word.text == "--cached" for word in command.words):
        return False
    return name in deletes["programs"] or any(word.text in deletes["words"].get(name, ()) for word in command.words)


def edits_files(command: Command) -> bool:
    """Say whether files are changed where they lie."""
    edits, name, words = data()["edits"], command.name.text, [word.text for word in command.words]
    return name in edits["programs"] or any(
        re.match(edits["words"][name], word) for word in words if name in edits["words"]
    )


def replaces_files(command: Command) -> bool:
    """Say whether a program puts another file in a file's place (`gzip`), and is not told to keep it."""
    replaces, words = data()["replaces"], [word.text for word in command.words]
    told = any(
        word in replaces["keeping"] or (word[:1] == "-" != word[1:2] and set(word) & set("kclt")) for word in words
    )
    return command.name.text in replaces["programs"] and not told and any(word[:1] != "-" for word in words)


def is_file(path: str, disk: Disk) -> bool:
    """Say whether there is a file, as far as the disk may be asked."""
    return _is_there_as(Path.is_file, path, disk)


def is_directory(path: str, disk: Disk) -> bool:
    """Say whether there is a directory, as far as the disk may be asked."""
    return _is_there_as(Path.is_dir, path, disk)


def _is_there_as(kind: Callable[[Path], bool], path: str, disk: Disk) -> bool:
    if not disk.cwd or disk.is_absent(path):
        return False
    try:
        return kind(Path(disk.full(path)))
    except (OSError, ValueError):
        return False
