"""What a daemon leaves behind when it dies of a model, and when that counts."""

import json
import os
import stat
from pathlib import Path

import pytest

from caro_shell.engines.attempts import KEPT_S, Attempts

KEY = ("0.3", "llama_cpp", "auto", "/models/one.gguf")


class Clock:
    """The time, as a test sets it."""

    now = 1_000_000.0

    def __call__(self) -> float:
        """Return it."""
        return self.now


def next_daemon(path: Path, clock: Clock, key: tuple[str, ...] = KEY) -> Attempts:
    """Return what a daemon that starts now knows; the one before it had another process id."""
    if path.exists():
        found = json.loads(path.read_text())
        path.write_text(json.dumps({**found, "pid": os.getpid() + 1}))
    made = Attempts(path, key, clock)
    made.read()
    return made


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where it is kept."""
    return tmp_path / "attempts.json"


def test_a_death_while_loading_is_known_to_the_next_daemon(path: Path) -> None:
    """It takes one, and the file is nobody else's."""
    next_daemon(path, Clock()).begin("load", "CUDA0 -1")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    after = next_daemon(path, Clock())
    assert after.was_deadly("CUDA0 -1")
    assert not after.was_deadly("cpu 0")


def test_a_death_in_mid_answer_takes_two_to_be_believed(path: Path) -> None:
    """Somebody may have killed it; an answer in between shows that it works."""
    for deaths in (1, 2):
        daemon = next_daemon(path, Clock())
        daemon.begin("load", "CUDA0 -1")
        daemon.survived("load")
        daemon.begin("answer", "CUDA0 -1")
        assert next_daemon(path, Clock()).was_deadly("CUDA0 -1") == (deaths == 2)
    daemon = next_daemon(path, Clock())
    daemon.begin("answer", "CUDA0 -1")
    daemon.survived("answer")
    assert not next_daemon(path, Clock()).was_deadly("CUDA0 -1")


def test_what_went_well_leaves_nothing(path: Path) -> None:
    """No file is there while nothing is being tried."""
    daemon = next_daemon(path, Clock())
    daemon.begin("load", "cpu 0")
    assert path.exists()
    daemon.survived("load")
    assert not path.exists()


def test_who_leaves_in_order_has_not_died(path: Path) -> None:
    """A daemon that is told to leave while it loads is no warning to the next."""
    daemon = next_daemon(path, Clock())
    daemon.begin("load", "cpu 0")
    daemon.close()
    assert next_daemon(path, Clock()).deaths == []


def test_deaths_are_kept_when_another_way_works(path: Path) -> None:
    """The daemon after it must not die of the first way again."""
    next_daemon(path, Clock()).begin("load", "CUDA0 -1")
    second = next_daemon(path, Clock())
    second.begin("load", "cpu 0")
    second.survived("load")
    assert next_daemon(path, Clock()).deaths == ["load CUDA0 -1"]


@pytest.mark.parametrize("change", ["model", "day", "rubbish", "list"])
def test_nobody_is_punished_for_ever(path: Path, change: str) -> None:
    """Another model or setting, a day later, or a file that is none of ours: a new start."""
    clock = Clock()
    next_daemon(path, clock).begin("load", "CUDA0 -1")
    key = KEY
    if change == "model":
        key = (*KEY[:-1], "/models/two.gguf")
    elif change == "day":
        clock.now += KEPT_S
    else:
        path.write_text("[]" if change == "list" else "{")
        made = Attempts(path, KEY, clock)
        made.read()
        assert made.deaths == []
        return
    assert next_daemon(path, clock, key).deaths == []


def test_a_process_that_is_no_daemon_writes_nothing(tmp_path: Path) -> None:
    """A bench or a test beside the daemon does not speak for it."""
    made = Attempts.of_this_daemon(KEY, {"HOME": str(tmp_path)})
    made.begin("load", "cpu 0")
    made.close()
    assert list(tmp_path.iterdir()) == []
