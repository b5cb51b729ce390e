"""What a path means to the machine and its user: `~/x/..` is the home, `/./*` everything, `build` is made again."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import translate
from functools import cache
from typing import Any

from caro_shell.safety.data import read_table
from caro_shell.safety.scope import joined
from caro_shell.safety.words import GLOB, ODD, STAR, TILDE, UNKNOWN, shown

CLASSES = [
    "null",
    "temp",
    "device",
    "root",
    "system",
    "vital",
    "core",
    "part",
    "home",
    "precious",
    "personal",
    "top",
    "mine",
    "all",
    "above",
    "git",
    "again",
    "maybe-root",
    "unknown",
    "odd",
    "elsewhere",
    "some",
    "plain",
]
"""Every class a path can have, as levels.toml names them."""


@dataclass(frozen=True)
class Aliases:
    """What the user's shell takes names for; empty where it has not told."""

    commands: Mapping[str, str] = field(default_factory=dict)
    everywhere: Mapping[str, str] = field(default_factory=dict)
    """zsh's global aliases, which are replaced wherever they stand."""
    suffixes: Mapping[str, str] = field(default_factory=dict)
    """zsh's suffix aliases: what opens a file, by the end of its name."""


_NO_ALIASES = Aliases()


@dataclass(frozen=True)
class Facts:
    """What is known about where a command will run: the text alone does not say it."""

    home: str = ""
    cwd: str = ""
    root: bool = False
    exists: frozenset[str] = frozenset()
    """The paths of the command's words that exist, as they are written."""
    aliases: Aliases = _NO_ALIASES
    """They may make a command more dangerous, and never less."""


@dataclass(frozen=True)
class Target:
    """A path and what it is."""

    path: str
    kind: str
    all: bool = False
    """Whether it stands for everything in a directory."""


def _table() -> Mapping[str, Any]:
    return read_table("targets.toml")


@cache
def _patterns(name: str) -> re.Pattern[str]:
    return re.compile("|".join(translate(pattern) for pattern in _table()[name]))


@cache
def _names(name: str) -> frozenset[str]:
    return frozenset(_table()[name])


_HOMES = re.compile(r"/(?:home|Users|var/home|export/home)/[^/]+(?=/|$)|/root(?=/|$)|/var/root(?=/|$)")
_SET = re.compile(f"[{GLOB}\\[][^]/{STAR}]*\\]")
_ALL = re.compile(f"[.]*[{STAR}{GLOB}][{STAR}{GLOB}.]*")


def normalise(value: str, facts: Facts, cwd: str) -> str:
    """Return a path without `//`, `.` and `..`, the home directory as `~`; symbolic links are not followed."""
    # A tilde in quotes is a character like any other.
    value = f"\\{value}" if value.startswith("~") else value
    # A name found in the home is as good as its path: `~/~/x`.
    value = value[value.rfind(f"/{TILDE}") + 1 :] if f"/{TILDE}" in value else value
    path = joined(cwd or facts.cwd, value.removeprefix("file://"))
    if facts.home and (path == facts.home or path.startswith(f"{facts.home}/")):
        path = f"{TILDE}{path[len(facts.home) :]}"
    path = _HOMES.sub(TILDE, path, count=1) if path.startswith("/") and _HOMES.match(path) else path
    if re.match(f"{TILDE}[^/]", path):
        # The home of somebody else is a home as well.
        path = re.sub(f"{TILDE}[^/]+", TILDE, path, count=1)
    parts: list[str] = []
    for part in path.split("/"):
        if part in ("", "."):
            continue
        if part != "..":
            parts.append(part)
        elif parts == [TILDE]:
            parts = ["", "home"]
        elif parts and parts[-1] != "..":
            parts.pop()
        elif not path.startswith("/"):
            parts.append(part)
    whole = "/".join(parts)
    return f"/{whole}" if path.startswith("/") and not whole.startswith("/") else whole


def _below(path: str, directories: Sequence[str]) -> bool:
    return any(path.startswith(f"{directory}/") for directory in directories)


def classify(value: str, facts: Facts, cwd: str = "") -> Target:
    """Return what a path is; a path that names everything in a directory is that directory's, with `all`."""
    path = normalise(value, facts, cwd)
    if value.startswith(UNKNOWN) and value.strip(UNKNOWN) == "/":
        path = f"{UNKNOWN}/"
    everything = False
    # `~/**/*` is all of the home, too.
    while (last := path.rpartition("/")[2]) and _ALL.fullmatch(_SET.sub(GLOB, last)):
        everything = True
        parent = path.rpartition("/")[0]
        path = parent or ("/" if path.startswith("/") else "")
        if not parent:
            break
    return Target(shown(value), _kind(path, facts, everything=everything), everything)


