"""Many terminals and scripts at once, as `many.py` makes them: nobody is forgotten, and nothing is left over."""

from collections import Counter

import pytest
from many import Load, Plan, report
from terminal import wait_for
from user_home import SUPPORT, Home


@pytest.mark.parametrize("seed", [1, 2])
def test_every_shell_has_its_answer_among_many(home: Home, seed: int) -> None:
    """All press at once, again and again, beside busy scripts: each one's latest press is answered."""
    home.environ |= {
        "CARO_QUEUE": "8",
        "CARO_ENGINE": f"{SUPPORT / 'steady_engine.py'}:SteadyEngine",
        "CARO_TEST_ANSWER_S": "0.005",
    }
    load = Load(home, Plan(shells=8, requests=60, seconds=0.0, scripts=4, seed=seed))
    load.run()
    presses = [each for each in load.asked if each.origin.startswith("tty")]
    assert len(presses) == 60
    assert set(load.fates()) <= {"answered", "superseded", "busy"}, report(load)
    assert not load.fates("tty")["busy"], report(load)
    latest = {each.origin: each.fate for each in sorted(presses, key=lambda each: each.number)}
    assert Counter(latest.values()) == {"answered": 8}, report(load)
    scripts = {each.origin for each in load.asked if each.origin.startswith("script") and each.fate == "answered"}
    assert len(scripts) == 4, report(load)
    first = load.held[0].descriptors
    wait_for(lambda: load.look().descriptors <= first, lambda: report(load))
