"""How each tool wants its options read: data/tools.toml as values."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Tool:
    """What tools.toml says of one tool; it says what the fields mean."""

    help: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()
    like: tuple[str, ...] = ()
    also: frozenset[str] = frozenset()
    also_like: re.Pattern[str] | None = None
    style: str = ""
    exact: bool = False
    stops: bool = False
    modes: bool = False
    values: frozenset[str] = frozenset()
    subcommands: frozenset[str] = frozenset()
    nested: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    partial: frozenset[str] = frozenset()
    like_of: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    also_of: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    busybox: frozenset[str] = frozenset()
    """Options that BusyBox's version takes without saying so."""
    unchecked: bool = False
    listed: bool = False
    """Whether somebody has looked at how it reads its options."""


@cache
def tools() -> Mapping[str, Tool]:
    """Return the tools that are not like all others, by name."""
    text = Path(__file__).with_name("data").joinpath("tools.toml").read_text(encoding="utf-8")
    data = tomllib.loads(text)
    names = {*data["harmless"], *data["stops"], *data["unchecked"], *data["tool"]}
    return {name: _tool(name, data) for name in names}


def tool_of(name: str) -> Tool:
    """Return how the tool called `name` is to be read."""
    # One that nobody has looked at may have subcommands: what stands behind its first operand may be theirs.
    return tools().get(name) or Tool(pages=(name,), stops=True)


def _tool(name: str, data: Mapping[str, Any]) -> Tool:
    entry = data["tool"].get(name, {})
    patterns = "|".join(f"(?:{pattern})" for pattern in entry.get("also_like", ()))
    return Tool(
        help=tuple(entry.get("help", ["--help"] if name in data["harmless"] else [])),
        pages=tuple(entry.get("pages", [name])),
        like=tuple(entry.get("like", ())),
        also=frozenset(entry.get("also", ())),
        also_like=re.compile(patterns) if patterns else None,
        style=entry.get("style", ""),
        exact=entry.get("exact", False),
        stops=name in data["stops"],
        modes=entry.get("modes", False),
        values=frozenset(entry.get("values", ())),
        subcommands=frozenset(entry.get("subcommands", ())),
        nested=_by_subcommand(entry, "nested"),
        partial=frozenset(entry.get("partial", ())),
        like_of=_by_subcommand(entry, "like_of"),
        also_of=_by_subcommand(entry, "also_of"),
        busybox=frozenset(data["busybox"].get(name, ())),
        unchecked=name in data["unchecked"],
        listed=True,
    )


def _by_subcommand(entry: Mapping[str, Any], field_name: str) -> Mapping[str, tuple[str, ...]]:
    return {subcommand: tuple(others) for subcommand, others in entry.get(field_name, {}).items()}
