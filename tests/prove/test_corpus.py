"""Commands that are right give no note, commands with one thing wrong give the one that says so.

cases/right.txt and wrong.txt are proved on a machine that is data (debian.py); then, as far as they are here, the
tools of this machine are held against the right ones, too.
"""

import os
import re
from pathlib import Path

import pytest
from debian import Case, build_machine, fill, place, read_cases

from caro_shell import context
from caro_shell.prove import Facts, objections_to
from caro_shell.prove.commands import commands_in
from caro_shell.prove.knowledge import Knowledge
from caro_shell.prove.names import is_builtin
from caro_shell.prove.programs import Programs
from caro_shell.prove.store import Store
from caro_shell.prove.unwrap import unwrapped

RIGHT = list(read_cases("right.txt"))
WRONG = list(read_cases("wrong.txt"))
Machine = tuple[str, Knowledge, Path]


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """The programs of a Debian, and a directory with some files."""
    path, knowledge = build_machine(tmp_path_factory.mktemp("debian"))
    return path, knowledge, fill(tmp_path_factory.mktemp("here"))


def notes(case: Case, machine: Machine, *, cwd: str) -> list[str]:
    """Return all that is said, however long it takes."""
    path, knowledge, _ = machine
    facts = Facts(cwd, path=path, home="/home/me")
    return [objection.note for objection in objections_to(case.command, place(case.shell), facts, knowledge)]


def test_the_corpus_is_as_large_as_it_claims() -> None:
    """Without repetitions."""
    assert len({case.command for case in RIGHT}) >= 600
    assert len({case.command for case in WRONG}) >= 150


@pytest.mark.parametrize("case", RIGHT, ids=lambda case: case.command)
def test_nothing_is_said_about_a_command_that_is_right(case: Case, machine: Machine) -> None:
    """A note that is wrong is worse than none: the next one is not read any more."""
    assert notes(case, machine, cwd="") == []


@pytest.mark.parametrize("case", RIGHT, ids=lambda case: case.command)
def test_what_is_said_of_files_is_true(case: Case, machine: Machine) -> None:
    """In a directory where some of them are missing, only of a path that the command names, and that is not there."""
    _, _, here = machine
    for note in notes(case, machine, cwd=str(here)):
        said = re.match(r"`([^`]+)` (is not here|does not exist)", note)
        assert said, note
        assert said[1] in case.command
        assert not os.path.lexists(here / said[1])


@pytest.mark.parametrize("case", WRONG, ids=lambda case: case.command)
def test_what_is_wrong_with_a_command_is_said_and_nothing_else(case: Case, machine: Machine) -> None:
    """One thing wrong, one note."""
    said = notes(case, machine, cwd=str(machine[2]))
    assert len(said) == 1
    assert said[0].startswith(case.expected)


@pytest.mark.parametrize("prefix", ["sudo ", "nice -n 5 ", "time ", "X=1 ", "cd . && ", "echo a | "])
def test_what_stands_before_a_command_hides_nothing(prefix: str, machine: Machine) -> None:
    """Neither another command, nor one that runs this one."""
    assert notes(Case("bash", f"{prefix}ls --foo"), machine, cwd="") == ["`ls` here has no `--foo`."]


def test_the_tools_of_this_machine_object_to_nothing_that_is_right(tmp_path: Path) -> None:
    """Their help and man pages are read as they come; where a tool of another kind is here, it is not asked."""
    here = context.place("bash")
    if (here.system, here.flavour) != ("Linux", "GNU"):
        pytest.skip("the right commands are right for GNU's tools")
    knowledge = Knowledge(Store(tmp_path / "cache"))
    programs = Programs(os.environ["PATH"])
    wrong, tried = [], 0
    for case in RIGHT:
        used = [one.name.text for one in unwrapped(commands_in(case.command)) if not is_builtin(one, case.shell)]
        if all(programs.find(name) for name in used):
            tried += 1
            facts = Facts("", path=programs.path)
            wrong += [one.note for one in objections_to(case.command, place(case.shell), facts, knowledge)]
    assert tried > 100
    assert wrong == []
