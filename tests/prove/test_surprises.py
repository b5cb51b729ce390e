"""What a command does to files though nobody has asked for it."""

from pathlib import Path

import pytest

from caro_shell.prove.commands import commands_in
from caro_shell.prove.files import Disk
from caro_shell.prove.surprises import surprises
from caro_shell.prove.unwrap import unwrapped


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A directory with two files and a directory in it."""
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "sales.csv").write_text("mine, too")
    (tmp_path / "out").mkdir()
    return tmp_path


def said(request: str, command: str, here: Path) -> list[str]:
    """Return what is said about a command as an answer to a request."""
    line = commands_in(command)
    return [surprise.note for surprise in surprises(request, command, list(unwrapped(line)), Disk(str(here)))]


@pytest.mark.parametrize(
    ("request_", "command"),
    [
        ("empty folders below here", "find . -type d -empty -exec rm -rf {} +"),
        ("old logs", "find /var/log -name '*.log' -mtime +30 -delete"),
        ("which files are larger than a gigabyte", "find . -size +1G | xargs rm -f"),
        ("mp3s bigger than 10MB", "sudo sh -c 'rm big.mp3'"),
        ("grosse Dateien zeigen", "find . -size +1G -delete"),
        ("untracked files", "git clean -n"),
        ("alle leeren Dateien finden", "find . -type f -exec rm {} +"),
        ("liste les dossiers vides", "find . -type d -empty -delete"),
        ("archivos vacios", "find . -type f -empty -delete"),
        ("show only the folders", "rm -r out"),
        ("how much space is free", "rm -rf out"),
    ],
)
def test_a_deletion_that_nobody_asked_for_is_named(request_: str, command: str, here: Path) -> None:
    """Wherever in the command it stands."""
    assert said(request_, command, here) == ["It deletes files, which you did not ask for."]


@pytest.mark.parametrize(
    ("request_", "command"),
    [
        ("delete empty folders", "find . -type d -empty -delete"),
        ("REMOVE all .bak files", "rm -- *.bak"),
        ("get rid of node_modules", "rm -r node_modules"),
        ("empty the trash", "rm -rf ~/.local/share/Trash/files"),
        ("clean up old logs", "find . -name '*.log' -mtime +30 -delete"),
        ("move big.iso to /srv, verified", "cp big.iso /srv && cmp big.iso /srv/big.iso && rm big.iso"),
        ("borra los archivos vacíos", "find . -type f -empty -delete"),
        ("leere Ordner löschen", "find . -type d -empty -delete"),
        ("supprime les fichiers .tmp", "rm ./*.tmp"),
        ("Leere den Papierkorb", "rm -rf ~/.local/share/Trash/files"),
        ("vide le dossier out", "rm -rf out/*"),
        ("vaciar la papelera", "rm -rf ~/.local/share/Trash/files"),
        ("leave only the newest log", "ls -t *.log | tail -n +2 | xargs rm"),
        ("free up some space in out", "rm -rf out/*"),
        ("删除所有日志", "rm ./*.log"),
        ("ログを削除して", "rm ./*.log"),
        ("what does rm do", "man rm"),
        ("big files", "find . -size +1G"),
        ("", "rm notes.txt"),
    ],
)
def test_what_was_asked_for_is_no_surprise(request_: str, command: str, here: Path) -> None:
    """In the languages people ask in; and of a line with no request nothing is said."""
    assert said(request_, command, here) == []


@pytest.mark.parametrize(
    ("request_", "command", "path"),
    [
        ("sort the sales", "sort sales.csv > notes.txt", "notes.txt"),
        ("make a copy of sales.csv", "cp sales.csv notes.txt", "notes.txt"),
        ("number the lines of sales.csv", "nl sales.csv | tee notes.txt", "notes.txt"),
    ],
)
def test_a_file_that_is_there_is_not_overwritten_silently(request_: str, command: str, path: str, here: Path) -> None:
    """Its name is said."""
    assert said(request_, command, here) == [f"It overwrites `{path}`, which you did not name."]


@pytest.mark.parametrize(
    ("request_", "command"),
    [
        ("sort sales.csv into notes.txt", "sort sales.csv > notes.txt"),
        ("sort the sales into my notes", "sort sales.csv > notes.txt"),
        ("sort the sales", "sort sales.csv > sorted.csv"),
        ("sort the sales", "sort sales.csv >> notes.txt"),
        ("sort the sales", "sort sales.csv | tee -a notes.txt"),
        ("copy the sales to the folder out", "cp sales.csv out"),
        ("link the sales", "ln sales.csv notes.txt"),
        ("count the sales", "wc -l sales.csv 2> /dev/null"),
    ],
)
def test_a_new_file_an_appended_one_and_a_named_one_are_no_surprise(request_: str, command: str, here: Path) -> None:
    """By its name, or by its name without the ending."""
    assert said(request_, command, here) == []


@pytest.mark.parametrize("command", ["xz sales.csv", "gzip -9 sales.csv", "bzip2 -v notes.txt"])
def test_who_wants_to_keep_the_original_does_not_lose_it(command: str, here: Path) -> None:
    """The compressors put their result in its place."""
    assert said("compress it but keep the original", command, here) == [
        "It removes the original, which you want to keep."
    ]
    assert said("compress it", command, here) == []
    program, *rest = command.split()
    assert said("compress it but keep the original", f"{program} -k {' '.join(rest)}", here) == []
    assert said("compress it but keep the original", f"{program} -9vk {rest[-1]}", here) == []
    assert said("compress it but keep the original", f"{program} --stdout {rest[-1]} > new", here) == []


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
    "command", ["git restore --source=v1.0 -- notes.txt", "git checkout v1.0 -- notes.txt", "git restore -SW notes.txt"]
)
def test_who_wants_to_see_an_earlier_state_keeps_this_one(command: str, here: Path) -> None:
    """Whoever wants to have it back says so."""
    assert said("print notes.txt as it was in v1.0", command, here) == [
        "It replaces files by what git has of them, which you did not ask for."
    ]
    for request in ("restore notes.txt from v1.0", "discard my changes to notes.txt", "bring notes.txt back"):
        assert said(request, command, here) == []


@pytest.mark.parametrize(
    "command", ["git restore --staged notes.txt", "git checkout main", "git checkout -b new", "git show v1.0:notes.txt"]
)
def test_what_touches_no_file_of_the_work_tree_restores_nothing(command: str, here: Path) -> None:
    """The index, and branches."""
    assert said("print notes.txt as it was in v1.0", command, here) == []


@pytest.mark.parametrize(
    "command",
    [
        "truncate -s 0 notes.txt",
        "sed -i 's/a/b/' notes.txt",
        "perl -pi -e 's/a/b/' notes.txt",
        "sort -o notes.txt notes.txt",
    ],
)
def test_who_wants_to_see_something_changes_nothing(command: str, here: Path) -> None:
    """Unless the request goes on to a change."""
    for request in ("print notes.txt with b for a", "how many lines has notes.txt", "zeige notes.txt ohne Kommentare"):
        assert said(request, command, here) == ["It changes files, which you did not ask for."]
    for request in (
        "empty notes.txt out",
        "find a in notes.txt and replace it by b",
        "sort notes.txt",
        "trim notes.txt",
    ):
        assert said(request, command, here) == []


@pytest.mark.parametrize(
    "command", ["sed -n 's/a/b/p' notes.txt", "sort -n notes.txt", "perl -ne 'print if /i/' notes.txt"]
)
def test_who_prints_changes_nothing(command: str, here: Path) -> None:
    """The same programs without their options."""
    assert said("print notes.txt with b for a", command, here) == []
