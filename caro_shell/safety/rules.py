"""The rules of danger: data in rules/*.toml, read once, found by the command they are about."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any

from caro_shell.safety import data
from caro_shell.safety.conditions import CONDITIONS

LEVELS = ("safe", "moderate", "high", "critical")
"""From what may be run without a thought to what must not be run by a slip of the finger."""
ANY = "*"


@dataclass(frozen=True)
class Rule:
    """One rule; docs/safety.md says what the fields mean to whoever writes one."""

    id: str
    says: str
    command: tuple[str, ...] = ()
    level: str = ""
    effect: str = ""
    any: tuple[str, ...] = ()
    all: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    eases: tuple[str, ...] = ()
    words: str = ""
    not_words: str = ""
    text: str = ""
    fed_by: tuple[str, ...] = ()
    not_fed_by: tuple[str, ...] = ()
    source: str = ""
    when: str = ""
    redirect: tuple[str, ...] = ()
    path: str = ""
    targets: str = ""
    kinds: tuple[str, ...] = ()
    local: bool = False
    must: tuple[str, ...] = ()
    must_not: tuple[str, ...] = ()


_NAMES = frozenset(entry.name for entry in fields(Rule))
_PATTERNS = ("words", "not_words", "text", "source", "path")
_LISTS = frozenset(entry.name for entry in fields(Rule) if entry.default == () and entry.name != "command")


class RuleError(ValueError):
    """A rule that is none; the text says which and why."""


def rule_from(entry: Mapping[str, Any], where: str) -> Rule:
    """Return the rule in a table; raises RuleError for one that could never be right."""
    name = entry.get("id", "?")
    if unknown := set(entry) - _NAMES:
        raise RuleError(f"{where}: the rule `{name}` has no field `{min(unknown)}`.")
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}
    if isinstance(values.get("command"), str):
        values["command"] = (values["command"],)
    _check_types(values, name, where)
    for key in _PATTERNS:
        try:
            re.compile(str(values.get(key, "")))
        except re.error as error:
            raise RuleError(f"{where}: `{key}` of the rule `{name}` is no regular expression: {error}.") from None
    try:
        rule = Rule(**values)
    except TypeError:
        raise RuleError(f"{where}: the rule `{name}` needs `id` and `says`.") from None
    if bool(rule.level) == bool(rule.effect):
        raise RuleError(f"{where}: the rule `{name}` needs either `level` or `effect`.")
    if rule.level and rule.level not in LEVELS:
        raise RuleError(f"{where}: `level` of the rule `{name}` is one of {', '.join(LEVELS)}.")
    if rule.when and rule.when not in CONDITIONS:
        raise RuleError(f"{where}: `when` of the rule `{name}` is one of {', '.join(CONDITIONS)}.")
    if rule.effect and rule.effect not in levels():
        raise RuleError(f"{where}: `effect` of the rule `{name}` is one of {', '.join(levels())}.")
    return rule


def _check_types(values: Mapping[str, Any], name: str, where: str) -> None:
    """Raise RuleError for a field that is of another type than it should be."""
    for key, value in values.items():
        if key == "local":
            right, kind = isinstance(value, bool), "true or false"
        elif key in _LISTS or key == "command":
            right, kind = isinstance(value, tuple) and all(isinstance(item, str) for item in value), "a list of texts"
            right = right and not (key == "command" and not all(item.strip() for item in value))
        else:
            right, kind = isinstance(value, str), "a text"
        if not right:
            raise RuleError(f"{where}: `{key}` of the rule `{name}` is {kind}.")


@dataclass(frozen=True)
class Rules:
    """Rules by the first word of the commands they are about."""

    by_name: Mapping[str, Sequence[tuple[tuple[str, ...], Rule]]] = field(default_factory=dict)

    def about(self, name: str) -> Sequence[tuple[tuple[str, ...], Rule]]:
        """Return the rules about a command, each with the words its command begins with."""
        return [*self.by_name.get(name, ()), *self.by_name.get(ANY, ())]


def index(rules: Sequence[Rule]) -> Rules:
    """Return the rules, ready to be asked."""
    by_name: dict[str, list[tuple[tuple[str, ...], Rule]]] = {}
    for rule in rules:
        for command in rule.command:
            first, *rest = command.split()
            by_name.setdefault(first, []).append((tuple(rest), rule))
    return Rules(by_name)


def read_rules(text: str, where: str) -> list[Rule]:
    """Return the rules in a TOML text; raises RuleError."""
    import tomllib

    return rules_from(tomllib.loads(text), where)


def rules_from(table: Mapping[str, Any], where: str) -> list[Rule]:
    """Return the rules in a table that was read; raises RuleError."""
    return [rule_from(entry, where) for entry in table.get("rule", [])]


@cache
def shipped() -> tuple[Rule, ...]:
    """Return the rules that come with caro, in the order of their files."""
    return tuple(rule for name, text in data.rule_texts() for rule in read_rules(text, name))


@cache
def shipped_index() -> Rules:
    """Return the shipped rules, ready to be asked."""
    return index(shipped())


@cache
def pattern(text: str) -> re.Pattern[str]:
    """Return a compiled pattern; re's own memory is too small for all of them."""
    return re.compile(text)


def levels() -> Mapping[str, Mapping[str, str]]:
    """Return how bad each effect is, by what it happens to."""
    return data.read_table("levels.toml")


@cache
def takes_value() -> Mapping[str, frozenset[str]]:
    """Return the options that take the next word, by command."""
    return {name: frozenset(options) for name, options in data.read_table("tools.toml").items()}


def worst(found: Sequence[str]) -> str:
    """Return the highest of some levels; `safe` of none."""
    return max(found, key=LEVELS.index, default="safe")
