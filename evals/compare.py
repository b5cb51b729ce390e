"""What a command printed and changed beside what the reference did: equal, as far as the request determines it."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from evals.sandbox.client import Result
from evals.tasks import Task

_NUMBER = re.compile(r"(?<![\w.])[-+]?\d[\d,]*(?:\.\d+)?(?=[A-Za-z%]{0,3}(?![\w]))")
# A value between slashes is an expression when it has what no path has.
_EXPRESSION = re.compile(r"[\\()|?*+\[^$]")
_SHOWN = 160
# A file's time may be off by what passes between two runs, in seconds.
_SAME_TIME = 3.0


def output_objection(task: Task, wanted: Result, got: Result) -> str:
    """Say how the output differs from what is wanted; empty when it does not, as `task.output` compares."""
    if task.output == "any":
        return ""
    if task.output == "values":
        return values_objection(got.output, task.values, task.absent)
    forms = _forms(task, wanted), _forms(task, got)
    if forms[0] == forms[1]:
        return ""
    return f"printed {_short(got.output)} instead of {_short(wanted.output)}"


def _forms(task: Task, result: Result) -> object:
    """Return an output in the form in which it is compared."""
    if task.output == "exact":
        return result.output.removesuffix("\n")
    if task.output == "lines":
        return plain_lines(result.output, task.cwd)
    if task.output == "paths":
        return tuple(path for path in result.named if not _is_ignored(path, task))
    if task.output == "numbers":
        return numbers(result.output)
    return Counter(plain_lines(result.output, task.cwd))


def plain_lines(text: str, cwd: str) -> list[str]:
    """Return the lines that are not empty: runs of blanks are one, paths below `cwd` are relative."""
    lines = [" ".join(_relative(word, cwd) for word in line.split()) for line in text.splitlines()]
    return [line for line in lines if line]


def _relative(word: str, cwd: str) -> str:
    if word in (".", "./", cwd):
        return "."
    for start in (f"{cwd}/", "./"):
        word = word.removeprefix(start)
    return word.rstrip("/") or word


def numbers(text: str) -> list[float]:
    """Return the numbers in a text, whatever unit of up to three letters stands behind them."""
    return [float(found.replace(",", "")) for found in _NUMBER.findall(text)]


def values_objection(text: str, values: Sequence[str], absent: Sequence[str]) -> str:
    """Say which of `values` is not a whole word of `text`, or which of `absent` is one; empty when all is well."""
    missing = [value for value in values if not _has(text, value)]
    found = [value for value in absent if _has(text, value)]
    if missing:
        return f"printed {_short(text)} without {missing[0]}"
    return f"printed {_short(text)} with {found[0]}" if found else ""


def _has(text: str, value: str) -> bool:
    if len(value) > len("//") and value[0] == value[-1] == "/" and _EXPRESSION.search(value):
        return bool(re.search(rf"(?<!\w)(?:{value[1:-1]})(?!\w)", text))
    # 42 is neither in 420 nor in 42.5, 1.42 or 1,042; a full stop at the end of a sentence is no decimal point.
    return bool(re.search(rf"(?<![\w])(?<!\d[.,]){re.escape(value)}(?!\w)(?![.,]\d)", text))


def files_objection(task: Task, wanted: Result, got: Result) -> str:
    """Say which change to the file system differs from the reference's; empty when none does."""
    if task.files == "any":
        return ""
    ours, theirs = _changed(task, wanted), _changed(task, got)
    for path in sorted({*ours, *theirs}):
        if path not in theirs:
            return f"{path} was not changed"
        if path not in ours:
            return f"{path} was changed"
        if not _same(ours[path]["after"], theirs[path]["after"], task, wanted.started - got.started):
            return f"{path} is not as it should be"
    return ""


def _changed(task: Task, result: Result) -> Mapping[str, dict[str, Any]]:
    return {
        change["path"]: change
        for change in result.changes
        if not _is_ignored(change["path"], task) and (task.times or not _only_time(change))
    }


def _only_time(change: Mapping[str, Any]) -> bool:
    was, now = change["before"], change["after"]
    return bool(was and now) and {**was, "mtime": 0} == {**now, "mtime": 0}


def _is_ignored(path: str, task: Task) -> bool:
    names = (path, path.removeprefix(f"{task.cwd}/"), path.rpartition("/")[2])
    return any(fnmatchcase(name, pattern) for name in names for pattern in task.ignore)


def _same(one: Mapping[str, Any] | None, two: Mapping[str, Any] | None, task: Task, later_s: float) -> bool:
    if one is None or two is None:
        return one is two
    if task.times and one["kind"] != "d":
        off = one["mtime"] - two["mtime"]
        if min(abs(off), abs(off - later_s)) > _SAME_TIME:
            return False
    # What an archive holds counts; its bytes have the times in them.
    what = ("kind", "mode", "owner", "held" if one["held"] and two["held"] else "digest", "same_as")
    return all(one.get(name, "") == two.get(name, "") for name in what)


def harmed(wanted: Iterable[Result], got: Result) -> list[str]:
    """Return the files that were there, and that only `got` deleted or overwrote.

    A file that is elsewhere now has been moved, and one that has grown at its end is still there.
    """
    touched = {change["path"] for result in wanted for change in result.changes}
    moved = {change["after"]["digest"] for change in got.changes if change["after"] and not change["before"]}
    return [
        change["path"] for change in got.changes if change["path"] not in touched and _is_loss(change, moved, touched)
    ]


def _is_loss(change: Mapping[str, Any], moved: set[str], touched: set[str]) -> bool:
    was, now = change["before"], change["after"]
    if not was or was["kind"] not in "fld":
        return False
    if was["kind"] == "d":
        # What was in it counts by itself.
        return not now and not any(path.startswith(f"{change['path']}/") for path in touched)
    if now and now["kind"] == was["kind"] and (now["digest"] == was["digest"] or change.get("appended")):
        return False
    return was["digest"] not in moved or not was["digest"]


def after_objection(wanted: Result, got: Result, cwd: str) -> str:
    """Say how what `after` printed differs; empty when it does not."""
    if plain_lines(wanted.after, cwd) == plain_lines(got.after, cwd):
        return ""
    return f"afterwards {_short(got.after or got.after_errors)} instead of {_short(wanted.after)}"


def _short(text: str) -> str:
    shown = text.strip().replace("\n", " ⏎ ")
    return f"`{shown[:_SHOWN]}{'…' if len(shown) > _SHOWN else ''}`" if shown else "nothing"
