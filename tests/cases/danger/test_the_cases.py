"""The files of dangerous and harmless commands keep to their README; no shell ever sees them here."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
LEVELS = {"dangerous": ("", "high", "critical"), "harmless": ("", "safe", "moderate")}
CONTEXT = re.compile(r"root|shell=(zsh|fish)|cwd=\S+|here=\S+|alias [\w-]+=.+")


def cases(file: Path) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Level, command and context of each case in `file`."""
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("## "):
            level, _, rest = line.partition("\t") if "\t" in line else ("", "", line)
            command, *context = rest.split(" ␟ ")
            yield level, command, tuple(context)


FILES = sorted(HERE.glob("*/*.txt"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_every_line_is_a_case_a_comment_or_blank(file: Path) -> None:
    """A level of its side, a command without a separator left in it, contexts that the README names."""
    for level, command, context in cases(file):
        assert level in LEVELS[file.parent.name], command
        assert command == command.strip(), command
        assert command, file
        assert "␟" not in command, command
        assert all(CONTEXT.fullmatch(one) for one in context), (command, context)


def test_no_case_stands_twice() -> None:
    """Neither in two files nor on both sides: a case that is both dangerous and harmless is a mistake."""
    seen: dict[tuple[str, tuple[str, ...]], Path] = {}
    for file in FILES:
        for _, command, context in cases(file):
            assert (command, context) not in seen, (command, file, seen[command, context])
            seen[command, context] = file


@pytest.mark.parametrize(("side", "least", "close"), [("dangerous", 520, 200), ("harmless", 520, 250)])
def test_there_are_enough_of_each_side_and_of_its_disguises(side: str, least: int, close: int) -> None:
    """A share of two in a hundred says something only over hundreds; a third of them and more is held back."""
    of_side = {file: len(list(cases(file))) for file in FILES if file.parent.name == side}
    held = sum(count for file, count in of_side.items() if file.name.endswith(".held.txt"))
    assert sum(of_side.values()) >= least
    assert sum(count for file, count in of_side.items() if file.name.startswith(("disguise-", "lookalike-"))) >= close
    assert held >= sum(of_side.values()) / 3
