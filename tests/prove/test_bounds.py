"""Bounds that a request sets to what is deleted or changed."""

from pathlib import Path

import pytest
from surprised import said


@pytest.mark.parametrize(
    ("request_", "command", "spared"),
    [
        ("delete all .tmp files under /srv/b except those in /srv/b/keep", "find /srv/b -name '*.tmp' -delete", "keep"),
        ("remove the texts but not notes.txt", "rm *.txt", "notes.txt"),
        ("remove everything but keep out/a.log", "find . -type f -exec rm {} +", "a.log"),
        ("lösche alle .csv außer sales.csv", "rm -- *.csv", "sales.csv"),
        ("supprime les .csv sauf sales.csv", "find . -name '*.csv' -exec rm {} \\;", "sales.csv"),
    ],
)
def test_what_is_to_be_spared_is_in_the_command(request_: str, command: str, spared: str, here: Path) -> None:
    """A pattern that it falls under does not spare it."""
    assert said(request_, command, here) == [f"It does not spare `{spared}`, which you want to keep."]


@pytest.mark.parametrize(
    ("request_", "command"),
    [
        ("remove the texts but not notes.txt", "find . -name '*.txt' ! -name notes.txt -delete"),
        (
            "delete /srv/b/*.tmp except /srv/b/keep",
            "find /srv/b -path /srv/b/keep -prune -o -name '*.tmp' -exec rm {} +",
        ),
        ("show the texts except notes.txt", "ls *.txt"),
        ("remove notes.txt", "rm notes.txt"),
    ],
)
def test_what_is_spared_is_no_surprise(request_: str, command: str, here: Path) -> None:
    """By its name; and where nothing is deleted, nothing has to be."""
    assert said(request_, command, here) == []


@pytest.mark.parametrize(
    ("request_", "command"),
    [
        ("remove the .tmp files except those in out", "find . -name '*.tmp' ! -path './out' -delete"),
        ("remove the .tmp files except those in out", "find . -name '*.tmp' -not -name out -delete"),
        ("remove the .tmp files but keep out/a.tmp", "find . -name 'a.tmp' -delete"),
        ("delete everything, but keep the .csv files", "find . -type f -name '*.csv' -delete"),
        ("remove all files except .csv", "rm -f *.csv"),
    ],
)
def test_what_is_to_be_spared_is_spared_wholly(request_: str, command: str, here: Path) -> None:
    """With all that is in a directory; and it is not the one thing that is deleted."""
    (here / "out").mkdir(exist_ok=True)
    wrong = said(request_.replace(" out", " ./out"), command, here)
    assert [note.startswith("It does not spare `") for note in wrong] == [True]


@pytest.mark.parametrize(
    ("request_", "command"),
    [
        ("remove the .tmp files except those in ./out", "find . -name '*.tmp' ! -path './out/*' -delete"),
        ("remove the .tmp files except those in ./out", "find . -path ./out -prune -o -name '*.tmp' -exec rm {} +"),
        ("remove the .tmp files except those in ./out", "ls *.tmp | grep -v out | xargs rm"),
        ("delete everything, but keep the .csv files", "find . -type f ! -name '*.csv' -delete"),
        ("keep only the 3 newest .csv files, delete the rest", "ls -t *.csv | tail -n +4 | xargs rm"),
    ],
)
def test_what_is_spared_wholly_is_no_surprise(request_: str, command: str, here: Path) -> None:
    """By a pattern for what is inside, by not going there, by leaving its lines out."""
    assert said(request_, command, here) == []


@pytest.mark.parametrize(
    ("request_", "command", "better", "note"),
    [
        (
            "delete logs older than 30 days",
            "find /var/log -name '*.log' -delete",
            "find /var/log -name '*.log' -mtime +30 -delete",
            "It deletes files of any age and size, which you limited.",
        ),
        (
            "Dateien größer als 1G löschen",
            "find . -type f -delete",
            "find . -type f -size +1G -delete",
            "It deletes files of any age and size, which you limited.",
        ),
        (
            "remove empty directories below here",
            "find . -type d -exec rm -rf {} +",
            "find . -type d -empty -delete",
            "It deletes what is not empty, too.",
        ),
        ("borra los archivos vacíos", "rm *", "find . -type f -empty -delete", "It deletes what is not empty, too."),
    ],
)
def test_a_deletion_keeps_to_its_bounds(request_: str, command: str, better: str, note: str, here: Path) -> None:
    """An age, a size, emptiness."""
    assert said(request_, command, here) == [note]
    assert said(request_, better, here) == []