def _kind(path: str, facts: Facts, *, everything: bool) -> str:
    if path in ("", ".") or set(path.split("/")) == {".."}:
        return "above" if ".." in path else "all"
    if facts.cwd and path == normalise(".", facts, ""):
        # Right here: as bad as the place is, and at least everything that one is looking at.
        here = next((kind for kind, fits in _kinds(path.replace(TILDE, "~")) if fits), "all")
        return here if here in ("root", "home", "system", "core", "precious", "temp") else "all"
    if ODD in path:
        return "odd"
    if UNKNOWN in path:
        return _kind_of_unknown(path, everything=everything)
    text = path.replace(TILDE, "~").replace(STAR, "*").replace(GLOB, "?")
    for kind, fits in _kinds(text):
        if fits:
            return _of_pattern(text) or kind if kind in ("part", "personal", "again") else kind
    return _of_pattern(text) or _kind_of_rest(text)


def _of_pattern(text: str) -> str:
    """Return what is among the files that a pattern matches, where that is known to be worse than the place."""
    directory, _, last = text.rpartition("/")
    if not set(last) & set("*?") or not directory:
        return ""
    matches = re.compile(translate(text))
    if any(matches.match(path) for path in _table()["vital"]):
        return "vital"
    if _patterns("again").match(last):
        return ""
    everything = last.startswith("*") and directory in _names("precious_dirs")
    return "precious" if everything or any(matches.match(path) for path in _table()["precious"]) else ""


def _kind_of_rest(text: str) -> str:
    """Return what a path is that is in no list."""
    last = text.rpartition("/")[2]
    if _patterns("again").match(last) or last.endswith("/.git/index.lock"):
        return "again"
    globbed = bool(set(text) & set("*?"))
    if text.startswith("~/"):
        return ("some" if globbed else "top") if text.count("/") == 1 else "mine"
    return "elsewhere" if text.startswith("/") else "some" if globbed else "plain"


def _kinds(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the classes that a list decides, in the order in which they are asked."""
    table = _table()
    yield "null", text in _names("null") or _below(text, table["null_below"])
    yield "device", bool(_patterns("devices").match(text))
    yield "root", text == "/"
    yield "temp", _below(text, table["temp_below"]) or text in _names("temp_below")
    yield "home", text == "~" or text.startswith("~*") or text in ("/home", "/Users")
    yield "system", text in _names("system") or bool(re.match(r"/[^/]*[*?]", text) and text.count("/") == 1)
    yield "vital", text in _names("vital") or _below(text, table["vital_below"])
    again = bool(_patterns("again").match(text.rpartition("/")[2])) and text not in _names("precious_dirs")
    yield "part", _below(text, table["part_first"])
    yield "core", _below(text, table["core_below"])
    yield "again", again and not text.startswith(("/etc", "/usr", "/var", "/opt")) and text.count("/") > 0
    yield "part", _below(text, table["part_below"])
    yield (
        "precious",
        (text in _names("precious") or text in _names("precious_dirs") or _below(text, table["precious_below"])),
    )
    yield "personal", text in _names("personal") or _below(text, table["personal"])
    yield "git", text == ".git" or text.endswith("/.git")


_OTHERS_DISKS = ("/media/", "/mnt/", "/run/media/", "/Volumes/", "/srv/", "/var/lib/")


def _kind_of_unknown(path: str, *, everything: bool) -> str:
    """Return what a path is whose beginning nobody knows: with an empty variable, `$DIR/*` is everything there is."""
    before, _, after = path.partition(UNKNOWN)
    if before == "/dev/" or (before.startswith("/dev/") and _patterns("devices").match(f"{before}x")):
        return "device"
    slash_only = after == "/"
    after = after.replace(UNKNOWN, "").strip("/")
    if not before:
        # With an empty variable, `$DIR/*` is everything, `$DIR/usr` is /usr; `$DIR` alone is nothing.
        named = f"/{after}" in _names("system") or after.split("/")[0] in ("etc", "usr", "bin", "lib", "boot", "var")
        return "maybe-root" if (everything and not after) or slash_only or named else "unknown"
    if before in ("/", f"{TILDE}/"):
        return "maybe-root"
    # `/lib/modules/$x` may be all of /lib/modules, and is surely a part of /lib.
    text = f"{before.rstrip('/')}/x".replace(TILDE, "~")
    kind = next((kind for kind, fits in _kinds(text) if fits), "unknown")
    if everything and before.startswith(_OTHERS_DISKS):
        return "elsewhere"
    return kind if kind in ("core", "vital", "precious", "temp", "personal") else "unknown"


def phrase(target: Target) -> str:
    """Return how a sentence calls a target."""
    phrases: Mapping[str, str] = _table()["phrases"]
    said = phrases.get(target.kind, "{path}")
    if target.all and target.kind in (
        "home",
        "personal",
        "precious",
        "top",
        "mine",
        "elsewhere",
        "part",
        "core",
        "temp",
    ):
        return f"everything in {said.replace('{path}', target.path)}"
    return said.replace("{path}", target.path)
