"""The index of local knowledge: how it is made, filled and asked. SQLite's errors are the caller's to handle.

A unit is a tool with all that is known of it, or the user's history. Its lines are found by their words in two steps:
first the tools whose words are most like the request's, then those tools' lines, so that a look-up reads little.
"""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from caro_shell import sqlite_file
from caro_shell.retrieval.lines import Line
from caro_shell.retrieval.terms import terms

VERSION = 1
"""Of the file, and of how lines are read: one of another version is made anew."""
HISTORY = "\0history"
"""The name of the unit that is the user's."""
_MOST_TRIES = 3
_SCHEMA = """
CREATE TABLE IF NOT EXISTS about (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS unit (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, stamp TEXT NOT NULL, tries INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS line (
    id INTEGER PRIMARY KEY, unit INTEGER NOT NULL, tool TEXT NOT NULL, kind TEXT NOT NULL, source TEXT NOT NULL,
    text TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS line_of ON line (unit);
CREATE VIRTUAL TABLE IF NOT EXISTS word USING fts5 (unit, words, tokenize = 'unicode61');
CREATE VIRTUAL TABLE IF NOT EXISTS topic USING fts5 (summary, words, tokenize = 'unicode61');
CREATE VIRTUAL TABLE IF NOT EXISTS topic_word USING fts5vocab (topic, row);
"""
_LINES = """
SELECT line.unit, line.tool, line.kind, line.text, line.source, word.words FROM word JOIN line ON line.id = word.rowid
WHERE word MATCH ? ORDER BY bm25(word) LIMIT ?
"""


class Found(NamedTuple):
    """A line, the unit it is of, and the words it was found by."""

    unit: int
    line: Line
    words: frozenset[str]


def open_index(path: Path, wait_s: float) -> sqlite3.Connection:
    """Return a connection to the index, made empty if need be; it waits `wait_s` seconds for a lock."""
    file = sqlite_file.open_file(path, wait_s, _SCHEMA, VERSION)
    # A loss of power may take the latest lines, and never the file; a thousand tools are a thousand transactions.
    file.execute("PRAGMA synchronous = NORMAL")
    return file


def has(file: sqlite3.Connection, name: str, stamp: str) -> bool:
    """Say whether a unit is there as its sources are, or is best left alone.

    That is one that has ended its reader again and again.
    """
    row = file.execute("SELECT stamp, tries FROM unit WHERE name = ?", (name,)).fetchone()
    return row is not None and row[0] == stamp and not 0 < row[1] < _MOST_TRIES


def begin(file: sqlite3.Connection, name: str, stamp: str) -> None:
    """Write down that a unit is about to be read, in case that ends the process."""
    with file:
        file.execute(
            "INSERT INTO unit (name, stamp, tries) VALUES (?, ?, 1) ON CONFLICT (name) DO UPDATE SET "
            "tries = CASE WHEN stamp = excluded.stamp THEN tries + 1 ELSE 1 END, stamp = excluded.stamp",
            (name, stamp),
        )


def write(file: sqlite3.Connection, name: str, lines: Sequence[Line], *, common: bool) -> None:
    """Put `lines` in the place of those a unit had, and end what `begin` has begun.

    `common`: it is found without its name, too.
    """
    with file:
        unit = file.execute("SELECT id FROM unit WHERE name = ?", (name,)).fetchone()[0]
        _empty(file, unit)
        for line in lines:
            number = file.execute(
                "INSERT INTO line (unit, tool, kind, source, text) VALUES (?, ?, ?, ?, ?)",
                (unit, line.tool, line.kind, line.source, line.text),
            ).lastrowid
            file.execute("INSERT INTO word (rowid, unit, words) VALUES (?, ?, ?)", (number, _token(unit), _words(line)))
        if common:
            summary = [line for line in lines if line.kind == "summary"]
            rest = [line for line in lines if line.kind != "summary"]
            file.execute(
                "INSERT INTO topic (rowid, summary, words) VALUES (?, ?, ?)", (unit, _all(summary), _all(rest))
            )
        file.execute("UPDATE unit SET tries = 0 WHERE id = ?", (unit,))


