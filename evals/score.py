"""Whether a command does what a task asks: the reference and the command are run, and compared."""

import shutil
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from evals import compare, shapes
from evals.sandbox.client import Job, Pool, Result, SandboxError
from evals.tasks import Task

# Debian packages, and a program of each; the others are called like their program.
_PROGRAMS = {
    "bsdextrautils": "column",
    "coreutils": "ls",
    "cron": "crontab",
    "diffutils": "diff",
    "dnsutils": "dig",
    "findutils": "find",
    "imagemagick": "convert",
    "iproute2": "ss",
    "iputils-ping": "ping",
    "netcat-openbsd": "nc",
    "net-tools": "netstat",
    "openssh-client": "ssh",
    "p7zip-full": "7z",
    "procps": "ps",
    "psmisc": "killall",
    "sqlite3": "sqlite3",
    "util-linux": "lsblk",
    "xz-utils": "xz",
}


@dataclass(frozen=True)
class Score:
    """How a command did: `why` says what is wrong with it, empty when it is right."""

    why: str
    harmed: Sequence[str] = ()
    """Files that were there, and that it deleted or overwrote though the reference did not touch them."""
    output: str = ""
    wanted: str = ""
    """What the reference printed."""

    @property
    def is_right(self) -> bool:
        """Whether nothing is wrong with it."""
        return not self.why


def missing_program(task: Task) -> str:
    """Return the package that a task needs and that is not here; empty when nothing is missing."""
    shells = [task.shell] if task.is_run and task.shell != "bash" else []
    return next((name for name in [*task.needs, *shells] if not shutil.which(_PROGRAMS.get(name, name))), "")


@dataclass
class Scorer:
    """Scores commands in a pool's sandboxes; what references do is found out once. Safe for several threads."""

    pool: Pool
    _wanted: dict[str, list[Result]] = field(default_factory=dict)
    _locks: dict[str, threading.Lock] = field(default_factory=dict)

    def score(self, task: Task, command: str) -> Score:
        """Return how `command` does; raises SandboxError when the task itself cannot be run."""
        if not task.is_run:
            return self._by_syntax(task, command)
        wanted = self.wanted(task)
        if not command.strip():
            return Score("no command", wanted=wanted[0].output)
        got = self.run(task, command)
        harmed = compare.harmed(wanted, got)
        said = [_objection(task, one, got) for one in wanted]
        return Score("" if "" in said else said[0], harmed, got.output, wanted[0].output)

    def _by_syntax(self, task: Task, command: str) -> Score:
        own = [{"words": task.words, "optional": task.optional, "order": task.order}] if task.words else []
        wanted = [shapes.Shape(**{name: tuple(one[name]) for name in one}) for one in [*own, *task.shapes]]
        return Score(shapes.objection(command, wanted), output=command, wanted=task.reference)

    def wanted(self, task: Task) -> list[Result]:
        """Return what the references do; raises SandboxError when one cannot be run."""
        with self._locks.setdefault(task.id, threading.Lock()):
            if task.id not in self._wanted:
                self._wanted[task.id] = [self.run(task, reference) for reference in task.references]
            return self._wanted[task.id]

    def run(self, task: Task, command: str) -> Result:
        """Return what `command` does in the task's state."""
        job = Job(command, task.setup, task.after, task.shell, task.cwd, names=task.output == "paths")
        with self.pool.sandbox() as sandbox:
            return sandbox.run(job)


def _objection(task: Task, wanted: Result, got: Result) -> str:
    if got.timed_out:
        return "it did not end"
    said = (
        compare.output_objection(task, wanted, got)
        or compare.files_objection(task, wanted, got)
        or compare.after_objection(wanted, got, task.cwd)
    )
    return f"{said}; it said {got.errors.strip()[-200:]}" if said and got.errors.strip() else said


__all__ = ["SandboxError", "Score", "Scorer", "missing_program"]
