"""What the user's own file says of danger: more rules, and commands that are less dangerous here."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from caro_shell.safety.judge import Judgement
from caro_shell.safety.rules import LEVELS, Rule, RuleError, rules_from

LOWERED = ("safe", "moderate")
"""The levels to which a user may lower a command."""


@dataclass(frozen=True)
class Allowed:
    """A command that is less dangerous to this user; `*` and `?` in it stand for a part of one simple command."""

    command: str
    level: str


@dataclass(frozen=True)
class Own:
    """What one file says."""

    rules: tuple[Rule, ...] = ()
    allowed: tuple[Allowed, ...] = ()


def read_own(text: str, where: str) -> Own:
    """Return what a file of the user's says; raises RuleError, one sentence that names the file."""
    import tomllib

    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RuleError(f"{where} is no TOML: {error}.") from None
    if unknown := set(table) - {"rule", "allow"}:
        raise RuleError(f"{where}: there is no table `{min(unknown)}`, only [[rule]] and [[allow]].")
    if not all(isinstance(table.get(name, []), list) for name in ("rule", "allow")):
        raise RuleError(f"{where}: a rule begins with [[rule]], a command that is allowed with [[allow]].")
    allowed = tuple(_allowed(entry, where) for entry in table.get("allow", []))
    return Own(tuple(rules_from(table, where)), allowed)


def _allowed(entry: Mapping[str, Any], where: str) -> Allowed:
    """Return one entry; raises RuleError."""
    if unknown := set(entry) - {"command", "level"}:
        raise RuleError(f"{where}: [[allow]] has no field `{min(unknown)}`, only `command` and `level`.")
    command, level = entry.get("command"), entry.get("level")
    if not isinstance(command, str) or not command.strip():
        raise RuleError(f"{where}: [[allow]] needs a `command`.")
    if level not in LOWERED:
        raise RuleError(f"{where}: `level` of the allowed `{command}` is one of {', '.join(LOWERED)}.")
    return Allowed(command, str(level))


def lower(judgement: Judgement, command: str, allowed: Sequence[Allowed]) -> Judgement:
    """Return a judgement as the user wants it; what is critical stays critical."""
    if judgement.level != "high":
        return judgement
    found = next((entry for entry in allowed if _pattern(entry.command).fullmatch(command.strip())), None)
    if found is None:
        return judgement
    if found.level == "safe":
        return Judgement()
    most = LEVELS.index(found.level)
    reasons = tuple(
        replace(reason, level=LEVELS[min(most, LEVELS.index(reason.level))]) for reason in judgement.reasons
    )
    return Judgement(found.level, reasons)


@cache
def _pattern(command: str) -> re.Pattern[str]:
    """Return what a command of the user's matches.

    A wildcard takes no sign that could begin another command: who allows `git push *` has not allowed what stands
    behind a `;` in it.
    """
    parts = {"*": r"[^;&|<>()$`\n\\]*", "?": r"[^;&|<>()$`\n\\]"}
    return re.compile("".join(parts.get(char, re.escape(char)) for char in command.strip()))
