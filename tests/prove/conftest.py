"""Files that commands are about."""

from pathlib import Path

import pytest


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A directory with two files and a directory in it."""
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "sales.csv").write_text("mine, too")
    (tmp_path / "out").mkdir()
    return tmp_path
