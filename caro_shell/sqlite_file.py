"""An SQLite file of the user's own: nobody else can read it, and readers do not wait for its writer."""

import os
import sqlite3
import time
from pathlib import Path

from caro_shell import paths
from caro_shell.private_file import open_private, refuse_planted

_BUSY_S = 0.002
"""Between two tries at what SQLite itself does not wait for."""


def open_file(path: Path, wait_s: float, schema: str, version: int) -> sqlite3.Connection:
    """Return a connection to the file, which is made with `schema` if need be. It waits `wait_s` seconds for a lock.

    Raises sqlite3.DatabaseError for a file that is damaged or of another version, OSError, DaemonError for a directory
    or a file that somebody else may have made.
    """
    paths.ensure_private_dir(str(path.parent))
    os.close(open_private(str(path), os.O_RDWR | os.O_CREAT))
    for end in ("-wal", "-shm", "-journal"):
        # SQLite opens these by itself, and less carefully.
        refuse_planted(f"{path}{end}")
    file = sqlite3.connect(path, timeout=wait_s, check_same_thread=False)
    try:
        _prepare(file, wait_s, schema, version)
    except BaseException:
        file.close()
        raise
    return file


def _prepare(file: sqlite3.Connection, wait_s: float, schema: str, version: int) -> None:
    """Look at the file's version and make what is not there; while somebody else does, wait.

    SQLite waits for locks by itself, but not for all that a change of the journal's mode or a last closing takes.
    """
    end = time.monotonic() + wait_s
    while True:
        try:
            found = file.execute("PRAGMA user_version").fetchone()[0]
            if found not in (0, version):
                raise sqlite3.DatabaseError(f"it is of version {found}")
            # What is removed is gone from the file, too.
            file.execute("PRAGMA secure_delete = ON")
            if found != version:
                # Where this is not to be had, the mode stays as it is.
                file.execute("PRAGMA journal_mode = WAL")
                file.executescript(f"BEGIN IMMEDIATE; {schema}; PRAGMA user_version = {version:d}; COMMIT")
        except sqlite3.OperationalError as error:
            file.rollback()
            if (
                error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
                or time.monotonic() > end
            ):
                raise
            time.sleep(_BUSY_S)
        else:
            return
