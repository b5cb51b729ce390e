"""What a command does to files though nobody has asked for it."""

from pathlib import Path

import pytest
from surprised import said


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
        ("pack the sales", "tar -czf notes.txt sales.csv", "notes.txt"),
        ("the first block of the disk", "dd if=/dev/sda of=notes.txt count=1", "notes.txt"),
        ("fetch https://example.org/a", "curl -sS -o notes.txt https://example.org/a", "notes.txt"),
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
        ("fetch https://example.org/a", "curl -o a https://example.org/a"),
        ("list the packed ones", "tar -tf notes.txt"),
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


def test_who_undoes_a_commit_keeps_the_changes(here: Path) -> None:
    """Unless the request says that they may go."""
    thrown = "It throws away what is not committed, which you did not ask for."
    for request in ("undo last commit", "letzten Commit rückgängig machen", "撤销上一次提交"):
        assert said(request, "git reset --hard HEAD~1", here) == [thrown]
        assert said(request, "git reset --soft HEAD~1", here) == []
    for request in ("discard all my changes", "hard reset to the last commit", "make it exactly as on the remote"):
        assert said(request, "git reset --hard", here) == []


def test_who_copies_has_it_twice(here: Path) -> None:
    """A move is none; of what is made on the way, nothing is said."""
    moved = "It moves `notes.txt` away, of which you want a copy."
    assert said("copy notes.txt to out", "mv notes.txt out/", here) == [moved]
    assert said("backup notes.txt, then move it away", "cp notes.txt a && mv notes.txt out/", here) == []
    assert said("copy notes.txt to out", "cp notes.txt x && mv x out/", here) == []


def test_a_file_is_not_emptied_before_it_is_read(here: Path) -> None:
    """The shell empties it first; through another file it stays."""
    empties = ["It empties `notes.txt` before it reads it."]
    for command in (
        "sort notes.txt > notes.txt",
        "grep -v x notes.txt | sort > notes.txt",
        "sort < notes.txt > notes.txt",
    ):
        assert said("sort notes.txt", command, here) == empties
    for command in (
        "sort notes.txt > a && mv a notes.txt",
        "echo notes.txt > notes.txt",
        "sort -o notes.txt notes.txt",
    ):
        assert said("sort notes.txt", command, here) == []


def test_who_adds_to_a_file_keeps_what_is_in_it(here: Path) -> None:
    """A `>` that should have been `>>`; where the old contents go into the new ones, nothing is said."""
    lost = ["It overwrites `notes.txt`, to which you want to add."]
    for request in (
        "append done to notes.txt",
        "add a line to notes.txt",
        "füge eine Zeile an notes.txt an",
        "在 notes.txt 添加一行",
    ):
        assert said(request, "echo done > notes.txt", here) == lost
        assert said(request, "echo done | tee notes.txt", here) == lost
        assert said(request, "echo done >> notes.txt", here) == []
        assert said(request, "sed -i '1i done' notes.txt", here) == []
        assert said(request, "{ echo done; cat notes.txt; } > a && mv a notes.txt", here) == []
    assert said("add up the sales into notes.txt", "awk '{n += $1} END {print n}' sales.csv > notes.txt", here) == []


def test_every_file_of_a_loop_is_read_before_it_is_emptied(here: Path) -> None:
    """Though its name is not known."""
    loop = 'for f in *.txt; do tr a-z A-Z < "$f" > {}; done'
    empties = ["It empties `the file` before it reads it."]
    assert said("make all texts upper case", loop.format("$f"), here) == empties
    assert said("make all texts upper case", loop.format('"$f.new"'), here) == []


def test_a_stash_and_a_compressor_are_changes_too(here: Path) -> None:
    """They put away what was only to be looked at."""
    away = ["It puts your changes away, which you did not ask for."]
    for request, asked in (("undo the last commit but keep the changes", away), ("save my changes for later", [])):
        assert said(request, "git stash", here) == asked
        assert said(request, "git stash list", here) == []
    changed = ["It changes files, which you did not ask for."]
    assert said("count the lines in notes.gz", "gunzip notes.gz && wc -l notes", here) == changed
    assert said("count the lines in notes.gz", "gunzip -c notes.gz | wc -l", here) == []
    assert said("find the texts and compress them", "find . -name '*.txt' -exec gzip {} +", here) == []


