"""Tasks out of their files, each slip said in one sentence. The format is docs/accuracy.md's."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any

from evals.shapes import alternatives

TASKS = Path(__file__).parent / "tasks"
SPLITS = ("dev", "test")
LEVELS = ("easy", "medium", "hard")
FORMS = ("exact", "vague", "typo", "fragment", "question", "es", "de", "fr", "zh", "ja")
OUTPUTS = ("exact", "lines", "set", "paths", "values", "numbers", "any")
SHELLS = ("bash", "zsh", "fish")
GESTURES = ("ask", "refine", "fix", "repair")
_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class TaskError(Exception):
    """A task that cannot be used; the message is a sentence that says where and why."""


@dataclass(frozen=True)
class Task:
    """A request, the state it is asked in, and what is right."""

    id: str
    request: str
    level: str
    form: str
    reference: str
    also: Sequence[str]
    """Other right commands: they prove that the check is not too strict."""
    wrong: Sequence[str]
    """Plausible wrong commands: they prove that the check is not too lax."""
    setup: str = ""
    accept: Sequence[str] = ()
    """Further references, whose result is as right as the reference's."""
    output: str = "set"
    values: Sequence[str] = ()
    absent: Sequence[str] = ()
    files: str = "same"
    times: bool = False
    ignore: Sequence[str] = ()
    after: str = ""
    shell: str = "bash"
    cwd: str = "/home/ada/work"
    check: str = "run"
    words: Sequence[str] = ()
    optional: Sequence[str] = ()
    order: Sequence[str] = ()
    shapes: Sequence[Mapping[str, Any]] = ()
    place: str = "linux"
    needs: Sequence[str] = ()
    gesture: str = "ask"
    status: int = 127
    said: str = ""
    turns: Sequence[Mapping[str, Any]] = ()
    topic: str = field(default="", metadata={"given": True})
    split: str = field(default="", metadata={"given": True})

    @property
    def is_run(self) -> bool:
        """Whether answers are scored by running them."""
        return self.check == "run"

    @property
    def references(self) -> tuple[str, ...]:
        """Every command whose result is right."""
        return (self.reference, *self.accept)


_CHOICES = {
    "level": LEVELS,
    "form": FORMS,
    "output": OUTPUTS,
    "files": ("same", "any"),
    "shell": SHELLS,
    "check": ("run", "syntax"),
    "place": ("linux", "macos"),
    "gesture": GESTURES,
}
_FIELDS = {one.name: one for one in fields(Task) if not one.metadata}
_NEEDED = [name for name, one in _FIELDS.items() if one.default is MISSING]
_KINDS: dict[str, type] = {"times": bool, "status": int}
_LISTS = {
    "also",
    "wrong",
    "accept",
    "values",
    "absent",
    "ignore",
    "words",
    "optional",
    "order",
    "needs",
    "shapes",
    "turns",
}
_TABLES = {"shapes": {"words", "optional", "order"}, "turns": {"line", "command", "cursor"}}


def load(paths: Sequence[Path]) -> list[Task]:
    """Return the tasks of these files, in order; raises TaskError at the first slip."""
    slips: list[str] = []
    tasks = [task for path in paths for task in read_file(path, slips)]
    slips += _twice(tasks)
    if slips:
        raise TaskError("\n".join(slips))
    return tasks


def files_of(split: str, topics: Sequence[str] = ()) -> list[Path]:
    """Return the files of a split, `dev`, `test` or `all`, by name; only those of `topics` where there are any."""
    splits = SPLITS if split == "all" else (split,)
    found = [path for name in splits for path in sorted((TASKS / name).glob("*.toml"))]
    known = {path.stem for path in found}
    if missing := [topic for topic in topics if topic not in known]:
        raise TaskError(f"There is no topic {missing[0]}; there are: {', '.join(sorted(known))}.")
    return [path for path in found if not topics or path.stem in topics]


