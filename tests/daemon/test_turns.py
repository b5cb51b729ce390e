"""Whose request is next: fairness as a property of the order, whatever comes when."""

import random
import threading
from collections import Counter
from queue import Empty

import pytest

from caro_shell import __version__
from caro_shell.config import Settings
from caro_shell.daemon.jobs import Job
from caro_shell.daemon.turns import Turns
from caro_shell.protocol import Ask


def job(terminal: str, client: str = "", name: str = "") -> Job:
    """Return a request from a terminal, or from a script's connection."""
    ask = Ask(name, "zsh", __version__, terminal=terminal)
    return Job((client or terminal).encode(), name.encode(), ask, Settings(), 0.0)


def names(turns: Turns[str]) -> list[str]:
    """Take everything that waits, and return what it is called."""
    found = []
    while not turns.empty():
        taken = turns.get()
        found.append(taken if isinstance(taken, str) else taken.request.line)
    return found


def test_a_key_press_waits_for_one_of_each_of_the_others() -> None:
    """A script's hundred requests have one turn among those of the terminals, in their own order."""
    turns = Turns[str]()
    for number in range(4):
        turns.put(job("", "batch", f"batch {number}"))
    for name in ("tty1", "tty2"):
        turns.put(job(name, name=name))
    assert names(turns) == ["batch 0", "tty1", "tty2", "batch 1", "batch 2", "batch 3"]


def test_scripts_take_their_common_turn_by_connection() -> None:
    """One request beside a batch waits for one of the batch."""
    turns = Turns[str]()
    for number in range(3):
        turns.put(job("", "batch", f"batch {number}"))
    turns.put(job("", "other", "other"))
    turns.put(job("tty1", name="tty1"))
    assert names(turns) == ["batch 0", "tty1", "other", "batch 1", "batch 2"]


@pytest.mark.parametrize("seed", range(20))
def test_between_two_turns_everybody_else_has_one_at_most(seed: int) -> None:
    """Requests of any number come and are taken in any order: none is lost, none is passed by twice."""
    chance = random.Random(seed)  # noqa: S311  data for a test
    turns = Turns[str]()
    waiting: dict[str, list[Job]] = {}
    passed: dict[str, Counter[str]] = {}
    terminals = [f"tty{number}" for number in range(chance.randint(1, 8))] + [""]
    coming = 300
    while coming or waiting:
        if coming and chance.random() < chance.choice((0.3, 0.6)):
            coming -= 1
            new = job(chance.choice(terminals), name=str(coming))
            if new.request.terminal not in waiting:
                passed[new.request.terminal] = Counter()
            waiting.setdefault(new.request.terminal, []).append(new)
            turns.put(new)
        elif waiting:
            taken = turns.get()
            assert isinstance(taken, Job)
            terminal = taken.request.terminal
            assert taken is waiting[terminal].pop(0)
            passed[terminal] = Counter()
            if not waiting[terminal]:
                del waiting[terminal]
            for other in waiting:
                passed[other][terminal] += other != terminal
                assert max(passed[other].values()) <= 1, (other, passed[other])
    assert turns.empty()


def test_who_presses_again_keeps_the_turn() -> None:
    """A request that was superseded is passed over on the way to the one that took its place."""
    turns = Turns[str]()
    old = [job("tty1", f"press {number}", f"old {number}") for number in range(3)]
    for each in old:
        turns.put(each)
    turns.put(job("tty2", name="tty2"))
    turns.put(job("tty1", "press 3", "newest"))
    for each in old:
        each.cancelled.set()
    assert names(turns) == ["old 0", "old 1", "old 2", "newest", "tty2"]


def test_a_chore_is_done_between_what_came_before_and_after_it() -> None:
    """A model is given back once the requests before are answered, and not behind those that come later."""
    turns = Turns[str]()
    turns.put(job("", "batch", "before 0"))
    turns.put(job("", "batch", "before 1"))
    turns.put_chore("unload")
    turns.put(job("tty1", name="after"))
    turns.put_chore("stop")
    assert names(turns) == ["before 0", "before 1", "unload", "after", "stop"]


def test_whoever_waits_gets_what_comes() -> None:
    """A worker that sleeps is woken, and one that looks whether there is something is told."""
    turns = Turns[str]()
    with pytest.raises(Empty):
        turns.get(timeout=0)
    got: list[object] = []
    worker = threading.Thread(target=lambda: got.append(turns.get()))
    worker.start()
    turns.put_chore("stop")
    worker.join()
    assert got == ["stop"]
