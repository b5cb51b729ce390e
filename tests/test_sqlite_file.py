"""The user's own SQLite files: made once, whoever comes first."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from caro_shell import sqlite_file

SCHEMA = "CREATE TABLE IF NOT EXISTS one (two TEXT);"


def test_whoever_comes_second_waits_for_what_sqlite_does_not_wait_for(tmp_path: Path) -> None:
    """While the first still makes the file, the mode of its journal cannot be set."""
    path = tmp_path / "file"
    opened: list[sqlite3.Connection] = []
    second = threading.Thread(target=lambda: opened.append(sqlite_file.open_file(path, 30.0, SCHEMA, 1)))
    with closing(sqlite3.connect(path)) as first:
        path.chmod(0o600)
        first.execute("BEGIN IMMEDIATE")
        second.start()
        second.join(0.2)
        assert second.is_alive()
        first.commit()
        second.join()
    with closing(opened[0]) as file:
        assert file.execute("PRAGMA user_version").fetchone() == (1,)


def test_nobody_waits_longer_than_told(tmp_path: Path) -> None:
    """A reader would rather know nothing."""
    path = tmp_path / "file"
    with closing(sqlite3.connect(path)) as first:
        path.chmod(0o600)
        first.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            sqlite_file.open_file(path, 0.01, SCHEMA, 1)
