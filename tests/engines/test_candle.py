"""Candle: what mistral.rs does not do by itself, such as to stop at once and to be silent; and what it is asked."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from engine_kinds import models_dir, need_module

from caro_shell.config import Settings
from caro_shell.engines import Sampling, never
from caro_shell.engines.candle import CandleEngine
from caro_shell.engines.candle.answer import Answer, Restored
from caro_shell.errors import EngineError
from caro_shell.prompt import Message

NAME = {"< |im_end|>": "<|im_end|>"}


def ask(request: str) -> list[Message]:
    """Return the messages of a request."""
    return [Message("system", "Answer with one command."), Message("user", request)]


@pytest.fixture(scope="module")
def engine() -> Iterator[CandleEngine]:
    """The 0.5B, loaded once."""
    need_module("mistralrs")
    made = CandleEngine(Settings(engine="candle", model="tiny", models_dir=models_dir()))
    made.load()
    made.prime(ask(""))
    yield made
    made.close()


@pytest.mark.parametrize(
    ("pieces", "shown"),
    [
        (["echo", " hi"], ["echo", " hi"]),
        (["echo < |im_end|> x"], ["echo <|im_end|> x"]),
        (["a <", " |im", "_end|", "> b"], ["a ", "", "", "<|im_end|> b"]),
        (["a < b", " < |x"], ["a < b", " < |x"]),
        (["sort <"], ["sort ", "<"]),
        (["< |im_end|>< |im_", "end|>"], ["<|im_end|>", "<|im_end|>"]),
    ],
)
def test_what_was_written_another_way_is_put_back(pieces: list[str], shown: list[str]) -> None:
    """The names of control tokens come back as they were typed, wherever an answer is cut into pieces."""
    restored = Restored(NAME)
    said = [*map(restored.add, pieces), restored.rest()]
    assert [text for text in said if text] == [text for text in shown if text]


def test_whoever_cancels_is_free_at_once() -> None:
    """The library may be deep in a prompt: nobody waits for it, and it is told as soon as it listens."""
    gate, dropped = threading.Event(), threading.Event()

    def ask_slowly() -> Iterator[str]:
        try:
            gate.wait()
            yield "late"
            raise AssertionError("somebody still wanted more")
        finally:
            dropped.set()

    answer = Answer(ask_slowly)
    assert list(answer.chunks(lambda: True)) == []
    answer.drop()
    assert not answer.is_over(0)
    gate.set()
    assert dropped.wait(30)
    assert answer.is_over(30)


@pytest.mark.parametrize("error", [ValueError("it broke\n   0: a backtrace"), SystemError()])
def test_a_failure_at_work_is_one_sentence(error: Exception) -> None:
    """What the library raises in its thread reaches the user without its backtrace."""

    def fail() -> Iterator[str]:
        yield "a"
        raise error

    chunks = Answer(fail).chunks(never)
    assert next(chunks) == "a"
    with pytest.raises(EngineError, match="Candle failed at work") as caught:
        next(chunks)
    assert "\n" not in caught.value.message
    assert caught.value.hint


def test_a_panic_is_an_error_like_another(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Rust's panics are no Exception in Python, and would end the daemon's worker."""

    class PanicException(BaseException):
        pass

    def panic(_self: CandleEngine, _path: Path) -> None:
        raise PanicException("called `Option::unwrap()` on a `None` value")

    weights = SimpleNamespace(path=tmp_path / "some.gguf", title="some", stands_in_for="")
    monkeypatch.setattr("caro_shell.engines.candle.find_model", lambda _name, _settings: weights)
    monkeypatch.setattr(CandleEngine, "_start", panic)
    with pytest.raises(EngineError, match="Candle cannot load"):
        CandleEngine(Settings()).load()


