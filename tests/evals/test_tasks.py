"""Tasks out of files: every slip is one clear sentence, and the set is split once."""

from collections import Counter
from pathlib import Path

import pytest

from evals import tasks

SOUND = """
[[task]]
id = "list-all"
request = "list all files"
level = "easy"
form = "exact"
reference = "ls -A"
also = ["ls -a"]
wrong = ["ls"]
"""


def test_a_sound_task_has_defaults(tmp_path: Path) -> None:
    """And knows its topic and split by where it lies."""
    (tmp_path / "dev").mkdir()
    path = tmp_path / "dev" / "files.toml"
    path.write_text(SOUND)
    (task,) = tasks.load([path])
    assert (task.topic, task.split, task.output, task.shell) == ("files", "dev", "set", "bash")
    assert task.is_run


@pytest.mark.parametrize(
    ("more", "slip"),
    [
        ('outptu = "set"', "task list-all: there is no key `outptu`."),
        ('output = "sets"', "task list-all: `output` is 'sets', but one of: exact, lines, set, paths, "),
        ("accept = 'ls'", "task list-all: `accept` must be a list of strings."),
        ("times = 1", "task list-all: `times` must be bool."),
        ('output = "values"', 'task list-all: `values` and `absent` belong to `output = "values"`.'),
        ('words = ["ls"]', "task list-all: `words` belongs to a syntax check."),
        ('place = "macos"', "task list-all: what is asked on macOS cannot be run here"),
        ('check = "syntax"', "task list-all: a syntax check needs `words` or `shapes`."),
        ('check = "syntax"\nwords = ["/+x/"]', "task list-all: the expression in `/+x/` cannot be read"),
        ('check = "syntax"\nshapes = [{word = []}]', "task list-all: `shapes` has no key `word`."),
        ('gesture = "refine"', "task list-all: the request of a refinement is `COMMAND # change`."),
        ('said = "x"', 'task list-all: `said` belongs to `gesture = "fix"`.'),
        ("[[tasks]]", "`tasks` stands outside of [[task]]."),
        ("x", "Expected '=' after a key"),
        (SOUND, "The id list-all is also in "),
        (SOUND.replace("list-all", "other"), "The request of other is also in "),
        (
            SOUND.replace("list-all", "List_All").replace("list all files", "other"),
            "its id must be words of small letters",
        ),
        ("[[task]]\nid = 'x'", "task x: `wrong` is missing."),
    ],
)
def test_a_slip_is_one_sentence(tmp_path: Path, more: str, slip: str) -> None:
    """It says in which file, which task, what, and what there is instead."""
    path = tmp_path / "files.toml"
    path.write_text(SOUND + more)
    with pytest.raises(tasks.TaskError) as caught:
        tasks.load([path])
    assert slip in str(caught.value)
    assert str(caught.value).startswith((str(path), "The "))


def test_a_topic_that_is_not_there_is_said() -> None:
    """With those there are."""
    with pytest.raises(tasks.TaskError, match=r"There is no topic nonsense; there are: .*files"):
        tasks.files_of("dev", ["nonsense"])


@pytest.fixture(scope="module")
def all_tasks() -> list[tasks.Task]:
    """The whole set; that it can be loaded says that no id and no request is there twice."""
    return tasks.load(tasks.files_of("all"))


def test_both_splits_have_every_topic_and_form(all_tasks: list[tasks.Task]) -> None:
    """At least 300 tasks, in halves that are alike: what is tuned on one is measured on the other."""
    assert len(all_tasks) >= 300
    halves = [[task for task in all_tasks if task.split == split] for split in tasks.SPLITS]
    for about in ("topic", "form", "level"):
        one, two = ({getattr(task, about) for task in half} for half in halves)
        assert one == two, about


def test_five_languages_have_ten_requests_each(all_tasks: list[tasks.Task]) -> None:
    """Issue E asks for them."""
    forms = Counter(task.form for task in all_tasks)
    assert all(forms[language] >= 10 for language in ("es", "de", "fr", "zh", "ja")), forms


def test_hardly_a_reference_of_one_split_is_in_the_other(all_tasks: list[tasks.Task]) -> None:
    """What was seen while tuning would be known in the test; one in a hundred is so short that it may come twice."""
    dev, test = ({task.reference for task in all_tasks if task.split == split} for split in tasks.SPLITS)
    assert len(dev & test) <= len(all_tasks) / 100, dev & test


def test_no_file_lies_where_nobody_looks() -> None:
    """Every file of tasks belongs to a split."""
    assert {path for path in tasks.TASKS.rglob("*") if path.is_file()} == set(tasks.files_of("all"))
    assert Path(tasks.TASKS).is_dir()
