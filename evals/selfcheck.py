"""The instrument tests itself: right commands pass, wrong ones fail, and so do the answers to other tasks."""

import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from evals.score import SandboxError, Scorer, missing_program
from evals.tasks import Task

MOST_CROSSED = 0.03
"""The share of other tasks' references that may pass by chance."""


@dataclass(frozen=True)
class Trial:
    """A command given as the answer to a task, and whether it has to pass."""

    task: Task
    command: str
    kind: str
    """reference, accept, also, wrong, or other: another task's reference."""
    of: str = ""
    """The other task's id."""

    @property
    def must_pass(self) -> bool:
        """Whether the command is right."""
        return self.kind not in ("wrong", "other")


@dataclass
class Findings:
    """What the trials showed."""

    tasks: int = 0
    skipped: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    crossed: int = 0
    passed: list[str] = field(default_factory=list)
    """The other tasks' references that passed."""

    @property
    def share(self) -> float:
        """The share of other tasks' references that passed."""
        return len(self.passed) / self.crossed if self.crossed else 0.0

    @property
    def is_sound(self) -> bool:
        """Whether the instrument may be believed."""
        return not self.faults and self.share < MOST_CROSSED


def own_trials(task: Task, sample: int | None = None) -> Iterator[Trial]:
    """Yield the trials of a task's own commands; a reference is compared with an earlier run of itself.

    With a `sample`, a seed, one paraphrase and one wrong command of each task.
    """
    yield Trial(task, task.reference, "reference")
    kinds = {"accept": task.accept, "also": task.also, "wrong": task.wrong}
    for kind, commands in kinds.items():
        if sample is None:
            yield from (Trial(task, command, kind) for command in commands)
        elif kind != "accept":
            yield Trial(task, random.Random(f"{sample} {task.id}").choice(commands), kind)  # noqa: S311


def cross_trials(tasks: Sequence[Task], most: int | None, seed: int) -> list[Trial]:
    """Return the pairs of tasks within one topic, each with the other's reference; at most so many, drawn by `seed`."""
    pairs = [
        Trial(task, other.reference, "other", other.id)
        for task in tasks
        for other in tasks
        if task is not other and task.topic == other.topic and task.shell == other.shell and task.place == other.place
    ]
    return pairs if most is None or most >= len(pairs) else random.Random(seed).sample(pairs, most)  # noqa: S311


def check(tasks: Sequence[Task], scorer: Scorer, most_crossed: int | None, sample: int | None = None) -> Findings:
    """Try every task with its own commands, and with others'; with a `sample`, a seed, not with all of its own."""
    findings = Findings(len(tasks))
    findings.skipped = [f"{task.id}: {missing} is missing" for task in tasks if (missing := missing_program(task))]
    able = [task for task in tasks if not missing_program(task)]
    trials = [trial for task in able for trial in own_trials(task, sample)]
    crossed = cross_trials(able, most_crossed, sample or 0)
    findings.crossed = len(crossed)
    with ThreadPoolExecutor(scorer.pool.size) as threads:
        for trial, why in zip(trials, threads.map(lambda trial: _why(scorer, trial), trials), strict=True):
            if trial.must_pass != (not why):
                findings.faults.append(_fault(trial, why))
        for trial, why in zip(crossed, threads.map(lambda trial: _why(scorer, trial), crossed), strict=True):
            if not why:
                findings.passed.append(f"{trial.of}'s reference passes as {trial.task.id}: {trial.command}")
    return findings


def _why(scorer: Scorer, trial: Trial) -> str:
    try:
        return scorer.score(trial.task, trial.command).why
    except SandboxError as error:
        return f"it cannot be run: {error}"


def _fault(trial: Trial, why: str) -> str:
    where = f"{trial.task.split}/{trial.task.topic} {trial.task.id}"
    if trial.must_pass:
        return f"{where}: {trial.kind} fails: {trial.command}\n    {why}"
    return f"{where}: {trial.kind} passes: {trial.command}"