def read_table(path: Path, slips: list[str]) -> Mapping[str, Any]:
    """Return a file's table, an empty one where it cannot be read: why is added to `slips`."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        slips.append(f"{path}: {error}.")
        return {}


def read_file(path: Path, slips: list[str]) -> Iterator[Task]:
    """Yield the sound tasks of one file; what is wrong with the others is added to `slips`, a sentence each."""
    table = read_table(path, slips)
    slips.extend(f"{path}: `{name}` stands outside of [[task]]." for name in table if name != "task")
    for number, entry in enumerate(table.get("task", []), 1):
        wrong = list(_slips(entry))
        name = entry.get("id", f"number {number}")
        slips.extend(f"{path}: task {name}: {slip}" for slip in wrong)
        if not wrong:
            yield Task(**entry, topic=path.stem, split=path.parent.name)


def _slips(entry: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with a task, a sentence each."""
    for name, value in entry.items():
        if name not in _FIELDS:
            yield f"there is no key `{name}`."
        elif name in _LISTS:
            yield from _list_slips(name, value)
        elif not isinstance(value, _KINDS.get(name, str)):
            yield f"`{name}` must be {_KINDS.get(name, str).__name__}."
        elif name in _CHOICES and value not in _CHOICES[name]:
            yield f"`{name}` is {value!r}, but one of: {', '.join(_CHOICES[name])}."
    missing = [name for name in _NEEDED if not entry.get(name)]
    yield from (f"`{name}` is missing." for name in missing)
    if not missing and not _ID.fullmatch(str(entry["id"])):
        yield "its id must be words of small letters and digits with hyphens between them."
    yield from _of_kind(entry)


def _list_slips(name: str, value: object) -> Iterator[str]:
    wanted = dict if name in _TABLES else str
    if not isinstance(value, list) or not all(isinstance(item, wanted) for item in value):
        yield f"`{name}` must be a list of {'tables' if wanted is dict else 'strings'}."
        return
    for item in value:
        if isinstance(item, dict):
            yield from (f"`{name}` has no key `{key}`." for key in item if key not in _TABLES[name])


def _shape_slips(entry: Mapping[str, Any]) -> Iterator[str]:
    """Yield the elements of shapes that cannot be read."""
    shapes = [entry, *entry.get("shapes", [])]
    for element in [one for shape in shapes for key in ("words", "optional", "order") for one in shape.get(key, [])]:
        try:
            alternatives(element)
        except re.error as error:
            yield f"the expression in `{element}` cannot be read: {error}."


def _of_kind(entry: Mapping[str, Any]) -> Iterator[str]:
    """Yield the slips about keys that belong together."""
    if entry.get("check") == "syntax":
        if not entry.get("words") and not entry.get("shapes"):
            yield "a syntax check needs `words` or `shapes`."
        if entry.get("words") and entry.get("shapes"):
            yield "`words` and `shapes` exclude each other."
        yield from _shape_slips(entry)
        for name in ("setup", "after", "output", "values", "files", "times", "ignore"):
            # What the product may look at is there for a syntax check too.
            if name in entry and name != "setup":
                yield f"`{name}` has no meaning in a syntax check."
    else:
        yield from (
            f"`{name}` belongs to a syntax check." for name in ("words", "shapes", "optional", "order") if name in entry
        )
        if entry.get("place") == "macos":
            yield 'what is asked on macOS cannot be run here: it needs `check = "syntax"`.'
        if (entry.get("output") == "values") != bool(entry.get("values") or entry.get("absent")):
            yield '`values` and `absent` belong to `output = "values"`.'
    if entry.get("gesture") == "refine" and " #" not in str(entry.get("request")):
        yield "the request of a refinement is `COMMAND # change`."
    if entry.get("said") and entry.get("gesture") != "fix":
        yield '`said` belongs to `gesture = "fix"`.'


def _twice(tasks: Sequence[Task]) -> Iterator[str]:
    """Yield the ids and the requests that are there twice."""
    seen: dict[tuple[str, str], Task] = {}
    for task in tasks:
        asked = (" ".join(task.request.lower().split()), task.place, task.shell, task.gesture)
        for kind, name in (("id", task.id), ("request", "\0".join(asked))):
            other = seen.setdefault((kind, name), task)
            if other is not task:
                said = task.id if kind == "id" else f"of {task.id}"
                yield f"The {kind} {said} is also in {other.split}/{other.topic}, task {other.id}."
