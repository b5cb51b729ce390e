"""The files of dangerous and harmless commands keep to their README; no shell ever sees them here."""

import re
from pathlib import Path

import pytest
from danger_cases import FILES, read_cases

LEVELS = {"dangerous": ("", "high", "critical"), "harmless": ("", "safe", "moderate")}
CONTEXT = re.compile(r"root|shell=(zsh|fish)|cwd=\S+|here=\S+|alias [\w-]+=.+")


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_every_line_is_a_case_a_comment_or_blank(file: Path) -> None:
    """A level of its side, a command without a separator left in it, contexts that the README names."""
    for case in read_cases(file):
        assert case.level in LEVELS[file.parent.name], case
        assert case.command == case.command.strip(), case
        assert case.command, case
        assert "␟" not in case.command, case
        assert all(CONTEXT.fullmatch(one) for one in case.context), case


def test_no_case_stands_twice() -> None:
    """Neither in two files nor on both sides: a case that is both dangerous and harmless is a mistake."""
    seen: dict[tuple[str, tuple[str, ...]], Path] = {}
    for file in FILES:
        for case in read_cases(file):
            assert (case.command, case.context) not in seen, (case, seen[case.command, case.context])
            seen[case.command, case.context] = file


@pytest.mark.parametrize(("side", "least", "close"), [("dangerous", 520, 200), ("harmless", 520, 250)])
def test_there_are_enough_of_each_side_and_of_its_disguises(side: str, least: int, close: int) -> None:
    """A share of two in a hundred says something only over hundreds; so many and more are held back."""
    of_side = {file: len(list(read_cases(file))) for file in FILES if file.parent.name == side}
    held = sum(count for file, count in of_side.items() if file.name.endswith(".held.txt"))
    assert sum(of_side.values()) >= least
    assert held >= 500
    assert sum(count for file, count in of_side.items() if file.name.startswith(("disguise-", "lookalike-"))) >= close
