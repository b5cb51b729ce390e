"""Proof before insertion: what is known here of a command that would keep it from working. Nothing of it is run."""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path

from caro_shell.machine.threads import start
from caro_shell.paths import cache_dir
from caro_shell.prompt import Place
from caro_shell.prove.commands import Command, Line, commands_in
from caro_shell.prove.files import Absent, Disk, absent_files
from caro_shell.prove.flags import Unknown, unknown_options
from caro_shell.prove.knowledge import Knowledge
from caro_shell.prove.names import Missing, is_builtin, missing_name
from caro_shell.prove.programs import Programs
from caro_shell.prove.requested import left_out
from caro_shell.prove.store import Store
from caro_shell.prove.surprises import LEVEL, loses_files, surprises
from caro_shell.prove.unwrap import unwrapped

BUDGET_S = 0.15
"""What one proof may take; what is learnt after that is there for the next one."""
_MOST_AT_WORK = 4
_LONGEST_SHOWN = 120


@dataclass(frozen=True)
class Facts:
    """What a proof depends on besides the command: who asked for what, and where."""

    cwd: str = ""
    """The directory the command will run in; empty: not known, and nothing is said about files."""
    request: str = ""
    """What was asked for, in the user's own words."""
    names: frozenset[str] = frozenset()
    """The functions and aliases of the user's shell, and whatever else the user is known to call by its name."""
    path: str = field(default_factory=lambda: os.environ.get("PATH", ""))
    home: str = field(default_factory=lambda: os.environ.get("HOME", ""))
    before: str = ""
    """The user's own line, where it is to be changed, mended or finished."""


@dataclass(frozen=True)
class Objection:
    """One thing that will not work: `kind` is program, option, file, request or surprise; `span` counts characters."""

    kind: str
    what: str
    span: tuple[int, int]
    note: str
    """A sentence for the user."""
    wish: str
    """The same for the model, with what it may write instead."""
    level: str = "safe"
    """The risk that the command is at least because of it."""


