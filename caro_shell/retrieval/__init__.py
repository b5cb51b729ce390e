"""Local knowledge for a request: the one or two lines of this machine's manuals that are most worth telling the model.

What is known lies in an index that a process of its own fills while nobody asks (`background.py`, `build.py`). Where
there is none yet, or it cannot be read at once, nothing is told.
"""

import logging
import math
import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from caro_shell.errors import CaroError
from caro_shell.paths import cache_dir
from caro_shell.prompt import Place
from caro_shell.retrieval import index
from caro_shell.retrieval.index import Found
from caro_shell.retrieval.terms import stem, terms, terms_of_request

_log = logging.getLogger(__name__)
# A reader would rather know nothing than wait.
_WAIT_S = 0.002
_MOST_TOOLS, _MOST_LINES = 4, 40
# A name that several other tools' texts have is a word of English: last, file, make.
_PLAIN_ENGLISH = 5
# What a line has to have of a request: words of this weight together, and this share of all its words' weight.
_LEAST_WEIGHT, _LEAST_SHARE = 0.85, 0.5
_FIRST, _NEXT = 1.3, 0.15


@dataclass(frozen=True)
class Hint:
    """A line for the prompt: untrusted text, printable and on one line."""

    tool: str
    text: str
    source: str
    """man, help, fish, zsh, tldr, history."""


class Library:
    """The index at `path`, whether or not it is there; every method may be called from any thread."""

    def __init__(self, path: Path) -> None:
        """Open nothing yet."""
        self.path = path
        self._file: sqlite3.Connection | None = None
        self._inode = 0
        self._reading = threading.Lock()

    def hints(self, request: str, place: Place, limit: int = 2, *, history: bool = False) -> list[Hint]:
        """Return at most `limit` hints for a request, the best first; with `history` also the user's own commands.

        Empty where the index is not there, is read and written elsewhere just now, or was made for another system.
        """
        with self._reading:
            try:
                file = self._opened()
                if file is None or index.fact(file, "system") != f"{place.system} {place.flavour}":
                    return []
                return _best(file, request, limit, history=history)
            except (sqlite3.Error, OSError, CaroError) as error:
                _log.info("the index of local knowledge cannot be read: %s", error)
                self._let_go()
                return []

    def close(self) -> None:
        """Let go of the file."""
        with self._reading:
            self._let_go()

    def _opened(self) -> sqlite3.Connection | None:
        """Return the file's connection; a file that was made anew is opened anew."""
        inode = self.path.stat().st_ino if self.path.exists() else 0
        if inode != self._inode:
            self._let_go()
        if self._file is None and inode:
            self._file, self._inode = index.open_index(self.path, _WAIT_S), inode
        return self._file

    def _let_go(self) -> None:
        if self._file is not None:
            self._file.close()
        self._file, self._inode = None, 0


def _best(file: sqlite3.Connection, request: str, limit: int, *, history: bool) -> list[Hint]:
    words = terms_of_request(request)
    if not words:
        return []
    counted, tools = index.tools_with(file, words)
    units = _named(file, request, counted) or index.tools_about(file, words, _MOST_TOOLS)
    found = index.lines_of(file, units, words, _MOST_LINES)
    if history and (own := index.number_of(file, index.HISTORY)):
        units.append(own)
        found += index.lines_of(file, [own], words, _MOST_LINES)
    met = frozenset(counted).union(*(one.words for one in found))
    weights = {word: _weight(counted.get(word, 0), tools) for word in words if word in met}
    ranked = sorted(((_score(one, units, weights), one) for one in found), key=lambda pair: -pair[0])
    chosen = {one.line.text: one.line for score, one in ranked if score > 0}
    return [Hint(line.tool, line.text, line.source) for line in list(chosen.values())[:limit]]


def _named(file: sqlite3.Connection, request: str, counted: dict[str, int]) -> list[int]:
    """Return the tools that a request names, leaving out names that are words of English."""
    said = dict.fromkeys(word.strip(".,:;?!()'\"`") for word in request.split())
    names = [word for word in said if terms(word) and counted.get(stem(word.casefold()), 0) < _PLAIN_ENGLISH]
    return [unit for name in names[:12] if (unit := index.number_of(file, name))]


def _weight(count: int, tools: int) -> float:
    """Return how much a word says that `count` of so many tools have: 1 where none has it, 0 where all have."""
    return max(0.0, 1 - math.log(count + 1) / math.log(tools + 2))


def _score(one: Found, units: Sequence[int], weights: dict[str, float]) -> float:
    """Return how much a line has of a request, 0 where that is too little to be about the same thing."""
    shared = [weights.get(word, 0.0) for word in one.words & weights.keys()]
    weight, whole = sum(shared), sum(weights.values())
    if len(shared) < min(2, len(weights)) or weight < _LEAST_WEIGHT or weight < _LEAST_SHARE * whole:
        return 0.0
    return weight * (weight / whole) * (_FIRST - _NEXT * units.index(one.unit))


def index_file() -> Path:
    """Return where the index lies: in the user's cache directory."""
    return Path(cache_dir(), "knowledge", "index.sqlite3")


@cache
def _library() -> Library:
    return Library(index_file())


def hints(request: str, place: Place, limit: int = 2, *, history: bool = False) -> list[Hint]:
    """Return what the user's own index has for a request; see `Library.hints`."""
    return _library().hints(request, place, limit, history=history)
