"""The steps of the tour: what is seen of the user's presses goes in, what to say comes out."""

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

_STEPS = Path(__file__).with_name("steps.toml")


@dataclass(frozen=True)
class Step:
    """One thing to try."""

    title: str
    seen: str
    """The name of a field of Seen."""
    request: str
    say: str
    done: str


@dataclass(frozen=True)
class Seen:
    """What the user has done since the last prompt."""

    answered: bool = False
    """An answer has come for words."""
    corrected: bool = False
    """An answer was changed, and run."""
    undone: bool = False
    """The words were back, and were asked again."""
    alternative: bool = False
    """Another answer has come for the same words."""
    explained: bool = False
    comment: bool = False
    """An answer has come for `# words`."""
    nothing: bool = False


def read_steps() -> Sequence[Step]:
    """Return the steps, in order."""
    steps = [Step(**step) for step in tomllib.loads(_STEPS.read_text(encoding="utf-8"))["step"]]
    names = {field.name for field in fields(Seen)}
    assert all(step.seen in names for step in steps)  # noqa: S101  data of ours
    return steps


def seen_of(presses: Sequence[dict[str, object]], fates: Sequence[str]) -> Seen:
    """Return what these presses were, and what became of the answers; both as the keys' own modules have them."""
    written = [press for press in presses if press.get("gesture") == "write"]
    first = [press for press in written if not press.get("alternative")]
    return Seen(
        answered=bool(first),
        corrected="corrected" in fates,
        undone="undone" in fates,
        alternative=len(first) < len(written),
        explained=len(written) < len(presses),
        comment=any(str(press.get("line")).lstrip().startswith("#") for press in first),
    )


def advance(at: int, steps: Sequence[Step], seen: Seen, *, skip: bool) -> Iterator[Step]:
    """Yield the steps from number `at` on that are behind the user now, a skipped one first; the last one stays."""
    for step in steps[at:-1]:
        if not skip and not getattr(seen, step.seen):
            return
        yield step
        skip = False
