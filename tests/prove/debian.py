"""A machine as data: the programs of a Debian, none of which can run, and what they know of their options."""

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from caro_shell.prompt import SHELLS, Place
from caro_shell.prove.documented import NONE, OPTIONAL, VALUE, Known, Options
from caro_shell.prove.knowledge import Knowledge
from caro_shell.prove.store import Store

CASES = Path(__file__).with_name("cases")
HERE = (
    "notes.txt", "todo.md", "app.log", "data.csv", "data.json", "run.sh", "manage.py", "sums.md5", "a.gz",
    "a.tar.gz", "link", "src/main.py", "backup/old.txt", "build/main.o",
)  # fmt: skip
"""What lies in the directory of the cases."""


class Case(NamedTuple):
    """A command for a shell, and a piece of what is to be said about it."""

    shell: str
    command: str
    expected: str = ""


def read_cases(name: str) -> Iterator[Case]:
    """Yield the cases of a file."""
    for line in (CASES / name).read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        command, _, expected = line.partition(" => ")
        shell, colon, rest = command.partition(": ")
        yield Case(shell, rest, expected) if colon and shell in SHELLS else Case("bash", command, expected)


def place(shell: str) -> Place:
    """Return the place of the cases."""
    return Place("Linux", "GNU", shell)


def refuse(program: str, arguments: Sequence[str]) -> str:
    """Stand for the asking: here nothing is ever run."""
    raise AssertionError(f"{program} {arguments} would have been run")


def build_machine(directory: Path) -> tuple[str, Knowledge]:
    """Make the machine in `directory`; returns its PATH and what is known of its tools."""
    data = json.loads((CASES / "tools.json").read_text(encoding="utf-8"))
    programs = directory / "usr" / "bin"
    programs.mkdir(parents=True)
    for name in data["programs"].split():
        (programs / name).touch(mode=0o755)
    store = Store(directory / "cache")
    for called, entry in data["tools"].items():
        name, _, subcommand = called.partition(" ")
        program = programs / name
        if program.exists():
            found = program.stat()
            store.write((str(program), subcommand), (found.st_mtime_ns, found.st_size, found.st_ino), _known(entry))
    return str(programs), Knowledge(store, refuse)


def _known(entry: dict[str, str]) -> Known:
    takes = {option: what for what in (NONE, VALUE, OPTIONAL) for option in entry[what].split()}
    return Known(Options(takes, frozenset({*takes, *entry["mentioned"].split()})), bool(entry["complete"]))


def fill(directory: Path) -> Path:
    """Put the files of the cases into `directory`."""
    for name in HERE:
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o755 if name.endswith(".sh") else 0o644)
    return Path(os.path.realpath(directory))
