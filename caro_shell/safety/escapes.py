"""Shell commands among the words of programs that have a way out to a shell: `vim -c '!…'`, `tmux new '…'`."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from caro_shell.safety.call import Call
from caro_shell.safety.data import read_table
from caro_shell.safety.words import plain


@dataclass(frozen=True)
class Escape:
    """How a program is told to run a command; `reads` says whether that stands in what it reads."""

    text: re.Pattern[str]
    reads: bool


@cache
def _escapes() -> Mapping[str, Sequence[Escape]]:
    table = read_table("escapes.toml")
    found: dict[str, list[Escape]] = {}
    for entry in table.values():
        for name in entry["names"]:
            found.setdefault(name, []).append(Escape(re.compile(entry["text"]), entry.get("input", False)))
    return found


def texts_of(call: Call) -> Iterator[str]:
    """Yield the texts for a shell among the words of a call, or in what it reads."""
    for escape in _escapes().get(call.name, ()):
        words = " ".join(plain(word.value) for word in call.arguments)
        given = plain(call.input or "")
        text = given if escape.reads else f"{words}\n{given}" if given else words
        for found in escape.text.finditer(text):
            groups = found.groupdict()
            run = next((value for name, value in groups.items() if value and name.startswith("run")), "")
            if call.name == "zargs":
                run = f"{groups['run']} {groups['run2']}"
            if call.name in ("make", "gmake"):
                run = re.sub(r"\$\((\w+)\)", r"${\1}", run).replace("$$", "$")
            if run.strip():
                yield run