def test_find_looks_before_it_deletes(here: Path) -> None:
    """What stands behind -delete chooses nothing."""
    everything = ["It deletes before it looks at what it is: everything."]
    assert said("delete the texts", "find . -delete -name '*.txt'", here) == everything
    assert said("delete the texts", "find . -maxdepth 1 -name '*.txt' -delete -print", here) == []
    assert said("delete everything below here", "find . -delete", here) == []


@pytest.mark.parametrize(
    ("request_", "wrong", "right"),
    [
        ("delete files older than 7 days", "find . -type f -mtime -7 -delete", "find . -type f -mtime +7 -delete"),
        (
            "remove .txt newer than 2 hours",
            "find . -name '*.txt' -mmin +120 -delete",
            "find . -name '*.txt' -mmin -120 -delete",
        ),
        ("delete files bigger than 1M", "find . -size -1M -exec rm {} +", "find . -size +1M -exec rm {} +"),
        ("lösche Dateien kleiner als 1k", "find . -size +1k -delete", "find . -size -1k -delete"),
        (
            "gzip the logs older than a week",
            "find . -name '*.log' -mtime -7 -exec gzip {} +",
            "find . -name '*.log' ! -mtime -7 -exec gzip {} +",
        ),
        (
            "delete everything but keep the files from the last 7 days",
            "find . -type f -mtime -7 -delete",
            "find . -type f -mtime +7 -delete",
        ),
        ("delete all but those bigger than 1M", "find . -size +1M -exec rm {} +", "find . -size -1M -exec rm {} +"),
        ("rm what was not modified in the last 3 days", "find . -mtime -3 -delete", "find . -mtime +3 -delete"),
        ("delete files older than a day", "fd --changed-within 1d -X rm", "fd --changed-before 1d -X rm"),
    ],
)
def test_the_other_side_of_a_limit_is_told(request_: str, wrong: str, right: str, here: Path) -> None:
    """Older is not newer; `!` turns a test."""
    assert said(request_, wrong, here) == ["It takes the other side of the limit that you named."]
    assert said(request_, right, here) == []


@pytest.mark.parametrize(
    ("request_", "command"),
    [
        ("keep the files newer than 7 days, delete the others", "find . -type f -mtime +7 -delete"),
        ("delete what is older than 7 days, not what is newer", "find . -type f -mtime +7 -delete"),
        ("show files older than 7 days", "find . -type f -mtime -7"),
        ("delete everything except files bigger than 1M", "find . -type f -size -1M -delete"),
    ],
)
def test_a_limit_for_what_stays_is_no_surprise(request_: str, command: str, here: Path) -> None:
    """Nor what only looks."""
    assert said(request_, command, here) == []


def test_what_is_named_is_not_all_that_stays(here: Path) -> None:
    """`only .log` in a change to a line is not `all but .log`; where the request excepts something, nothing is said."""
    line = "find . -type f -delete"
    turned = ["It takes everything but `.log`, which is what you named."]
    assert said("only the .log files", "find . -type f ! -name '*.log' -delete", here, line) == turned
    assert said("only the .log files", "find . -type f -name '*.log' -delete", here, line) == []
    assert said("everything that is not a .log", "find . -type f ! -name '*.log' -delete", here, line) == []
    assert said("nicht die .log", "find . -type f ! -name '*.log' -delete", here, line) == []
    assert said("delete .log but no a.log", "find . -name '*.log' ! -name a.log -delete", here) == []


@pytest.mark.parametrize("line", ["rm", "gzip", "sed -i s/a/b/"])
def test_names_are_spared_by_how_they_begin(line: str, here: Path) -> None:
    """A change to a loop: what is skipped is not what alone is taken."""
    before, skip = f'for f in *.txt; do {line} "$f"; done', "skip the files that begin with draft"
    assert said(skip, f'for f in draft*.txt; do {line} "$f"; done', here, before) == [
        "It does not spare `draft`, which you want to keep."
    ]
    for right in (
        f'for f in *.txt; do [[ $f == draft* ]] || {line} "$f"; done',
        f'for f in *.txt; do case $f in draft*) continue ;; esac; {line} "$f"; done',
        f'for f in *.txt; do [ "${{f#draft}}" != "$f" ] && continue; {line} "$f"; done',
        f"find . -name '*.txt' ! -name 'draft*' -exec {line} {{}} +",
    ):
        assert said(skip, right, here, before) == []
