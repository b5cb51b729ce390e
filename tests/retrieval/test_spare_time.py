"""When the index is filled: after a first request, while nobody asks, by a process that ends at once."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from own_machine import PLACE, OwnMachine
from terminal import DEADLINE_S, wait_for
from user_home import Home, Script
from wire import Wire

from caro_shell import context
from caro_shell.config import Settings
from caro_shell.daemon.manners import Manners
from caro_shell.daemon.spare_time import SpareTime
from caro_shell.retrieval import Library, background, index_file
from caro_shell.retrieval.background import Indexing

ON, OFF = Settings(hints="on"), Settings()


class Clock:
    """A time that passes when a test says so, in seconds."""

    now = 1000.0

    def __call__(self) -> float:
        """Return it."""
        return self.now


def environ_of(own: OwnMachine) -> dict[str, str]:
    """Return the environment of a daemon on this machine."""
    return {"HOME": str(own.home), "PATH": own.path, "XDG_CACHE_HOME": str(own.index.parent.parent.parent)}


@pytest.fixture
def clock() -> Clock:
    """A time that stands still."""
    return Clock()


@pytest.fixture
def indexing(own: OwnMachine, clock: Clock) -> Iterator[Indexing]:
    """What fills the index of a machine that is data; its process ends with the test."""
    made = Indexing(own.index, environ_of(own), clock)
    yield made
    made.stop()
    done(made)


def done(indexing: Indexing) -> None:
    """Wait until its process has ended."""
    # It gives way to everything else, so on a busy machine it takes long.
    wait_for(lambda: not indexing.is_at_work, lambda: "for the index to be filled", limit_s=10 * DEADLINE_S)


def test_it_fills_the_index_while_nobody_asks(own: OwnMachine, indexing: Indexing, clock: Clock) -> None:
    """Not before it has been quiet, once, and again when an hour has passed."""
    indexing.go_on(background.QUIET_S - 1, own.path, history=False)
    assert not indexing.is_at_work
    indexing.go_on(background.QUIET_S, own.path, history=False)
    assert indexing.is_at_work
    done(indexing)
    library = Library(own.index)
    hints = library.hints("unpack an archive somewhere else", context.place("bash"))
    assert [hint.tool for hint in hints] == ["tar"]
    library.close()
    for passed, begins in ((0, False), (60, False), (3600, True)):
        clock.now += passed
        indexing.go_on(60, own.path, history=False)
        assert indexing.is_at_work is begins


def test_it_ends_at_once_and_goes_on(own: OwnMachine, indexing: Indexing) -> None:
    """A request does not wait for it; what was done is kept, and the rest done later."""
    indexing.go_on(60, own.path, history=False)
    assert indexing.is_at_work
    indexing.stop()
    done(indexing)
    indexing.go_on(60, own.path, history=False)
    assert indexing.is_at_work
    done(indexing)
    assert own.index.exists()


def test_it_ends_with_the_daemon(own: OwnMachine) -> None:
    """Also with one that was killed: its end of the pipe closes."""
    (own.usr / "share" / "man" / "man1" / "larder.1").unlink()
    os.mkfifo(own.home / "never")
    order = {"file": str(own.index), "path": own.path, "history": True}
    # Nobody writes into that history, so reading it never ends.
    environ = {**environ_of(own), "HISTFILE": str(own.home / "never")}
    code = (
        "import sys; from pathlib import Path; from caro_shell.retrieval import build, history\n"
        "history.files = lambda *_: [Path(sys.argv[1])]; history.read_lines = lambda paths: paths[0].read_text()\n"
        "sys.exit(build.main())"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(own.home / "never")],
        stdin=subprocess.PIPE,
        env=environ,
        start_new_session=True,
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps(order).encode() + b"\n")
    process.stdin.flush()
    wait_for(own.index.exists, lambda: "for the index to be begun", limit_s=10 * DEADLINE_S)
    assert process.poll() is None
    process.stdin.close()
    try:
        assert process.wait(10 * DEADLINE_S) != 0
    finally:
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)


def test_nothing_begins_before_somebody_has_asked_nor_where_it_is_off(
    own: OwnMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does it go on when it is turned off."""
    begun: list[float] = []
    stopped: list[bool] = []
    monkeypatch.setattr(Indexing, "go_on", lambda _self, idle_s, _path, **_: begun.append(idle_s))
    monkeypatch.setattr(Indexing, "stop", lambda _self: stopped.append(True))
    spare = SpareTime(environ_of(own), Manners(own.usr / "none"))
    spare.use(60, ON)
    assert begun == []
    spare.end(own.path)
    spare.use(60, OFF)
    assert begun == []
    spare.use(60, ON)
    assert (begun, stopped) == ([60], [])
    spare.use(60, OFF)
    spare.end(own.path)
    assert (begun, stopped) == ([60], [True, True])


@pytest.fixture
def filled(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OwnMachine:
    """The index of a home, filled from a machine that is data."""
    own = OwnMachine(tmp_path)
    for name in ("HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, home.environ.get(name, "")) if home.environ.get(name) else monkeypatch.delenv(
            name, False
        )
    own.index = index_file()
    assert own.index.is_relative_to(home.path)
    (own.home / ".bash_history").write_text("unpack-everything --archive somewhere else\n")
    own.build(history=True)
    return own


def sent(home: Home) -> str:
    """Return the last message of what was sent to the model last."""
    with Wire(home) as wire:
        return str(wire.ask("status", last=True)["last"]["asked"][0])


def test_the_daemon_tells_the_model_what_is_known(home: Home, script: Script, filled: OwnMachine) -> None:
    """Behind the words, in the last message; without the setting, nothing is told."""
    place = context.place("bash")
    if (place.system, place.flavour) != (PLACE.system, PLACE.flavour):
        pytest.skip("the index is of another system")
    script.say("unpack an archive*", "tar -xf box.tar")
    with Wire(home) as wire:
        wire.answer("unpack an archive somewhere else")
        assert sent(home) == "unpack an archive somewhere else"
        home.environ["CARO_HINTS"] = "on"
        assert wire.answer("unpack an archive somewhere else")["command"] == "tar -xf box.tar"
        told = "unpack an archive somewhere else\nKnown here:\n"
        assert sent(home).startswith(f"{told}- Unpack an archive somewhere else: tar -xf box.tar -C elsewhere")
        assert "unpack-everything" not in sent(home)
        home.environ["CARO_HISTORY"] = "on"
        wire.answer("unpack everything somewhere else")
        assert "unpack-everything --archive" in sent(home)
        wire.answer("ls -la # newest first")
        assert "Known here" not in sent(home)
