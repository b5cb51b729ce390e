"""The file of what was learnt: how it is made, written and asked. SQLite's errors are the caller's to handle."""

import re
import sqlite3
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from caro_shell import sqlite_file
from caro_shell.line import GRAMMAR
from caro_shell.redact import without_secrets

MOST_ROWS = 2000
_VERSION = 1
_FATES = frozenset({"accepted", "corrected", "undone", "dropped"})
_LONGEST = 2000
_MOST_TERMS = 24
_EAST = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
# The words of a language that writes blanks between them, and the characters of one that does not.
_TERM = re.compile(rf"[{_EAST}]|(?:(?![{_EAST}])[^\W_])+")
_SCHEMA = """
CREATE TABLE IF NOT EXISTS outcome (
    id INTEGER PRIMARY KEY, at REAL NOT NULL, times INTEGER NOT NULL, shell TEXT NOT NULL, gesture TEXT NOT NULL,
    request TEXT NOT NULL, command TEXT NOT NULL, fate TEXT NOT NULL, ran TEXT NOT NULL,
    UNIQUE (shell, gesture, request, command, fate, ran));
CREATE VIRTUAL TABLE IF NOT EXISTS term USING fts5 (request, tokenize = 'porter unicode61');
"""
_KEEP = """
INSERT INTO outcome (at, times, shell, gesture, request, command, fate, ran) VALUES (?, 1, ?, ?, ?, ?, ?, ?)
ON CONFLICT (shell, gesture, request, command, fate, ran) DO UPDATE SET at = excluded.at, times = times + 1
"""
_WHICH = "SELECT id FROM outcome WHERE (shell, gesture, request, command, fate, ran) = (?, ?, ?, ?, ?, ?)"
# The nearest are found in the index alone; only of these the rows are looked at.
_NEAREST = 40
_SIMILAR = f"""
SELECT request, ran, fate, command
FROM (SELECT rowid, rank AS far FROM term WHERE term MATCH ? ORDER BY rank LIMIT {_NEAREST}) AS near
JOIN outcome ON outcome.id = near.rowid WHERE ? IN ('', shell) ORDER BY far, at DESC LIMIT ?
"""  # noqa: S608  a number of ours
_WITH = "instr(lower(request || char(10) || command || char(10) || ran), lower(?))"


class Pair(NamedTuple):
    """A request, and the command that the user ran for it."""

    request: str
    command: str
    fate: str
    """`accepted`: it was the answer as it came; `corrected`: the answer as the user has changed it."""
    answer: str
    """What had been offered."""


class Row(NamedTuple):
    """An answer, and what became of it."""

    request: str
    command: str
    fate: str
    ran: str
    """What was run; empty when nothing was."""


def open_file(path: Path, wait_s: float) -> sqlite3.Connection:
    """Return a connection to the file, which is made if need be: the user's alone. It waits `wait_s` for a lock."""
    return sqlite_file.open_file(path, wait_s, _SCHEMA, _VERSION)


def write(file: sqlite3.Connection, shell: str, outcomes: Sequence[Mapping[str, str]], now: float) -> None:
    """Keep outcomes without their secrets; `now` is in seconds. What is too old goes."""
    with file:
        for outcome in outcomes:
            told = [outcome.get(name, "") for name in ("request", "command", "ran")]
            if outcome.get("fate") in _FATES and max(map(len, told)) <= _LONGEST:
                _write_one(file, shell, outcome, told, now)
        gone = file.execute(
            "DELETE FROM outcome WHERE id IN (SELECT id FROM outcome ORDER BY at DESC LIMIT -1 OFFSET ?)", (MOST_ROWS,)
        ).rowcount
        if gone > 0:
            file.execute("DELETE FROM term WHERE rowid NOT IN (SELECT id FROM outcome)")


def _write_one(
    file: sqlite3.Connection, shell: str, outcome: Mapping[str, str], told: Sequence[str], now: float
) -> None:
    fate, gesture = outcome["fate"], outcome.get("gesture", "generate")
    request, command, ran = without_secrets(told)
    ran = {"accepted": command, "corrected": ran}.get(fate, "")
    row = (shell, gesture, request, command, fate, ran)
    file.execute(_KEEP, (now, *row))
    # What has lost a secret is no example of a command, and what mends a command is none for words.
    if ran and gesture == "generate" and [request, command] == list(told[:2]) and ran in (command, told[2]):
        number = file.execute(_WHICH, row).fetchone()[0]
        file.execute("DELETE FROM term WHERE rowid = ?", (number,))
        file.execute("INSERT INTO term (rowid, request) VALUES (?, ?)", (number, " ".join(_terms(request))))


def _terms(request: str) -> list[str]:
    return _TERM.findall(unicodedata.normalize("NFKC", request).casefold())


def similar(file: sqlite3.Connection, request: str, limit: int, shell: str) -> list[Pair]:
    """Return what was run for the requests most like this one, the likest first; of every shell if `shell` is empty."""
    terms = list(dict.fromkeys(_terms(request)))
    # Words that are in every request tell none from another, and make the search long.
    telling = [term for term in terms if term not in GRAMMAR] or terms
    wanted = " OR ".join(f'"{term}"' for term in telling[:_MOST_TERMS])
    return [Pair(*row) for row in file.execute(_SIMILAR, (wanted, shell, limit))] if wanted else []


def rows(file: sqlite3.Connection, text: str = "") -> Iterator[Row]:
    """Yield what is kept and has `text` in it (of ASCII, in any case), the latest first."""
    found = f"SELECT request, command, fate, ran FROM outcome WHERE ? = '' OR {_WITH} ORDER BY at DESC, id DESC"  # noqa: S608
    return (Row(*row) for row in file.execute(found, (text, text)))


def remove(file: sqlite3.Connection, text: str = "") -> None:
    """Remove what has `text` in it, or everything, so that nothing of it stays in the file."""
    which = f"SELECT id FROM outcome WHERE ? = '' OR {_WITH}"  # noqa: S608
    with file:
        file.execute(f"DELETE FROM term WHERE rowid IN ({which})", (text, text))  # noqa: S608
        file.execute(f"DELETE FROM outcome WHERE id IN ({which})", (text, text))  # noqa: S608
        file.execute("INSERT INTO term (term) VALUES ('optimize')")
    file.execute("VACUUM")
    file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
