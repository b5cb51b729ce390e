"""What is said of files: those a command reads, those a request names; on a small directory of its own."""

from pathlib import Path

import pytest
from debian import build_machine, fill, place

from caro_shell.prove import Facts, objections_to
from caro_shell.prove.commands import commands_in
from caro_shell.prove.files import Disk, absent_files
from caro_shell.prove.requested import left_out, paths_named
from caro_shell.prove.unwrap import unwrapped


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A directory with some files."""
    return fill(tmp_path)


def absent(command: str, here: Path) -> list[str]:
    """Return the files that `command` reads and that are not there."""
    line = commands_in(command)
    return [found.path for found in absent_files(line, list(unwrapped(line)), Disk(str(here), "/home/me"))]


SAID = {
    "cat missing": ["missing"],
    "cat -n -- missing": ["missing"],
    "cat 'my file.txt'": ["my file.txt"],
    "cat my\\ file.txt": ["my file.txt"],
    "head -n 3 missing": ["missing"],
    "head -n3 missing notes.txt": ["missing"],
    "tail -fn 3 missing": ["missing"],
    "grep -e a missing": ["missing"],
    "grep -A 3 a missing": ["missing"],
    "grep -rn a missing src": ["missing"],
    "sed -e s/a/b/ missing": ["missing"],
    "awk -F, -v x=1 '{print}' missing": ["missing"],
    "wc -l < missing": ["missing"],
    "sort missing | uniq": ["missing"],
    "cat notes.txt | grep a missing": ["missing"],
    "sudo cat missing": ["missing"],
    "cat missing && cat missing": ["missing"],
    "cat src/missing/x": ["src/missing/x"],
    "cat notes.txt/x": ["notes.txt/x"],
    "cp missing other /tmp": ["missing", "other"],
    "cp -t /tmp missing": ["missing"],
    "cd src && cat notes.txt": ["notes.txt"],
    "find missing src -name x": ["missing"],
    "cat ~/missing": ["~/missing"],
    "./missing.sh": ["./missing.sh"],
    "src/../missing.sh -x": ["src/../missing.sh"],
    "kubectl apply -f missing.yaml": ["missing.yaml"],
    "tar -xzf missing.tgz": ["missing.tgz"],
    "tar xf missing.tgz -C nowhere": ["missing.tgz", "nowhere"],
    "python3 missing.py --in notes.txt": ["missing.py"],
}


@pytest.mark.parametrize("command", SAID)
def test_a_file_that_is_read_and_not_there_is_named(command: str, here: Path) -> None:
    """However it is written, and wherever in the line."""
    assert absent(command, here) == SAID[command]


SILENT = [
    "cat notes.txt src/main.py ./notes.txt",
    "cat *.missing",
    "cat miss?ng",
    "cat {a,b}.txt",
    "cat $missing",
    'cat "$HOME/missing"',
    "cat $(which missing.sh)",
    "cat -",
    "cat /dev/stdin /proc/1/none",
    "touch missing && cat missing",
    "echo a > missing && cat missing",
    "mkdir -p out && ls out",
    "curl -O https://example.com/missing && cat missing",
    "make && ./missing",
    "cp notes.txt missing && cat missing",
    "cd src && cat main.py",
    "cd $x && cat missing",
    "cd - && cat missing",
    "cat missing || true",
    "cat missing 2>/dev/null",
    "rm -f missing",
    "grep missing notes.txt",
    "grep -e missing notes.txt",
    "sed s/missing/x/ notes.txt",
    "awk '/missing/' notes.txt",
    "jq .missing data.json",
    "cp notes.txt missing",
    "mv notes.txt missing",
    "tail -F missing",
    "scp me@host:missing .",
    "rsync host:missing .",
    "cat https://example.com/missing",
    "find . -name missing",
    "find . -newer missing",
    "find . -exec cat missing {} +",
    "find src -type f | xargs cat",
    "ssh host cat missing",
    "docker exec web cat missing",
    "chmod +x run.sh",
    "chmod +x notes.txt && ./notes.txt",
    "tar -czf missing.tgz src",
    "tar czf missing.tgz src",
    "tar -cf - missing | gzip",
    "tar xf a.gz && cat missing",
    "chmod 644 notes.txt",
    "python3 -m missing",
    "bash -c 'x' missing",
    "sort -k 2 -o missing notes.txt",
    "cut -d missing -f 1 notes.txt",
    "echo missing",
    "printf missing",
    "unknown missing",
    "[ -f missing ] && echo yes",
    "while read -r x; do echo $x; done < notes.txt",
    "cat ~me/missing",
    "ls -I missing",
    "diff -x missing src backup",
    "cat <<END\nmissing\nEND",
    "x=missing; cat $x",
]


@pytest.mark.parametrize("command", SILENT)
def test_nothing_is_said_where_it_is_not_sure(command: str, here: Path) -> None:
    """It may be made on the way, be no file, be foreseen, or be somewhere else."""
    assert absent(command, here) == []


def test_without_a_directory_nothing_is_said(here: Path) -> None:
    """The daemon's own says nothing about the user's."""
    line = commands_in("cat missing")
    assert absent_files(line, list(unwrapped(line)), Disk("")) == []


def test_the_disk_is_looked_at_a_limited_number_of_times(here: Path) -> None:
    """Whatever the line says; what was not looked at is not said to be missing."""
    names = [f"m{number}" for number in range(500)]
    assert 0 < len(absent(f"cat {' '.join(names)}", here)) < 50


def test_a_name_that_would_write_to_the_terminal_is_not_offered(here: Path) -> None:
    """Whoever made the file chose it."""
    (here / "a-report\x1b[2J").touch()
    (here / "a-reportt").touch()
    assert Disk(str(here)).near("a-report") == ("a-reportt",)


NAMED = {
    "sort notes.txt": ["notes.txt"],
    "what is in 'my-notes'": [],
    "show 'data.csv' and \"todo.md\"": ["data.csv", "todo.md"],
    "zeige „notes.txt“": ["notes.txt"],
    "create report.pdf from notes.txt": ["report.pdf", "notes.txt"],
    "list /var/log and ~/Downloads": ["/var/log", "~/Downloads"],
    "everything in ./src/ please": ["./src/"],
    "count lines in src/main.py.": ["src/main.py"],
    "read/write access, and/or nothing, tcp/ip, 24/7, 1/2": [],
    "open https://example.com/a.txt or me@example.com": [],
    "find *.py files, .py files, e.g. with Node.js or version 1.5": [],
    "is example.com up": [],
    "delete everything in /": [],
    "what uses port 8080?": [],
    "all files larger than 1.5GB": [],
    "": [],
}


@pytest.mark.parametrize("request_", NAMED)
def test_the_paths_in_a_request_are_those_that_can_be_nothing_else(request_: str, here: Path) -> None:
    """A slash, an ending or quotes alone make none; being there does."""
    assert sorted(paths_named(request_, Disk(str(here)))) == sorted(NAMED[request_])


LEFT_OUT = [
    ("sort notes.txt", "sort todo.md", ["notes.txt"]),
    ("sort notes.txt", "sort notes.txt", []),
    ("sort notes.txt", "sort 'notes.txt'", []),
    ("sort notes.txt", "sort *.txt", []),
    ("sort notes.txt", "sort ./notes.txt", []),
    ("sort notes.txt by size", 'sort "$f"', []),
    ("count lines of src/main.py", "cd src && wc -l main.py", []),
    ("count lines of src/main.py", "wc -l notes.txt", ["src/main.py"]),
    ("pack notes.txt", "tar czf notes.tgz *", []),
    ("rename notes.txt and todo.md to have dates", "mv {notes.txt,todo.md} backup", []),
    ("what is in /var/log", "ls /var/log", []),
    ("what is in /var/log", "ls", ["/var/log"]),
    ("show Notes.txt", "cat notes.txt", []),
]


@pytest.mark.parametrize(("request_", "command", "expected"), LEFT_OUT)
def test_a_path_that_was_named_has_to_be_in_the_command(
    request_: str, command: str, expected: list[str], here: Path
) -> None:
    """By its name or a pattern; where it may be in a variable, nothing is said."""
    assert left_out(request_, command, Disk(str(here))) == expected


def test_the_directory_one_is_in_need_not_be_named(here: Path) -> None:
    """`ls` shows it as well."""
    assert left_out(f"what is in {here}", "ls", Disk(str(here))) == []


def test_what_is_said_tells_the_user_and_the_model(here: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A note for the one, a wish for the other, and where in the line it is."""
    path, knowledge = build_machine(tmp_path_factory.mktemp("debian"))
    command = "cat note.txt | grep --ignorecase x"
    facts = Facts(str(here), "look for x in todo.md", path=path)
    found = {said.kind: said for said in objections_to(command, place("bash"), facts, knowledge)}
    assert {kind: said.note for kind, said in found.items()} == {
        "file": "`note.txt` is not here; `notes.txt` is.",
        "request": "`todo.md`, which you named, is not in the command.",
        "option": "`grep` here has no `--ignorecase`.",
    }
    assert [found[kind].wish for kind in ("file", "request", "option")] == [
        "There is no note.txt here; there is notes.txt.",
        "The command has to name todo.md.",
        "`grep` here has no option --ignorecase; it has --ignore-case, --no-ignore-case.",
    ]
    assert {command[slice(*said.span)] for said in found.values()} == {"note.txt", "--ignorecase", command}