@dataclass(frozen=True)
class Proof:
    """What was found against a command, in its order; empty: nothing, which proves nothing."""

    objections: tuple[Objection, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """Return a sentence for the user for each objection that is no risk."""
        return tuple(objection.note for objection in self.objections if objection.level == "safe")

    @property
    def risks(self) -> tuple[Objection, ...]:
        """Return what raises the command's level."""
        return tuple(objection for objection in self.objections if objection.level != "safe")

    @property
    def wish(self) -> str:
        """Return what the model has to know for a second attempt; empty when there is nothing to mend."""
        return " ".join(objection.wish for objection in self.objections)


@dataclass
class Prover:
    """Proves commands with what it knows of the tools; slow disks and tools cost at most `budget_s` seconds."""

    knowledge: Knowledge
    budget_s: float = BUDGET_S
    _at_work: list[threading.Thread] = field(default_factory=list)

    def prove(self, command: str, place: Place, facts: Facts) -> Proof:
        """Return what is known against `command` in time; nothing of that which took longer."""
        self._at_work = [thread for thread in self._at_work if thread.is_alive()]
        if len(self._at_work) >= _MOST_AT_WORK:
            return Proof()
        found: list[Objection] = []
        looking = threading.Thread(target=self._look, args=(command, place, facts, found.append), daemon=True)
        start(looking)
        looking.join(self.budget_s)
        if looking.is_alive():
            self._at_work.append(looking)
        return Proof(tuple(sorted(found, key=lambda objection: objection.span)))

    def _look(self, command: str, place: Place, facts: Facts, tell: Callable[[Objection], None]) -> None:
        for objection in objections_to(command, place, facts, self.knowledge):
            tell(objection)


def objections_to(command: str, place: Place, facts: Facts, knowledge: Knowledge) -> Iterator[Objection]:
    """Yield what is known against `command`, each thing once, the quickest to find first, however long it takes."""
    told = set()
    for objection in _all_objections(command, place, facts, knowledge):
        if (objection.kind, objection.what) not in told:
            told.add((objection.kind, objection.what))
            yield objection


def _all_objections(command: str, place: Place, facts: Facts, knowledge: Knowledge) -> Iterator[Objection]:
    line = commands_in(command)
    commands = list(unwrapped(line))
    programs = Programs(facts.path, facts.cwd, facts.home)
    missing = [missing_name(one, line, facts.names, programs, place.shell) for one in commands]
    yield from (_of_missing(found, place.shell) for found in missing if found)
    # Each may look a number of times.
    disk = partial(Disk, facts.cwd, facts.home)
    yield from map(_of_absent, absent_files(line, commands, disk()))
    yield from (_of_left_out(path, command, commands) for path in left_out(facts.request, command, disk()))
    for surprise in surprises(facts.request, command, commands, disk(), before=facts.before):
        word, what = surprise.word, surprise.path or surprise.word.text
        said = _shown(surprise.note), _shown(surprise.wish)
        yield Objection("surprise", _shown(what), (word.start, word.end), *said, LEVEL)
    for one, found in zip(commands, missing, strict=True):
        if not found and _is_program(one, line, facts, place.shell) and _is_itself(one, programs):
            yield from map(_of_unknown, unknown_options(one, knowledge, programs))


def _is_program(command: Command, line: Line, facts: Facts, shell: str) -> bool:
    """Say whether `command` is what its name says: neither the shell's own, nor the user's."""
    name = command.name.text
    return command.name.known and not is_builtin(command, shell) and name not in line.defined | facts.names


def _is_itself(command: Command, programs: Programs) -> bool:
    """Say whether `command` is the one that its name alone would be: `./ls` may be anything."""
    name = command.name.text
    return "/" not in name or programs.find(name.rpartition("/")[2]) == name


def _of_missing(found: Missing, shell: str) -> Objection:
    name, others = _shown(found.name), _listed(found.instead)
    note = f"`{name}` is not installed"
    wish = f"There is no `{name}` here."
    if found.shell:
        note = f"`{name}` is a command of {found.shell}, {shell} has none."
        wish = f"There is no `{name}` in {shell}."
    elif found.instead:
        note = f"{note}; {others} {'is' if len(found.instead) == 1 else 'are'}."
        wish = f"There is no `{name}` here; there is {others}."
    elif found.install:
        note = f"{note}; `{found.install}` would do that."
    else:
        note = f"{note}."
    return Objection("program", name, (found.word.start, found.word.end), note, wish)


def _of_unknown(found: Unknown) -> Objection:
    tool, option = _shown(found.tool), _shown(found.option)
    near = f"; it has {', '.join(found.near)}" if found.near else ""
    span = (found.word.start, found.word.end)
    note, wish = f"`{tool}` here has no `{option}`.", f"`{tool}` here has no option {option}{near}."
    return Objection("option", f"{tool} {option}", span, note, wish)


def _of_absent(found: Absent) -> Objection:
    path, span = _shown(found.path), (found.word.start, found.word.end)
    if found.not_executable:
        said = f"`{path}` is not executable."
        return Objection("file", path, span, said, said)
    where = "does not exist" if path.startswith(("/", "~")) else "is not here"
    near = f"; {_listed(found.near)} {'is' if len(found.near) == 1 else 'are'}" if found.near else ""
    wish = f"There is no {path} here" + (f"; there is {' and '.join(found.near)}." if found.near else ".")
    return Objection("file", path, span, f"`{path}` {where}{near}.", wish)


def _of_left_out(path: str, command: str, commands: Sequence[Command]) -> Objection:
    path = _shown(path)
    note, wish = f"`{path}`, which you named, is not in the command.", f"The command has to name {path}."
    # Whatever it takes away or changes then, it is not that.
    level = LEVEL if loses_files(commands) else "safe"
    return Objection("request", path, (0, len(command)), note, wish, level)


def _listed(names: tuple[str, ...]) -> str:
    return " and ".join(f"`{name}`" for name in names)


def _shown(text: str) -> str:
    """Return `text` as it may stand in a sentence on a terminal: one line, not too long."""
    plain = "".join(char if char.isprintable() else "?" for char in text)
    return plain if len(plain) <= _LONGEST_SHOWN else f"{plain[: _LONGEST_SHOWN - 1]}…"


@cache
def _prover() -> Prover:
    return Prover(Knowledge(Store(Path(cache_dir(), "tools"))))


def prove(command: str, place: Place, facts: Facts) -> Proof:
    """Return what is known here against `command`, within BUDGET_S; it is never run, and no text is too odd."""
    return _prover().prove(command, place, facts)