def test_a_file_beside_those_named_stays_as_it_is(here: Path) -> None:
    """Its name, its ending, or the line that was there before may name it."""
    for command in ("sed -i s/a/b/ notes.txt sales.csv", "rm notes.txt sales.csv"):
        name = ["It deletes or changes `sales.csv`, which you did not name."]
        assert said("remove a from notes.txt", command, here) == name
        assert said("remove a from notes.txt and the csv", command, here) == []
        assert said("from notes.txt, too", command, here, command.replace("notes.txt ", "")) == []
        assert said("remove the old ones", command, here) == []


def test_a_copy_onto_a_link_is_told(here: Path) -> None:
    """It goes through it, to a file that nobody has named."""
    (here / "current.txt").symlink_to("notes.txt")
    through = ["`current.txt` is a link; what it leads to is overwritten."]
    assert said("copy sales.csv over current.txt", "cp sales.csv current.txt", here) == through
    # GNU's cp follows a link that it writes to, whatever it does with one that it reads.
    assert said("copy sales.csv over current.txt", "cp -a sales.csv current.txt", here) == through
    assert said("copy sales.csv over current.txt", "cp --remove-destination sales.csv current.txt", here) == []
    (here / "out" / "sales.csv").symlink_to("../notes.txt")
    into = ["`out/sales.csv` is a link; what it leads to is overwritten."]
    assert said("copy the texts to out", "cp sales.csv notes.txt out/", here) == into
    assert said("copy the texts to out", "cp -n sales.csv notes.txt out/", here) == []
    assert said("copy sales.csv over notes.txt", "cp sales.csv notes.txt", here) == []


@pytest.mark.parametrize(
    "command",
    [
        "find . -name '*.txt' -exec mv {} {} \\;",
        "find . -name '*.txt' -exec cp {} out \\;",
        "find . -name '*.txt' -exec mv {} old/ \\;",
        "find . -name '*.txt' -exec mv -t old {} +",
        "mkdir -p old && find . -name '*.txt' -exec mv {} old \\;",
        'for f in *.txt; do mv "$f" "$f.bak"; done',
        "mv notes.txt old",
    ],
)
def test_several_files_in_a_directory_are_no_surprise(command: str, here: Path) -> None:
    """One that is there, or has to be, or is made."""
    assert said("put the texts elsewhere", command, here) == []


@pytest.mark.parametrize(
    "command",
    [
        "find . -name '*.txt' -exec mv {} old \\;",
        "ls *.txt | xargs -I{} mv {} old",
        'for f in *.txt; do mv "$f" old; done',
        'while read -r f; do cp -- "$f" old; done < names',
    ],
)
def test_several_files_under_one_name_are_told(command: str, here: Path) -> None:
    """Only the last one would be left."""
    assert said("put the texts into old", command, here) == [
        "Each file replaces the one before at `old`, which is no directory."
    ]


def test_what_the_users_own_line_does_is_asked_for(here: Path) -> None:
    """Who changes a deletion has asked for one."""
    assert said("also the .bak files", "rm ./*.tmp ./*.bak", here, "rm ./*.tmp") == []
    assert said("also the .bak files", "rm ./*.tmp ./*.bak", here, "ls ./*.tmp") == [
        "It deletes files, which you did not ask for."
    ]


@pytest.mark.parametrize("program", ["cp", "mv", "rsync -a", "ln -sf"])
@pytest.mark.parametrize("words", ["the other way round", "andersherum"])
def test_a_line_that_is_turned_round_writes_to_what_it_read(program: str, words: str, here: Path) -> None:
    """As it was, it would write to the file that is to be read; of a line that nobody turns nothing is said."""
    before = f"{program} new.txt old.txt"
    same = ["It writes to `old.txt` as before, and you want it the other way round."]
    assert said(words, before, here, before) == same
    assert said(words, f"{program} -v new.txt old.txt", here, before) == same
    assert said(words, f"{program} old.txt new.txt", here, before) == []
    assert said("with a progress bar", f"{program} -v new.txt old.txt", here, before) == []
