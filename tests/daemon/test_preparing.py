"""The examples are in a prompt once the engine keeps them evaluated, which it does in its spare time."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from caro_shell import config
from caro_shell.answers import Listener
from caro_shell.daemon.jobs import Job
from caro_shell.daemon.manners import Manners
from caro_shell.daemon.worker import Worker
from caro_shell.engines import Placement, Usage
from caro_shell.machine.priority import Priority
from caro_shell.pipeline import Pipeline
from caro_shell.prompt import Message
from caro_shell.protocol import Ask

ASK = Ask("list files", "bash", "1")


class KeepingEngine:
    """Keeps what it has prepared; says `ls` to everything; its preparation waits until it is let go or cancelled."""

    name, model, placement = "keeping", "parrot", Placement(device="none")
    notes: tuple[str, ...] = ()

    def __init__(self) -> None:
        """Nothing is kept."""
        self.usage = Usage()
        self.sent: Sequence[Message] = ()
        self.kept: list[Sequence[Message]] = []
        self.preparing, self.let_go, self.prepared = threading.Event(), threading.Event(), threading.Event()
        self.room = 10_000
        self.cancelled = 0

    def load(self) -> None:
        """There is nothing to load."""

    def prime(self, messages: Sequence[Message]) -> None:
        """There is nothing to evaluate."""

    def keeps(self, messages: Sequence[Message]) -> bool:
        """Say whether it has been prepared."""
        return messages[:-1] in self.kept and len(messages[-1].content) < self.room

    def prepare(self, messages: Sequence[Message], cancelled: Callable[[], bool]) -> None:
        """Take until it is let go."""
        self.preparing.set()
        while not self.let_go.wait(0.01):
            if cancelled():
                self.cancelled += 1
                return
        self.kept.append(messages[:-1])
        self.prepared.set()

    def stream(self, messages: Sequence[Message], *_: object) -> Iterator[str]:
        """Say the one thing it can."""
        self.sent = messages
        yield "ls"
        self.usage = Usage(ended=True)

    def close(self) -> None:
        """There is nothing to free."""


def test_a_prompt_has_examples_once_they_are_kept() -> None:
    """The system's message, the examples, the request: until then the request alone."""
    engine = KeepingEngine()
    pipeline = Pipeline(engine)
    pipeline.answer(ASK, Listener())
    assert len(engine.sent) == 2
    assert not pipeline.is_prepared("bash")
    engine.let_go.set()
    pipeline.prepare("bash")
    assert pipeline.is_prepared("bash")
    pipeline.answer(ASK._replace(fresh=True), Listener())
    assert len(engine.sent) > 80
    assert [message.role for message in engine.sent[:3]] == ["system", "user", "assistant"]
    assert engine.sent[-1].content == "list files"


def test_a_request_that_leaves_no_room_goes_without_them() -> None:
    """Rather than not at all."""
    engine = KeepingEngine()
    engine.let_go.set()
    engine.room = 50
    pipeline = Pipeline(engine)
    pipeline.prepare("bash")
    pipeline.answer(ASK._replace(line="list files " * 20), Listener())
    assert len(engine.sent) == 2


def test_who_wants_none_has_none() -> None:
    """Nothing is evaluated for them then."""
    engine = KeepingEngine()
    engine.let_go.set()
    pipeline = Pipeline(engine, examples=False)
    assert pipeline.is_prepared("bash")
    pipeline.prepare("bash")
    pipeline.answer(ASK, Listener())
    assert engine.kept == []
    assert len(engine.sent) == 2


def test_each_shell_has_its_own() -> None:
    """What is kept for bash is not kept for fish."""
    engine = KeepingEngine()
    engine.let_go.set()
    pipeline = Pipeline(engine)
    pipeline.prepare("bash")
    assert pipeline.is_prepared("bash")
    assert not pipeline.is_prepared("fish")


def test_the_worker_prepares_in_its_spare_time_and_a_request_interrupts_that(monkeypatch: Any) -> None:  # noqa: ANN401
    """The request is answered at once; afterwards it goes on, and nothing is prepared twice."""
    engine, done, replies = KeepingEngine(), threading.Semaphore(0), []

    def report(_job: Job, event: dict[str, Any]) -> None:
        if event["type"] in {"done", "error"}:
            replies.append(event)
            done.release()

    monkeypatch.setattr("caro_shell.daemon.worker.create_engine", lambda _settings: engine)
    monkeypatch.setattr("caro_shell.daemon.worker._REST_S", 0.01)
    worker = Worker(report, Manners(Path("/nowhere")))
    worker.start()

    def ask(request: Ask) -> None:
        worker.submit(Job(b"client", b"id", request, config.current(), time.monotonic()))
        assert done.acquire(timeout=30)

    ask(ASK)
    assert engine.preparing.wait(30)
    engine.preparing.clear()
    ask(ASK._replace(fresh=True))
    assert engine.cancelled == 1
    assert engine.preparing.wait(30)
    assert len(engine.sent) == 2
    engine.let_go.set()
    assert engine.prepared.wait(30)
    ask(ASK._replace(fresh=True))
    assert len(engine.sent) > 80
    assert worker.stop(30)
    assert [reply["type"] for reply in replies] == ["done"] * 3
    assert len(engine.kept) == 1


def test_the_worker_prepares_nothing_on_battery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plugged in, it does so by itself, and gives way to other sessions meanwhile."""
    battery = tmp_path / "sys/class/power_supply/BAT0"
    battery.mkdir(parents=True)
    (battery / "type").write_text("Battery")
    (battery / "status").write_text("Discharging")
    engine, answered, looked, gave_way = KeepingEngine(), threading.Event(), threading.Semaphore(0), list[str]()

    class OneThatTells(Priority):
        """Tells what it does, and leaves this process as it is."""

        def set(self, nice: int) -> None:
            gave_way.append(f"{nice}, prepared" if engine.kept else str(nice))

    class Looking(Manners):
        """Tells that it was asked."""

        def may_prepare(self) -> bool:
            may = super().may_prepare()
            looked.release()
            return may

    monkeypatch.setattr("caro_shell.daemon.worker.create_engine", lambda _settings: engine)
    monkeypatch.setattr("caro_shell.daemon.worker.Priority", OneThatTells)
    monkeypatch.setattr("caro_shell.daemon.worker._REST_S", 0.01)
    monkeypatch.setattr("caro_shell.daemon.worker.AGAIN_S", 0.01)
    monkeypatch.setattr("caro_shell.daemon.manners.AGAIN_S", 0.0)
    worker = Worker(lambda _job, event: answered.set() if event["type"] == "done" else None, Looking(tmp_path, "linux"))
    worker.start()
    worker.submit(Job(b"client", b"id", ASK, config.current(), time.monotonic()))
    assert answered.wait(30)
    for _look in range(5):
        assert looked.acquire(timeout=30)
    assert not engine.preparing.is_set()
    assert gave_way == []
    engine.let_go.set()
    (battery / "status").write_text("Charging")
    assert engine.prepared.wait(30)
    assert worker.stop(30)
    assert gave_way == ["10", "0, prepared"]
