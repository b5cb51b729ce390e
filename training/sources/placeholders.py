"""Templates with `{{placeholders}}`: filled with values that the request then names."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

from training.slots import FOLDER, Kinds, draw_values, filled_command

_HOLE = re.compile(r"\{\{(.*?)\}\}")
_OPTION = re.compile(r"\[(-[^|\]]*)\|(-[^|\]]*)\]")
_SEVERAL = re.compile(r"(\S+?)1 \S+?2 \.\.\.")
# `[c]reate a g[z]ipped archive` shows where the letters of the options come from.
_LETTER = re.compile(r"\[(\w)\]")
_NOTE = re.compile(r"\((?:Note|See|Default|Requires|Use)[^)]*\)", re.IGNORECASE)
# How much more often an option is written short.
_SHORT = (3, 1)
# Of a bare number nobody knows what it counts.
_NEEDS_ITS_PLACE = frozenset({"count", "seconds", "mode", "value", "variable", "line", "column"})
_BEHIND = ("{}: {}", "{} ({})", "{} for {}", "{}, {}")


@dataclass(frozen=True)
class Template:
    """A command with slots in braces, what each may be, and what the slot was called."""

    command: str
    slots: Mapping[str, str]
    called: Mapping[str, str]


@cache
def table() -> Mapping[str, Any]:
    """Return public.toml."""
    return tomllib.loads(FOLDER.joinpath("public.toml").read_text(encoding="utf-8"))


@cache
def kind_of(placeholder: str) -> str:
    """Return the kind of slot that a placeholder stands for; empty where nobody has said."""
    return next((one["kind"] for one in table()["placeholder"] if re.fullmatch(one["form"], placeholder)), "")


def read_template(text: str, random: Random) -> Template | None:
    """Return a template with slots of ours; None where it has a placeholder that is not known."""
    slots: dict[str, str] = {}
    called: dict[str, str] = {}
    parts, end = [], 0
    for hole in _HOLE.finditer(text):
        before = text[end : hole.start()]
        parts.append(before)
        end = hole.end()
        if option := _OPTION.fullmatch(hole[1]):
            parts.append(random.choices(option.groups(), _SHORT)[0])
            continue
        several = _SEVERAL.fullmatch(hole[1])
        names = [several[1]] * 2 if several else [hole[1]]
        raw = "!r" if _in_quotes(text[: hole.start()]) else ""
        made = []
        for name in names:
            slot = f"s{len(slots)}"
            slots[slot], called[slot] = kind_of(name), name
            made.append(f"{{{slot}{raw}}}")
        parts.append(" ".join(made))
    if not all(slots.values()):
        return None
    return Template("".join([*parts, text[end:]]), slots, called)


def _in_quotes(before: str) -> bool:
    quote = ""
    for char in before:
        if char == quote:
            quote = ""
        elif char in "'\"" and not quote:
            quote = char
    return bool(quote)


def fill(template: Template, description: str, kinds: Kinds, random: Random, shell: str) -> tuple[str, str] | None:
    """Return a request that names every value, and the command; None where a number has no place in the request."""
    values = draw_values(template.slots, template.command, kinds, random)
    request, rest = description, []
    for slot, value in values.items():
        named = _named(request, template.called[slot], template.slots[slot], value, random)
        if named:
            request = named
        elif template.slots[slot] in _NEEDS_ITS_PLACE:
            return None
        else:
            rest.append(value)
    if rest:
        request = random.choice(_BEHIND).format(request, random.choice((" ", ", ", " and ")).join(rest))
    return request, filled_command(template.command, values, shell)


def _named(request: str, called: str, kind: str, value: str, random: Random) -> str:
    """Return `request` with `value` where it speaks of it; empty where it does not."""
    own = re.search(rf"['`]?(?<![\w-]){re.escape(called)}(?![\w-])['`]?", request) if len(called) > 1 else None
    if own and (called.isdigit() or own[0] != called):
        return request[: own.start()] + value + request[own.end() :]
    for form in table()["phrases"].get(kind, ()):
        if found := re.search(rf"\b{form}\b", request, re.IGNORECASE):
            noun = found[0].split()[-1]
            said = random.choice((value, f"the {noun} {value}" if found[0] != noun else value))
            return request[: found.start()] + said + request[found.end() :]
    return ""


def as_said(text: str, random: Random) -> str:
    """Return a description as somebody would ask: without marks and full stop, mostly without a capital."""
    plain = _NOTE.sub("", _LETTER.sub(r"\1", text.replace("`", "")))
    plain = " ".join(plain.split()).rstrip(".:")
    keeps = random.random() < 0.4 or not plain[1:2].islower()  # noqa: PLR2004  a share
    return plain if keeps else plain[:1].lower() + plain[1:]


def fits(name: str, patterns: Sequence[str]) -> bool:
    """Say whether a tool is one of these: a name, or `git-*`."""
    return any(name == one or (one.endswith("*") and name.startswith(one[:-1])) for one in patterns)
