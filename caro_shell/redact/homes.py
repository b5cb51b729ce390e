"""Home directories: one's own becomes `~`, another's loses its name; both are put back where they were absolute."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

_COMPONENT = r"[\w.+@-]+"
# Not of a person.
_SHARED = frozenset({"linuxbrew", "Shared", "Guest", "shared", "runner"})
_OTHERS = re.compile(r"(?<![\w.~-])(/home/|/Users/)([\w.+@-]+)(?=/|$|[^\w.+@-])")


def _own(home: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.~/-]){re.escape(home)}(?=(/{_COMPONENT})?)(?![\w.+@-])")


@dataclass(frozen=True)
class Homes:
    """The home directories of some texts: the user's own, and what stands for those of others."""

    home: str = ""
    below: frozenset[str] = frozenset()
    """What stood right below one's own home where it was shortened: `/src`; empty where the home itself was meant."""
    typed: frozenset[str] = frozenset()
    """The same of those that the user has written with a `~`."""
    others: dict[str, str] = field(default_factory=dict)
    """`/home/alice` and the like, and what stands for each."""

    @classmethod
    def of(cls, texts: Sequence[str], home: str) -> "Homes":
        """Look for home directories in texts; `home` is the user's own."""
        home = home.rstrip("/")
        # One that is no directory of a person's, such as `/`, says nothing.
        home = home if home.count("/") > 1 or home == "/root" else ""
        below = {m[1] or "" for text in texts for m in _own(home).finditer(text)} if home else set()
        typed = {m[1] or "" for text in texts for m in re.finditer(rf"(?<![\w.~/-])~(/{_COMPONENT})?", text)}
        others: dict[str, str] = {}
        seen = {f"{m[1]}{m[2]}" for text in texts for m in _OTHERS.finditer(text)}
        for text in texts:
            for m in _OTHERS.finditer(text):
                whole = f"{m[1]}{m[2]}"
                if m[2] not in _SHARED and whole not in {home, *others}:
                    others[whole] = _free_name(m[1], seen | set(others.values()))
        return cls(home, frozenset(below), frozenset(typed), others)

    def shortened(self, text: str) -> str:
        """Return a text with none of the names in it."""
        if self.home and self.below:
            text = _own(self.home).sub("~", text)
        return _OTHERS.sub(lambda m: self.others.get(m[0], m[0]), text) if self.others else text

    def means_home(self, below: str) -> bool:
        """Say whether `~` with `below` behind it is to be the absolute path again: it was, or may have been."""
        return bool(self.below) and (below in self.below or ("" in self.below and below not in self.typed))


def _free_name(directory: str, taken: set[str]) -> str:
    number = 1
    while f"{directory}user{number}" in taken:
        number += 1
    return f"{directory}user{number}"
