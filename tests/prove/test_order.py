"""Which end of a sorted list a deletion takes."""

from pathlib import Path

import pytest
from surprised import said

OTHER_END = ["It deletes the other end of the list than the one you named."]


@pytest.mark.parametrize(
    ("request_", "right", "wrong"),
    [
        (
            "keep the 3 newest logs, delete the rest",
            "ls -t *.log | tail -n +4 | xargs rm",
            "ls -t *.log | head -n 3 | xargs rm",
        ),
        (
            "keep the 3 newest logs, delete the rest",
            "ls -tr *.log | head -n -3 | xargs rm",
            "ls -t *.log | head -n -3 | xargs rm",
        ),
        ("delete the oldest log", "rm -- $(ls -t *.log | tail -n 1)", "rm -- $(ls -t *.log | head -n 1)"),
        ("delete the oldest log", "ls -tr *.log | head -1 | xargs rm", "ls -1tr *.log | tail -1 | xargs rm"),
        ("remove the largest file", 'rm "$(ls -S | head -n1)"', 'rm "$(ls -Sr | head -n1)"'),
        ("supprime les 2 plus vieux", "ls -t | tail -n 2 | xargs rm", "ls -t | head -n 2 | xargs rm"),
        ("delete all backups but the most recent", "ls -t b* | tail -n +2 | xargs rm", "rm $(ls -t b* | head -n 1)"),
        (
            "delete the two oldest files",
            "find . -type f -printf '%T@ %p\\n' | sort -n | head -n 2 | cut -d' ' -f2- | xargs rm",
            "find . -type f -printf '%T@ %p\\n' | sort -rn | head -n 2 | cut -d' ' -f2- | xargs rm",
        ),
    ],
)
def test_the_end_that_was_not_named_is_told(request_: str, right: str, wrong: str, tmp_path: Path) -> None:
    """To go, or to stay."""
    assert said(request_, right, tmp_path) == []
    assert said(request_, wrong, tmp_path) == OTHER_END


@pytest.mark.parametrize(
    ("request_", "command"),
    [
        ("show the newest file", "ls -t | tail -n 1"),
        ("delete the last 3 files", "ls -t | head -n 3 | xargs rm"),
        ("delete the oldest and the newest", "ls -t | head -n 1 | xargs rm"),
        ("delete the oldest log but keep app.log", "ls -t *.log | grep -Fv app.log | tail -n 1 | xargs rm"),
        ("delete the oldest log but keep app.log", "ls -t !(app.log) | tail -n 1 | xargs rm"),
        ("delete the oldest file", 'rm "$(ls | head -n 1)"'),
    ],
)
def test_where_no_end_is_named_nothing_is_said(request_: str, command: str, tmp_path: Path) -> None:
    """Nor where nothing is deleted, where both are, or where the list is in another order."""
    assert said(request_, command, tmp_path) == []
