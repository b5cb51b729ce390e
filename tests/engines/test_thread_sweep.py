"""The number of threads is measured once, behind what is held, and only where nobody is in the way."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from caro_shell.engines import never, thread_sweep
from caro_shell.engines.thread_sweep import ThreadSweep

HELD = 7


class Machine:
    """A model and a clock: evaluating takes what is said, by threads and by how many tokens there are."""

    def __init__(self, decode: dict[int, float], prompt: dict[int, float]) -> None:
        """Nothing has been evaluated."""
        self.times = {False: decode, True: prompt}
        self.now = 0.0
        self.used: list[tuple[int, int]] = []
        self.left: list[int] = []
        self.aborted: Callable[[], bool] = never
        self.survives = 1000

    def tokenize(self, _text: str, *, special: bool) -> list[int]:  # noqa: ARG002  llama.cpp's parameters
        """Return two tokens."""
        return [1, 2]

    def use_threads(self, decode: int, prompt: int) -> None:
        """Note what is used."""
        self.used.append((decode, prompt))

    def evaluate(self, tokens: Sequence[int]) -> bool:
        """Let time pass."""
        many, (decode, prompt) = len(tokens) > 1, self.used[-1]
        self.now += self.times[many][prompt if many else decode]
        self.survives -= 1
        return self.survives > 0

    def forget_after(self, position: int) -> None:
        """Note what stays."""
        self.left.append(position)


@pytest.fixture(autouse=True)
def four_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let three threads be the guess, and four the most."""
    monkeypatch.setattr(thread_sweep, "logical_cpus", lambda: 4)


def sweep(machine: Any, place: Path, **more: Any) -> ThreadSweep:  # noqa: ANN401  a stand-in, and the fields
    """Return the threads of a machine on which nobody else is at work."""
    return ThreadSweep(
        **{"loaded": machine, "guessed": 3, "key": ["x"], "place": place, "load": lambda: 0.1, **more},
        clock=lambda: machine.now,
    )


SLOW_TOGETHER = ({3: 40.0, 1: 60.0, 4: 70.0}, {3: 300.0, 1: 700.0, 4: 200.0})


def test_what_is_clearly_faster_is_used_and_remembered(tmp_path: Path) -> None:
    """One token and many are two things; the next daemon has the numbers at once; what is held stays."""
    machine, place = Machine(*SLOW_TOGETHER), tmp_path / "threads.json"
    made = sweep(machine, place)
    assert not made.is_measured
    made.measure(HELD, never)
    assert made.is_measured
    assert machine.used[-1] == (3, 4)
    assert set(machine.left) == {HELD}
    assert place.stat().st_mode & 0o777 == 0o600
    again = Machine(*SLOW_TOGETHER)
    assert sweep(again, place).is_measured
    assert again.used == [(3, 4)]


def test_a_little_faster_is_noise(tmp_path: Path) -> None:
    """The guess stays, and is remembered, too."""
    machine, place = Machine({3: 40.0, 1: 38.0, 4: 39.0}, {3: 300.0, 1: 290.0, 4: 280.0}), tmp_path / "threads.json"
    sweep(machine, place).measure(HELD, never)
    assert machine.used[-1] == (3, 3)
    assert list(json.loads(place.read_text()).values()) == [[3, 3]]


def test_another_model_or_library_is_measured_anew(tmp_path: Path) -> None:
    """The numbers are theirs alone."""
    place = tmp_path / "threads.json"
    sweep(Machine(*SLOW_TOGETHER), place).measure(HELD, never)
    assert not sweep(Machine(*SLOW_TOGETHER), place, key=["y"]).is_measured


def test_a_request_comes_first(tmp_path: Path) -> None:
    """The guess is used again, and it is begun anew some other time."""
    machine, place = Machine(*SLOW_TOGETHER), tmp_path / "threads.json"
    machine.survives = 5
    made = sweep(machine, place)
    made.measure(HELD, never)
    assert not made.is_measured
    assert machine.used[-1] == (3, 3)
    assert machine.left[-1] == HELD
    assert not place.exists()


def test_a_busy_machine_says_nothing(tmp_path: Path) -> None:
    """Nothing is evaluated on it."""
    machine = Machine(*SLOW_TOGETHER)
    made = sweep(machine, tmp_path / "threads.json", load=lambda: 3.0)
    made.measure(HELD, never)
    assert not made.is_measured
    assert machine.used == []


def test_who_has_set_the_number_has_it(tmp_path: Path) -> None:
    """What was measured is for those who leave it to caro."""
    place = tmp_path / "threads.json"
    sweep(Machine(*SLOW_TOGETHER), place).measure(HELD, never)
    machine = Machine(*SLOW_TOGETHER)
    assert sweep(machine, place, is_free=False).is_measured
    assert machine.used == []


@pytest.mark.parametrize("content", ["", "[]", "{", '{"%s": [0, 9999]}', '{"%s": "ab"}', '{"%s": [2]}', '{"%s": null}'])
def test_a_file_of_nonsense_is_none(tmp_path: Path, content: str) -> None:
    """It is measured again."""
    place = tmp_path / "threads.json"
    sweep(Machine(*SLOW_TOGETHER), place).measure(HELD, never)
    (name,) = json.loads(place.read_text())
    place.write_text(content.replace('"%s"', json.dumps(name)))
    machine = Machine(*SLOW_TOGETHER)
    assert not sweep(machine, place).is_measured
    assert machine.used == []
