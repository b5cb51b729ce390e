"""When two outputs, and two changed trees, count as the same."""

from typing import Any

import pytest

from evals.compare import files_objection, harmed, output_objection, values_objection
from evals.sandbox.client import Result
from evals.tasks import Task

WORK = "/home/ada/work"


def result(output: str = "", changes: tuple[dict[str, Any], ...] = (), started: float = 0.0) -> Result:
    """Return what a run printed and changed."""
    return Result(0, output, "", timed_out=False, seconds=0.0, changes=changes, started=started)


def task(**more: Any) -> Task:  # noqa: ANN401  a task's own fields
    """Return a task of this kind."""
    return Task("one", "request", "easy", "vague", "true", ["true"], ["false"], **more)


@pytest.mark.parametrize(
    ("mode", "wanted", "got"),
    [
        ("exact", "a  b\n", "a  b"),
        ("lines", "a  b\n\nc\n", " a b \nc"),
        ("set", "./a\n./b/\n", "b\na\n"),
        ("set", "a.txt:3: x\n", f"{WORK}/a.txt:3: x\n"),
        ("set", "./src/a b\n", f"{WORK}/src/a b\n"),
        ("numbers", "12 total\n", "  12\n"),
        ("numbers", "4.0K\tsrc\n", "4 src\n"),
        ("numbers", "1,024 MB", "1024"),
        ("any", "x", "y"),
    ],
)
def test_outputs_that_are_the_same(mode: str, wanted: str, got: str) -> None:
    """Layout does not count where the mode leaves it open."""
    assert output_objection(task(output=mode), result(wanted), result(got)) == ""


@pytest.mark.parametrize(
    ("mode", "wanted", "got"),
    [
        ("exact", "a  b\n", "a b\n"),
        ("exact", "a\n", "a\n\n"),
        ("lines", "a\nb\n", "b\na\n"),
        ("set", "a\na\n", "a\n"),
        ("set", "a\n", "a\nb\n"),
        ("set", "a\n", ""),
        ("set", "src/a\n", "a\n"),
        ("numbers", "12\n", "12 13\n"),
        ("numbers", "1 2", "2 1"),
        ("numbers", "4", "4.5"),
    ],
)
def test_outputs_that_differ(mode: str, wanted: str, got: str) -> None:
    """Every mode can fail, and says both outputs."""
    said = output_objection(task(output=mode), result(wanted), result(got))
    assert said.startswith("printed ")
    assert " instead of " in said


@pytest.mark.parametrize(
    ("text", "values", "absent", "is_right"),
    [
        ("there are 42 files.", ["42"], [], True),
        ("42.", ["42"], [], True),
        ("420 files", ["42"], [], False),
        ("42.5", ["42"], [], False),
        ("1.42", ["42"], [], False),
        ("1,042", ["42"], [], False),
        ("inet 10.0.0.5/24", ["10.0.0.5"], [], True),
        ("inet 110.0.0.5", ["10.0.0.5"], [], False),
        ("a b", ["a"], ["b"], False),
        ("a bc", ["a"], ["b"], True),
        ("2020-W53", ["/(2020-W)?53/"], [], True),
        ("2020-W530", ["/(2020-W)?53/"], [], False),
        ("/srv/www/", ["/srv/www"], [], True),
    ],
)
def test_values_are_whole_words(text: str, values: list[str], absent: list[str], *, is_right: bool) -> None:
    """A number is no part of another number."""
    assert (values_objection(text, values, absent) == "") == is_right


def file(digest: str, **more: object) -> dict[str, Any]:
    """Return a file as a snapshot has it."""
    return {"kind": "f", "mode": 0o644, "owner": "0:0", "size": 1, "mtime": 5.0, "digest": digest, "held": "", **more}


def change(name: str, before: dict[str, Any] | None, after: dict[str, Any] | None, **more: object) -> dict[str, Any]:
    """Return what happened to one path."""
    return {"path": f"{WORK}/{name}", "before": before, "after": after, **more}


MADE = change("new", None, file("1"))


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (change("new", None, file("1", mtime=900.0)), ""),
        (change("new", None, file("2")), "is not as it should be"),
        (change("new", None, file("1", mode=0o600)), "is not as it should be"),
        (change("new", None, file("1", kind="l")), "is not as it should be"),
        (change("new", file("1"), None), "is not as it should be"),
        (change("old", None, file("1")), "new was not changed"),
    ],
)
def test_what_is_changed_must_be_the_same(other: dict[str, Any], why: str) -> None:
    """Contents, kind and mode; times only where the task says so."""
    said = files_objection(task(), result(changes=(MADE,)), result(changes=(other,)))
    assert said.endswith(why)
    assert bool(said) == bool(why)


def test_archives_are_the_same_when_they_hold_the_same() -> None:
    """Their bytes have times in them."""
    one, two = (change("x.tgz", None, file(digest, held="gzip:tar:1")) for digest in "12")
    assert files_objection(task(), result(changes=(one,)), result(changes=(two,))) == ""


def test_times_count_where_the_task_says_so() -> None:
    """As seconds, or as seconds since the setup."""
    touched = change("a", file("1"), file("1", mtime=1000.0))
    late = change("a", file("1"), file("1", mtime=1060.0))
    wanted, got = result(changes=(touched,)), result(changes=(late,))
    assert files_objection(task(), wanted, got) == ""
    assert files_objection(task(times=True), wanted, got) != ""
    assert files_objection(task(times=True), wanted, result(changes=(late,), started=60.0)) == ""
    assert files_objection(task(times=True), wanted, result()) != ""


def test_a_task_may_leave_paths_out() -> None:
    """By a pattern for the path, or for the name."""
    extra = change("sub/a.bak", None, file("1"))
    assert files_objection(task(), result(), result(changes=(extra,))) != ""
    assert files_objection(task(ignore=["*.bak"]), result(), result(changes=(extra,))) == ""


@pytest.mark.parametrize(
    ("changes", "count"),
    [
        ((change("a", file("1"), None),), 1),
        ((change("a", file("1"), file("2")),), 1),
        ((change("a", file("1"), file("2"), appended=True),), 0),
        ((change("a", file("1"), file("1", mode=0o600)),), 0),
        ((change("a", file("1"), None), change("b", None, file("1"))), 0),
        ((change("a", file("1"), None), change("b", None, file("2"))), 1),
        ((change("new", None, file("1")),), 0),
        ((change("a", file("1"), file("2", kind="l")),), 1),
    ],
)
def test_harm_is_what_is_lost(changes: tuple[dict[str, Any], ...], count: int) -> None:
    """Deleted, overwritten, truncated; not moved, made, or longer than before."""
    assert len(harmed([result()], result(changes=changes))) == count


def test_what_the_reference_touches_is_no_surprise() -> None:
    """Whatever it did with it."""
    lost = change("a", file("1"), None)
    assert harmed([result(changes=(change("a", file("1"), file("2")),))], result(changes=(lost,))) == []
