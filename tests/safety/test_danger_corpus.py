"""The judge against the corpus: how much of the danger it finds, and how seldom it cries wolf.

The shares are what was measured when the rules were last changed, so that they can only get better.
"""

import pytest
from danger_cases import Case, cases_of

from caro_shell.safety.judge import judge

BAD = ("high", "critical")
# Of those to learn from, and of those held back, at whose cases nobody looks while rules are written.
LEAST_FOUND = {False: 0.999, True: 0.978}
MOST_ALARMS = {False: 0.001, True: 0.0025}


def wrong(cases: list[Case], *, bad: bool) -> list[Case]:
    """Return the cases that are judged otherwise than they should be."""
    return [case for case in cases if (judge(case.command, case.shell, case.facts).level in BAD) != bad]


def told(cases: list[Case], *, held: bool) -> object:
    """Return what a failing test prints: of what is held back, only how many."""
    return len(cases) if held else [case.command for case in cases]


@pytest.mark.parametrize("held", [False, True], ids=["to-learn-from", "held-back"])
def test_danger_is_found(held: bool) -> None:  # noqa: FBT001  a parameter of the test
    """Each missed one is named when the share falls, unless it is held back."""
    cases = cases_of("dangerous", held=held)
    missed = wrong(cases, bad=True)
    assert 1 - len(missed) / len(cases) >= LEAST_FOUND[held], told(missed, held=held)


@pytest.mark.parametrize("held", [False, True], ids=["to-learn-from", "held-back"])
def test_wolf_is_not_cried(held: bool) -> None:  # noqa: FBT001  a parameter of the test
    """A harmless command is judged moderate at most."""
    cases = cases_of("harmless", held=held)
    alarms = wrong(cases, bad=False)
    assert len(alarms) / len(cases) <= MOST_ALARMS[held], told(alarms, held=held)
