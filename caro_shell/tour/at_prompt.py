"""What the tour's shell runs before every prompt: fields on stdin, what to do next on stdout."""

import json
import os
import sys
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

from caro_shell.key_names import shown_key
from caro_shell.keypress.outcomes import outcomes_of
from caro_shell.tour.steps import Step, advance, read_steps, seen_of

_BOLD, _DIM, _PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[0m"
_WIDEST = 100


def main() -> int:
    """Say what comes next; whatever is wrong with that is one sentence, as the shell has to go on."""
    try:
        directory = Path(os.environ["CARO_TOUR"])
        fields = _fields(sys.stdin.buffer.read())
        sys.stdout.write("\n".join(_told(directory, fields)) + "\n")
    except Exception as error:  # the prompt comes whatever happens here
        sys.stdout.write(f"caro: the tour cannot go on ({type(error).__name__}: {error}); exit leaves it.\n")
        return 1
    return 0


def _fields(told: bytes) -> dict[str, list[str]]:
    """Return what the shell tells: a name, a tab, a text and a NUL each."""
    found: dict[str, list[str]] = {}
    for field in told.decode("utf-8", "replace").split("\0")[:-1]:
        name, _tab, text = field.partition("\t")
        found.setdefault(name, []).append(text)
    return found


def _told(directory: Path, fields: dict[str, list[str]]) -> Iterator[str]:
    """Yield the lines to say, and remember how far the user has come."""
    place = directory / "place"
    at, read = json.loads(place.read_text(encoding="ascii")) if place.exists() else (0, 0)
    steps = _steps_for(fields)
    pressed = (directory / "pressed").read_bytes()
    presses = [json.loads(line) for line in pressed[read:].splitlines()]
    outcomes = [text for press in presses for text in press["outcomes"]] + fields.get("outcome", [])
    fates = [outcome["fate"] for outcome in outcomes_of(outcomes)]
    skip = bool("".join(fields.get("skip", [])))
    names = _names(fields)
    if not place.exists():
        yield from _greeting(fields, names)
    behind = list(advance(at, steps, seen_of(presses, fates), skip=skip))
    for step in behind[skip:]:
        yield from _wrapped(f"✓ {step.done.format(**names)}")
    now = at + len(behind)
    place.write_text(json.dumps([now, len(pressed)]), encoding="ascii")
    yield from _shown(now, steps, names, is_new=now != at)


def _steps_for(fields: dict[str, list[str]]) -> Sequence[Step]:
    """Return the steps without those whose key this user has turned off."""
    gone = {"comment"} if _first(fields, "comment") == "off" else set()
    gone |= set() if _first(fields, "explain_key") else {"explained"}
    return [step for step in read_steps() if step.seen not in gone]


def _first(fields: dict[str, list[str]], name: str) -> str:
    return fields.get(name, [""])[0]


def _names(fields: dict[str, list[str]]) -> dict[str, str]:
    shell = _first(fields, "shell")
    loading = f"To have the keys in every {shell}: caro init {shell}" if not _first(fields, "loaded") else ""
    return {
        "key": shown_key(_first(fields, "key")),
        "explain": shown_key(_first(fields, "explain_key")),
        "undo": "Ctrl-Z" if shell == "fish" else "Ctrl-_ (on many keyboards Ctrl-/)",
        "loading": loading or "The keys are in your own shell already.",
    }


def _greeting(fields: dict[str, list[str]], names: dict[str, str]) -> Iterator[str]:
    """Yield what is said once, before the first step."""
    yield from _wrapped(
        "This is your own shell, among a few files to play with. They and the history of it go when you leave."
    )
    for name, key in (("key_owner", names["key"]), ("explain_key_owner", names["explain"])):
        if key and (owner := _first(fields, name)):
            variable = f"CARO_{name.removesuffix('_owner').upper()}"
            yield from _wrapped(f"{key} is {owner}'s here. To try it with another key: {variable}='ctrl-x g' caro tour")
    if not names["key"]:
        yield from _wrapped("Your settings turn the key off. To try it with one: CARO_KEY=ctrl-g caro tour")


def _shown(at: int, steps: Sequence[Step], names: dict[str, str], *, is_new: bool) -> Iterator[str]:
    """Yield a step: its number and title, and what to press."""
    step = steps[at]
    told = step.say.format(request=step.request, **names).strip()
    if is_new:
        yield ""
    leaving = "" if at == len(steps) - 1 else "  (skip: the next one; exit: leave)"
    yield f"{_look(_BOLD)}tour {at + 1}/{len(steps)}: {step.title}{_look(_PLAIN)}{_look(_DIM)}{leaving}{_look(_PLAIN)}"
    yield from _wrapped(told)


def _look(sequence: str) -> str:
    return "" if os.environ.get("NO_COLOR") else sequence


def _wrapped(text: str) -> Iterator[str]:
    columns = min(os.get_terminal_size(1).columns if os.isatty(1) else _WIDEST, _WIDEST)
    # Two blanks set off what is to be typed.
    yield from textwrap.wrap(
        text, max(columns - 1, 20), initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False
    )
