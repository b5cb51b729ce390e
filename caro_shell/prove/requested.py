"""The paths that a request names, read out of a sentence with care, and those that a command leaves out."""

import os
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from caro_shell.prove.files import Disk

_SIZE_LIMIT = 4096
_MOST_PATHS = 8
_LONGEST_PATH = 255
_QUOTED = re.compile(r"(?<!\w)(?:'([^'\n]{1,200})'|\"([^\"\n]{1,200})\"|`([^`\n]{1,200})`|[“„«]([^”“»\n]{1,200})[”“»])")
_BARE = re.compile(r"(?<![\w@:/.~*+-])(?:~|\.{1,2})?/?[\w.@+-]*[\w](?:/[\w.@+-]*)*")
_ROOTED = re.compile(r"(?:~|\.{1,2})?/[\w.-]+(?:/.*)?")
# Whoever writes one of these behind a name means a file, whether it is there or not.
_ENDINGS = frozenset(
    """bak bz2 c cfg conf cpp css csv db gif go gz h html ini ipynb iso java jpeg jpg json jsonl kt log lua md mkv mov
    mp3 mp4 pdf pem php png ppt pptx py rb rs rst sh sql sqlite svg tar tgz tif toml tsv txt wav webp xls xlsx xml xz
    yaml yml zip zst""".split()  # noqa: SIM905  a line a word would be long to read
)
_ENDING = re.compile(r"(?<![\w.~/*?-])\*?\.([a-z][a-z0-9]{1,4})(?![\w./])")
_NAME = re.compile(r"[\w+-][\w.+-]*\.(\w{1,8})")
_ADDRESS = re.compile(r"\w+://|[\w.-]+@[\w.-]+")


def paths_named(request: str, disk: Disk) -> list[str]:
    """Return the paths in `request`: what looks like nothing else, or is there."""
    found: dict[str, None] = {}
    text = request[:_SIZE_LIMIT]
    for quoted in _QUOTED.finditer(text):
        inside = next(part for part in quoted.groups() if part is not None)
        if " " not in inside and _is_path(inside, disk):
            found[inside] = None
    for bare in _BARE.finditer(_QUOTED.sub(" ", text)):
        path = bare[0].rstrip(".")
        if path and len(path) <= _LONGEST_PATH and _is_path(path, disk):
            found[path] = None
    return list(found)[:_MOST_PATHS]


def endings_named(request: str) -> list[str]:
    """Return the endings of file names in `request`, each with its dot."""
    return [f".{found}" for found in dict.fromkeys(_ENDING.findall(request)) if found in _ENDINGS]


def _is_path(text: str, disk: Disk) -> bool:
    if _ADDRESS.search(text) or set(text) & set("*?[]{}$<>|&;()\\") or not text.strip("./~"):
        return False
    if _ROOTED.fullmatch(text):
        return True
    is_file = (name := _NAME.fullmatch(text.rpartition("/")[2])) and name[1].lower() in _ENDINGS
    if is_file and not text.startswith("."):
        return True
    # `src/app`, `Makefile.am`: a word like another, unless it is there.
    return bool(disk.cwd) and ("/" in text or "." in text) and _is_there(text, disk)


def _is_there(text: str, disk: Disk) -> bool:
    return not disk.is_absent(text) and disk.looks < 24  # noqa: PLR2004  some are left for what the command reads


def left_out(request: str, command: str, disk: Disk) -> list[str]:
    """Return the paths and endings (`.py`) that `request` names and `command` does not, by no name and no pattern."""
    if re.search(r"\$[\w({@*]|`|<\(", command):
        return []
    plain = re.sub(r"[\"'\\]", "", command)
    # `{}` is what find and xargs put a name in for, and matches nothing by itself.
    patterns = [word for word in re.split(r"[\s=:]+", plain) if set(word) & set("*?[{") and word != "{}"]
    return [
        *(path for path in paths_named(request, disk) if not any(_occurs(path, plain, patterns, disk))),
        *(ending for ending in endings_named(request) if not _has_ending(ending[1:], plain, patterns)),
    ]


def _has_ending(ending: str, command: str, patterns: list[str]) -> bool:
    """Say whether a command says `ending` in any way: `.py`, `--include=*.py`, `-t py`, `*.{py,pyi}`, `*.[ch]`."""
    said = re.search(rf"(?<![a-zA-Z0-9]){re.escape(ending)}(?![a-zA-Z0-9])", command, re.IGNORECASE)
    return bool(said) or any(
        fnmatchcase(f"x.{ending}", pattern.rpartition("/")[2]) and "." in pattern for pattern in patterns
    )


def _occurs(path: str, command: str, patterns: list[str], disk: Disk) -> Iterator[bool]:
    name = path.rstrip("/").rpartition("/")[2]
    stem = name.partition(".")[0] or name
    yield name.lower() in command.lower() or (len(stem) > 1 and stem.lower() in command.lower())
    yield any("{" in pattern or fnmatchcase(name, pattern.rpartition("/")[2]) for pattern in patterns)
    # Where one is already, one need not go.
    yield bool(disk.cwd) and os.path.normpath(disk.full(path)) == os.path.normpath(disk.cwd)