def forgive(file: sqlite3.Connection, name: str) -> None:
    """Take back what `begin` has counted: the reader was told to end."""
    with file:
        file.execute("UPDATE unit SET tries = tries - 1, stamp = '' WHERE name = ?", (name,))


def remove(file: sqlite3.Connection, name: str) -> None:
    """Remove a unit and its lines, so that nothing of them stays in the file."""
    with file:
        row = file.execute("SELECT id FROM unit WHERE name = ?", (name,)).fetchone()
        if row is None:
            return
        _empty(file, row[0])
        file.execute("DELETE FROM unit WHERE id = ?", row)
        file.execute("INSERT INTO word (word) VALUES ('optimize')")
    file.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _empty(file: sqlite3.Connection, unit: int) -> None:
    file.execute("DELETE FROM word WHERE rowid IN (SELECT id FROM line WHERE unit = ?)", (unit,))
    file.execute("DELETE FROM line WHERE unit = ?", (unit,))
    file.execute("DELETE FROM topic WHERE rowid = ?", (unit,))


def note(file: sqlite3.Connection, key: str, value: str) -> None:
    """Keep a fact about the whole index."""
    with file:
        file.execute("INSERT OR REPLACE INTO about (key, value) VALUES (?, ?)", (key, value))


def fact(file: sqlite3.Connection, key: str) -> str:
    """Return a fact about the whole index, empty when there is none."""
    row = file.execute("SELECT value FROM about WHERE key = ?", (key,)).fetchone()
    return str(row[0]) if row else ""


def number_of(file: sqlite3.Connection, name: str) -> int:
    """Return the number of a unit, 0 when it is not there."""
    row = file.execute("SELECT id FROM unit WHERE name = ?", (name,)).fetchone()
    return int(row[0]) if row else 0


def tools_about(file: sqlite3.Connection, words: Sequence[str], limit: int) -> list[int]:
    """Return the units whose words are most like these, the likest first."""
    found = "SELECT rowid FROM topic WHERE topic MATCH ? ORDER BY bm25(topic, 4.0, 1.0) LIMIT ?"
    return [row[0] for row in file.execute(found, (_any(words), limit))] if words else []


def lines_of(file: sqlite3.Connection, units: Sequence[int], words: Sequence[str], limit: int) -> list[Found]:
    """Return the lines of these units that have one of the words, those with the rarest first."""
    if not units or not words:
        return []
    match = f"unit : ({_any([_token(unit) for unit in units])}) AND words : ({_any(words)})"
    return [
        Found(unit, Line(tool, kind, text, source), frozenset(found.split()))
        for unit, tool, kind, text, source, found in file.execute(_LINES, (match, limit))
    ]


def tools_with(file: sqlite3.Connection, words: Sequence[str]) -> tuple[dict[str, int], int]:
    """Return how many of the common tools have each word, and how many tools there are."""
    marks = ", ".join("?" * len(words))
    counted = file.execute(f"SELECT term, doc FROM topic_word WHERE term IN ({marks})", tuple(words))  # noqa: S608
    return dict(counted.fetchall()), file.execute("SELECT count(*) FROM topic").fetchone()[0]


def _token(unit: int) -> str:
    return f"unit{unit}"


def _any(words: Sequence[str]) -> str:
    return " OR ".join(f'"{word}"' for word in words)


def _words(line: Line) -> str:
    """Return the words a line is found by: not its tool's name, which all its lines have."""
    return " ".join(terms(line.text if line.kind == "command" else line.text.removeprefix(f"{line.tool}:")))


def _all(lines: Sequence[Line]) -> str:
    return " ".join(map(_words, lines))
