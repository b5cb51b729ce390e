"""TOML as its user writes it: the values, and on which line each of them stands."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from caro_shell.errors import ConfigError

# What may hide a line's end, a bracket or a `=` from whoever looks for them; longest first.
_TOKENS = (
    r'"""(?:\\.|[^\\])*?"{3,5}',
    r"'''.*?'{3,5}",
    r'"(?:\\.|[^"\\\n])*"',
    r"'[^'\n]*'",
    r"#[^\n]*",
    r"[\[\]{}\n]",
)
_TOKEN = re.compile("|".join(_TOKENS), re.DOTALL)
# More digits than Python reads (sys.int_info.default_max_str_digits): it says so, but not where.
_NUMBER = re.compile(r"[\d_]{4301,}", re.ASCII)
_NAME = re.compile(r"""[ \t]*(\[\[?)?[ \t]*([\w-]+|"(?:\\.|[^"\\\n])*"|'[^'\n]*')""", re.ASCII)


@dataclass(frozen=True)
class Table:
    """What the file holds, and the line, from 1, on which each of its names stands."""

    values: dict[str, Any] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)


def parse(path: str, text: str) -> Table:
    """Return what the text of the file `path` says; raises ConfigError with the line that is not TOML."""
    return Table(_values(path, text), _lines(text))


def shown(text: str) -> str:
    """Return text fit for a sentence: with a control character in it, it stands as Python would write it."""
    return text if text.isprintable() else repr(text)[1:-1]


def _values(path: str, text: str) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        said = re.fullmatch(r"(.*) \(at line (\d+), column \d+\)", str(error), re.DOTALL)
        line = int(said[2]) if said else max(1, len(text.splitlines()))
        what = (said[1] if said else str(error).removesuffix(" (at end of document)")).rstrip(".")
        if not said and (number := _NUMBER.search(text)):
            line, what = text.count("\n", 0, number.start()) + 1, "a number of too many digits"
        raise ConfigError(
            f"{shown(path)}:{line}: this is not TOML: {shown(what)}.", "Mend that line: caro config edit"
        ) from None


def _lines(text: str) -> dict[str, int]:
    """Return the line of each name at the top of a text that is known to be TOML."""
    found: dict[str, int] = {}
    for line, at in _statements(text):
        if not (begins := _NAME.match(text, at)):
            continue
        found.setdefault(_plain(begins[2]), line)
        if begins[1]:
            # Everything behind the first header belongs to a table, of which caro has none.
            break
    return found


def _statements(text: str) -> Iterator[tuple[int, int]]:
    """Yield line and position of every line that begins no earlier than its statement."""
    yield 1, 0
    depth, line = 0, 1
    for token in _TOKEN.finditer(text):
        line += token[0].count("\n")
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token[0], 0)
        if token[0] == "\n" and depth == 0:
            yield line, token.end()


def _plain(name: str) -> str:
    if name[0] not in "\"'":
        return name
    import tomllib

    return next(iter(tomllib.loads(f"{name} = 0")))
