"""No task of evals/ is learnt: nothing that resembles one gets into what is written."""

import pytest

from caro_shell.prompt import completion_request, fix_request, refinement_request
from evals import tasks
from training.build import evals_guard
from training.overlap import Guard, core, shape, words_of

GUARD = Guard([("files in logs bigger than 10 MB", ["find logs -type f -size +10M"]), ("显示大文件列表", [])])


@pytest.mark.parametrize(
    ("request_", "command", "found"),
    [
        ("files in logs bigger than 10 MB", "ls", "the request of a task"),
        ("Files in /var/tmp bigger than 200 MB?", "ls", "the request of a task"),
        ("all files in logs bigger than 10 MB please", "ls", "the request of a task"),
        ("显示大文件列表吧", "ls", "the request of a task"),
        ("what eats my disk", "find ~/x -type f -size +700M", "the command of a task"),
        ("what eats my disk", "find ~/x -size +700M -type f", "the command of a task"),
        ("what eats my disk", "find ~/x -type d -size +700M", ""),
        ("how long is the machine up", "uptime", ""),
    ],
)
def test_a_pair_is_held_against_the_tasks(request_: str, command: str, found: str) -> None:
    """Six of ten words, names aside or not; or the same command but for names, paths, numbers, order."""
    assert GUARD.resemblance(request_, command) == found


def test_a_word_that_a_request_names_is_a_name() -> None:
    """`error` in one and `timeout` in the other is the same command; the name of a program stays."""
    assert shape("grep -c error x", "lines with error") == shape("grep -c timeout x", "how often timeout")
    assert shape("wc -l x", "wc of x") != shape("nl -l x", "nl of x")


def test_short_commands_may_be_let_through() -> None:
    """Where the order says so: everybody's `du -sh NAME` is no secret of a task; its request still is."""
    guard = Guard([("how big is logs", ["du -sh logs"])], short=3)
    assert guard.resemblance("size of my music folder in total", "du -sh ~/Music") == ""
    assert guard.resemblance("how big is src", "du -sh src") == "the request of a task"


def test_the_words_that_every_gesture_has_do_not_count() -> None:
    """What is like a task is the command that failed, or is half written, or is refined."""
    guard = Guard([("grpe -rn deadline notes", []), ("du -sh * # biggest first", [])])
    failed = fix_request("grpe -rn deadline src", 127, ["There is no command grpe here, but grep."])
    for request in (
        failed,
        completion_request("grpe -rn deadline notes", ""),
        refinement_request("how big is all this", "du -sh *", "biggest first"),
    ):
        assert guard.resemblance(request, "true") == "the request of a task"
    other = fix_request("sort -z <x", 1, ["There is no x."])
    assert guard.resemblance(other, "true") == ""
    assert Guard([(core(failed), [])]).resemblance(other, "true") == ""


def test_every_task_is_like_itself() -> None:
    """In dev and test: the request and every right command alone, whatever they are about."""
    guard = evals_guard(short=0)
    for task in tasks.load(tasks.files_of("all")):
        assert words_of(task.request)
        assert guard.resemblance(task.request, "true")
        for command in (*task.references, *task.also):
            assert guard.resemblance(task.request, command)
            assert shape(command, task.request) in guard.shapes
