"""What a surprise is, and what the ways of finding one share."""

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from caro_shell.prove.commands import Command, Word, commands_in
from caro_shell.prove.files import Disk
from caro_shell.prove.unwrap import unwrapped

_ALIKE = 0.65
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
    """The user's own commands, where a line is to be changed, mended or finished: what they do already is asked for."""
    line: str = ""
    """That line; it may be one that cannot be read as commands."""

    def begins(self, beginnings: Sequence[str]) -> bool:
        """Say whether a word of the request begins with one of these."""
        wanted = tuple(beginnings)
        return any(word.startswith(wanted) for word in self.words)

    def says(self, phrases: Sequence[str]) -> "re.Match[str] | None":
        """Return where the request says one of these as it is, or None."""
        return _phrases(phrases).search(self.lower) if phrases else None

    def wants_upper(self, kind: Mapping[str, Any]) -> bool | None:
        """Say whether the newer or larger are to go, of which `kind` has the words; None where that is not clear."""
        negated = self.says(kind.get("negated", ()))
        upper = None if negated else self.says(kind["upper"])
        lower = negated or self.says(kind["lower"])
        found = upper or lower
        if found is None or (upper and lower):
            return None
        stays = self._stays_at(found)
        start = stays.start() if stays else found.start()
        rest = f"{self.lower[:start]} {self.lower[found.end() :]}"
        return None if re.search(data()["doubt"]["says"], rest) else bool(upper) != bool(stays)

    def _stays_at(self, found: "re.Match[str]") -> "re.Match[str] | None":
        """Return the words right before `found` by which it is to stay."""
        before = self.lower[: found.start()]
        return next(
            (
                one
                for one in _phrases(data()["stays"]["asked"]).finditer(before)
                if _FEW_WORDS.fullmatch(before, one.end())
            ),
            None,
        )

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
        own = any(map(deletes_files, self.before)) or not set(self.line.lower().split()).isdisjoint(deletes["foreign"])
        return said or own or any(map(self.meant, deletes["programs"]))

    def meant(self, name: str) -> bool:
        """Say whether the user's own line, which need not be right, has a word that may be meant for `name`."""
        return not self.request.strip() and bool(get_close_matches(name, self.line.split(), 1, _ALIKE))

    def names(self, path: str) -> bool:
        """Say whether the request names a file, with its ending or without, or the user's own line does."""
        name = last_part(path).lower()
        stem = name.partition(".")[0] or name
        return (
            name in self.lower
            or name in self.line.lower()
            or bool(re.search(rf"(?<!\w){re.escape(stem)}(?!\w)", self.lower))
        )


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


def changes_files(command: Command) -> bool:
    """Say whether files are no more what they were, and not only gone."""
    return edits_files(command) or replaces_files(command)


def last_part(path: str) -> str:
    """Return the name of a file or a directory without where it is."""
    return path.rstrip("/").rpartition("/")[2]


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