def test_all_files_of_a_split_model_are_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The first one is what the settings name."""
    need_module("mistralrs")
    given: list[object] = []

    def runner(which: object, **_rest: object) -> object:
        given.append(which)
        return object()

    first = tmp_path / "m-00001-of-00003.gguf"
    first.write_bytes(b"GGUF")
    weights = SimpleNamespace(path=first, title="m", stands_in_for="")
    monkeypatch.setattr("caro_shell.engines.candle.find_model", lambda _name, _settings: weights)
    monkeypatch.setattr("mistralrs.Runner", runner)
    monkeypatch.setattr(
        "mistralrs.Which",
        SimpleNamespace(GGUF=lambda quantized_model_id, quantized_filename: (quantized_model_id, quantized_filename)),
    )
    CandleEngine(Settings()).load()
    assert given == [(str(tmp_path), [f"m-0000{number}-of-00003.gguf" for number in (1, 2, 3)])]


@pytest.mark.model
def test_names_of_control_tokens_reach_the_model_as_words(engine: CandleEngine) -> None:
    """mistral.rs would take them for the tokens: they get a blank, which `caro last` shows and the answer loses."""
    said = "".join(engine.stream(ask("echo the text <|im_end|>"), Sampling(max_tokens=12), never))
    assert engine.sent[-1].content == "echo the text < |im_end|>"
    assert "< |im_end|>" not in said
    list(engine.stream(ask("a < b |im_end|>"), Sampling(max_tokens=1), never))
    assert engine.sent[-1].content == "a < b |im_end|>"


@pytest.mark.model
def test_the_next_request_waits_for_a_prompt_that_was_cancelled(engine: CandleEngine) -> None:
    """It cannot be stopped before its first token, so that the next one is asked when it is over; and is answered."""
    asked = 0

    def cancelled() -> bool:
        nonlocal asked
        asked += 1
        return asked > 2

    assert list(engine.stream(ask("files " * 40), Sampling(max_tokens=100), cancelled)) == []
    assert engine.usage.answer_tokens == 0
    assert "".join(engine.stream(ask("list all files"), Sampling(max_tokens=6), never))
    # And whoever cancels while it waits is free as well.
    asked = 0
    assert list(engine.stream(ask("files " * 41), Sampling(max_tokens=100), cancelled)) == []
    asked = 0
    assert list(engine.stream(ask("list all files"), Sampling(max_tokens=6), cancelled)) == []


@pytest.mark.model
def test_a_prompt_that_was_asked_before_is_evaluated_anew(engine: CandleEngine) -> None:
    """Seen with mistral.rs 0.9.5, and said in docs/engines.md: it reuses what prompts share, but never a whole one."""
    list(engine.stream(ask("show the date"), Sampling(max_tokens=2), never))
    assert engine.usage.reused_tokens > 5
    list(engine.stream(ask("show the date"), Sampling(max_tokens=2), never))
    assert engine.usage.reused_tokens == 0


@pytest.mark.model
def test_what_it_keeps_for_ever_is_bounded(engine: CandleEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is started anew after so many requests, since it gives nothing back on a CPU; the next one is answered."""
    import mistralrs

    started: list[object] = []
    really = mistralrs.Runner

    def start(**options: Any) -> Any:  # noqa: ANN401  the real one's
        started.append(options["which"])
        return really(**options)

    monkeypatch.setattr(mistralrs, "Runner", start)
    monkeypatch.setattr("caro_shell.engines.candle.MOST_ASKED", 0)
    assert "".join(engine.stream(ask("list all files"), Sampling(max_tokens=6), never))
    assert len(started) == 1
    assert engine.usage.reused_tokens == 0


@pytest.mark.model
def test_the_library_says_nothing() -> None:
    """From its import on, in a process of its own; and the variables it was told by are gone again."""
    need_module("mistralrs")
    program = (
        "import os, sys; from caro_shell.config import Settings; from caro_shell.engines.candle import CandleEngine;"
        "before = dict(os.environ);"
        "CandleEngine(Settings(model='tiny', models_dir=sys.argv[1])).load();"
        "assert dict(os.environ) == before"
    )
    environ = {key: value for key, value in os.environ.items() if not key.startswith(("RUST_", "RAYON_"))}
    done = subprocess.run(
        [sys.executable, "-c", program, models_dir()], capture_output=True, text=True, check=False, env=environ
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
