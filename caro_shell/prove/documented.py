"""The options a tool's documentation names: read out of plain text, as `--help` prints it or a man page says it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

NONE, VALUE, OPTIONAL = "none", "value", "optional"
"""What an option takes: nothing, a word, or a word attached to it if any."""

_OPTION = re.compile(r"(?<![\w<=\-])--?(?:\[no-?\])?[A-Za-z0-9?#@](?:[\w.+-]*\w)?")
# `[-abC]` and `[-1AaCx]`, as usage lines write several options of one letter.
_LETTERS = re.compile(r"\[ ?-([A-Za-z0-9@#]{2,})\b(?![-=])")
_ATTACHED = re.compile(r"(-[A-Za-z])[A-Z]{2,}")
_HEAD = re.compile(r"\s{0,24}(?=--?(?:\[no-?\])?[A-Za-z0-9?#@])")
# A description begins after two blanks or a tab.
_DESCRIPTION = re.compile(r"(?<=\S)(?: {2,}|\t).*", re.DOTALL)
_BETWEEN = re.compile(r"^[\s,|/()]*(?:or\b|and\b)?[\s,|/()]*$")


@dataclass(frozen=True)
class Options:
    """What is known of a tool's options: `takes` of those that are described, and all that are mentioned."""

    takes: Mapping[str, str] = field(default_factory=dict)
    mentioned: frozenset[str] = frozenset()

    def __or__(self, other: "Options") -> "Options":
        """Return what either knows; an option that may take a word does."""
        takes = dict(self.takes)
        for name, what in other.takes.items():
            takes[name] = _wider(takes.get(name, NONE), what)
        return Options(takes, self.mentioned | other.mentioned)


@dataclass(frozen=True)
class Known:
    """The options of a tool, or of one of its subcommands, and whether these are all it takes."""

    options: Options = field(default_factory=Options)
    complete: bool = False


def _wider(one: str, other: str) -> str:
    return next((what for what in (VALUE, OPTIONAL) if what in {one, other}), NONE)


def read_options(lines: Iterable[str]) -> Options:
    """Return the options in the lines of a documentation; nonsense has none."""
    takes: dict[str, str] = {}
    mentioned: set[str] = set()
    for line in lines:
        if "-" not in line:
            continue
        for found in _OPTION.findall(line):
            mentioned.update(_both(found))
        for letters in _LETTERS.findall(line):
            mentioned.update(f"-{letter}" for letter in letters)
        if begin := _HEAD.match(line):
            for name, what in _in_head(_DESCRIPTION.sub("", line[begin.end() :])):
                takes[name] = _wider(takes.get(name, NONE), what)
    return Options(takes, frozenset(mentioned))


def described(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the entries in the lines of a documentation: the options as they are written there, and what they do."""
    head, said, indent = "", list[str](), 0
    for line in lines:
        begin = _HEAD.match(line)
        if begin:
            if said:
                yield head, " ".join(said)
            text = line[begin.end() :].rstrip()
            head = _DESCRIPTION.sub("", text)
            said, indent = [rest] if (rest := text[len(head) :].strip()) else [], begin.end()
        elif head and line.strip() and (line.startswith("; ") or _indent(line) > indent or not (said or indent)):
            said.append(line.removeprefix("; ").strip())
        elif said:
            yield head, " ".join(said)
            head, said = "", []
    if said:
        yield head, " ".join(said)


def entries(lines: Iterable[str]) -> Iterator[tuple[Mapping[str, str], str]]:
    """Yield the same entries: the options of each with what they take, and what they do."""
    # An empty line within a paragraph is none to end an entry.
    for head, says in described(line for line in lines if line.strip() != ";"):
        if names := dict(_in_head(head)):
            yield names, says


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _in_head(head: str) -> Iterable[tuple[str, str]]:
    """Return the options one entry describes, `-n, --lines=NUM`, with what they take."""
    found = list(_OPTION.finditer(head[:400]))
    takes = []
    for at, option in enumerate(found):
        rest = head[option.end() : found[at + 1].start() if at + 1 < len(found) else None]
        takes.append(NONE if _BETWEEN.match(rest) else OPTIONAL if rest.startswith("[") else VALUE)
    # `-n, --lines=NUM`: the word is said once, and taken by all of them.
    shared = next((what for what in (VALUE, OPTIONAL) if what in takes), NONE)
    for option, what in zip(found, takes, strict=True):
        for name in _both(option[0]):
            is_attached = len(name) == 2 < len(option[0]) and not option[0].startswith("--")  # noqa: PLR2004
            yield name, VALUE if is_attached else shared if what == NONE else what


def _both(option: str) -> tuple[str, ...]:
    """Return the options that one text stands for: two for `--[no-]colour`, and `-iSUFFIX` may be `-i`."""
    if attached := _ATTACHED.fullmatch(option):
        return (option, attached[1])
    plain = re.sub(r"\[(no-?)\]", "", option)
    return (plain,) if plain == option else (plain, re.sub(r"\[(no-?)\]", r"\1", option))
