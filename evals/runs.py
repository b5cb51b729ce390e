"""A run: every task asked, then scored; kept as lines of JSON, the first of which says what was run."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from evals.sandbox.client import SandboxError
from evals.score import Scorer, missing_program
from evals.surroundings import Surroundings
from evals.systems import Answer, System
from evals.tasks import Task, TaskError

_MOST_KEPT = 2000
"""Characters of an output."""
NOT_SCORED = "not scored"
"""How the reason begins why an outcome that nobody has looked at is not right."""


@dataclass(frozen=True)
class Outcome:
    """One task's line in a run; times in milliseconds."""

    id: str
    split: str
    topic: str
    form: str
    level: str
    gesture: str
    request: str
    command: str
    right: bool
    why: str
    harmful: Sequence[str]
    model_ms: float
    other_ms: float
    refused: str = ""
    notes: Sequence[str] = ()
    risk: str = ""
    tokens: Mapping[str, int] | None = None
    confidence: float | None = None
    features: Mapping[str, float] | None = None
    raw: Sequence[str] = ()
    output: str = ""
    wanted: str = ""

    @property
    def total_ms(self) -> float:
        """What the user waits."""
        return self.model_ms + self.other_ms


@dataclass(frozen=True)
class Run:
    """A run's file: what was run, and what came of it."""

    about: Mapping[str, Any]
    outcomes: Sequence[Outcome]

    def by_id(self) -> dict[str, Outcome]:
        """Return the outcomes by their task's id."""
        return {outcome.id: outcome for outcome in self.outcomes}


def able(tasks: Sequence[Task], tell: Callable[[str], None]) -> list[Task]:
    """Return the tasks that can be run here; says what is missing for the others."""
    missing = {task.id: missing_program(task) for task in tasks}
    for name, program in missing.items():
        if program:
            tell(f"{name} is passed over: {program} is missing.")
    return [task for task in tasks if not missing[task.id]]


def ask_all(
    tasks: Sequence[Task], system: System, around: Surroundings, tell: Callable[[str], None]
) -> Iterator[tuple[Task, Answer]]:
    """Yield each task with its answer; those of one shell and place come together, as one user has one prompt."""
    ordered = sorted(tasks, key=lambda task: (task.place, task.shell))
    for number, task in enumerate(ordered, 1):
        system.prepare(task)
        with around.of(task) as cwd:
            answer = system.ask(task, cwd, around.path)
        tell(f"{number}/{len(tasks)} {task.id}: {answer.command or answer.refused}")
        yield task, answer


def score_all(answers: Sequence[tuple[Task, Answer]], scorer: Scorer) -> list[Outcome]:
    """Return the outcomes, as many at a time as there are sandboxes."""
    with ThreadPoolExecutor(scorer.pool.size) as threads:
        return list(threads.map(lambda pair: _outcome(pair[0], pair[1], scorer), answers))


def _outcome(task: Task, answer: Answer, scorer: Scorer) -> Outcome:
    try:
        score = scorer.score(task, answer.command)
    except SandboxError as error:
        return unscored(task, answer, str(error))
    return replace(
        unscored(task, answer),
        right=score.is_right,
        why=score.why,
        harmful=list(score.harmed),
        output=score.output[:_MOST_KEPT],
        wanted=score.wanted[:_MOST_KEPT],
    )


def unscored(task: Task, answer: Answer, why: str = "") -> Outcome:
    """Return an answer's outcome as long as nobody knows whether it is right."""
    return Outcome(
        task.id,
        task.split,
        task.topic,
        task.form,
        task.level,
        task.gesture,
        task.request,
        answer.command,
        right=False,
        why=f"{NOT_SCORED}{': ' if why else ''}{why}",
        harmful=(),
        model_ms=answer.model_ms,
        other_ms=answer.other_ms,
        refused=answer.refused,
        notes=answer.notes,
        risk=answer.risk,
        tokens=answer.tokens,
        confidence=answer.confidence,
        features=answer.features,
        raw=answer.raw,
    )


def answer_of(outcome: Outcome) -> Answer:
    """Return the answer that an outcome was made from."""
    return Answer(
        outcome.command,
        outcome.model_ms,
        outcome.other_ms,
        outcome.refused,
        outcome.raw,
        outcome.tokens or {},
        outcome.notes,
        outcome.risk,
        outcome.confidence,
        outcome.features or {},
    )


def write(run: Run, path: Path) -> None:
    """Write a run's file."""
    lines = [{"run": run.about}, *(asdict(outcome) for outcome in run.outcomes)]
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")


def read(path: Path) -> Run:
    """Return a run from its file; raises TaskError when it is none."""
    try:
        first, *rest = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        return Run(first["run"], [Outcome(**line) for line in rest])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TaskError(f"{path} is not the file of a run: {error}.") from error
