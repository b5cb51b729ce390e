"""The instrument tests itself: right commands pass, wrong ones fail, other tasks' references fail."""

from dataclasses import replace

import pytest

from evals import tasks
from evals.sandbox.client import Pool
from evals.score import Scorer
from evals.selfcheck import check, cross_trials, own_trials

CROSSED = 150
"""So many pairs of tasks are tried, drawn by the same seed."""

TASK = tasks.Task(
    "count",
    "how many text files are there",
    "easy",
    "question",
    "ls *.txt | wc -l",
    ["find . -name '*.txt' | wc -l"],
    ["ls | wc -l"],
    setup="touch a.txt b.txt c.md",
    output="numbers",
    topic="files",
    split="dev",
)
LIST = replace(TASK, id="list", reference="ls *.txt", also=["ls ./*.txt"], wrong=["ls"], output="set")
SYNTAX = replace(
    TASK, id="all", reference="docker ps -a", also=["docker ps --all"], wrong=["docker ps"], check="syntax",
    words=["docker", "ps", "-a|--all"],
)  # fmt: skip


def test_the_whole_set_is_sound(pool: Pool) -> None:
    """Each reference passes in a second run, a paraphrase of it passes, a wrong command fails; others' hardly pass.

    Which paraphrase and which wrong command is drawn by a seed: `python -m evals check` tries every one.
    """
    found = check(tasks.load(tasks.files_of("all")), Scorer(pool), CROSSED, sample=6)
    assert found.skipped == []
    assert found.faults == []
    assert found.crossed == CROSSED
    assert found.share < 0.03, found.passed
    assert found.is_sound


@pytest.mark.parametrize("task", [TASK, LIST, SYNTAX], ids=lambda task: task.id)
def test_a_sound_task_has_no_faults(pool: Pool, task: tasks.Task) -> None:
    """What the check says of a task that is right."""
    assert check([task], Scorer(pool), None).faults == []


@pytest.mark.parametrize(
    ("task", "fault"),
    [
        (replace(TASK, wrong=["ls *.txt | wc -l"]), "dev/files count: wrong passes: ls *.txt | wc -l"),
        (replace(TASK, also=["ls | wc -l"]), "dev/files count: also fails: ls | wc -l\n    printed `3` instead of `2`"),
        (replace(TASK, reference="date +%s%N", also=["date +%s%N"]), "dev/files count: reference fails: date +%s%N"),
        (
            replace(TASK, setup="cat no-such"),
            "dev/files count: reference fails: ls *.txt | wc -l\n    it cannot be run",
        ),
        (replace(SYNTAX, words=["docker", "ps"]), "dev/files all: reference fails: docker ps -a\n    -a is too much"),
        (replace(SYNTAX, optional=["-a"], words=["docker"]), "dev/files all: reference fails: docker ps -a"),
    ],
)
def test_an_unsound_task_is_found(pool: Pool, task: tasks.Task, fault: str) -> None:
    """Each kind of fault, in words an author can act on."""
    assert [found for found in check([task], Scorer(pool), None).faults if found.startswith(fault)]


def test_a_task_whose_program_is_missing_is_passed_over(pool: Pool) -> None:
    """And said, never counted as right or wrong."""
    found = check([replace(TASK, needs=["no-such-program"])], Scorer(pool), None)
    assert found.skipped == ["count: no-such-program is missing"]
    assert found.faults == []


def test_answers_to_other_tasks_are_crossed_within_a_topic() -> None:
    """The same pairs at every run."""
    other = replace(LIST, id="elsewhere", topic="text")
    pairs = [(trial.of, trial.task.id) for trial in cross_trials([TASK, LIST, other], None, 1)]
    assert sorted(pairs) == [("count", "list"), ("list", "count")]
    many = [replace(TASK, id=f"t{number}") for number in range(20)]
    assert cross_trials(many, 9, 1) == cross_trials(many, 9, 1) != cross_trials(many, 9, 2)


def test_every_command_of_a_task_is_tried() -> None:
    """References too: each is compared with another run of itself."""
    kinds = [trial.kind for trial in own_trials(replace(TASK, accept=["x"]))]
    assert kinds == ["reference", "accept", "also", "wrong"]
