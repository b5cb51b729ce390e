"""Several answers to one prompt: side by side with llama.cpp, one after another with the others, and each its own."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from engine_kinds import models_dir, need_module
from small_gguf import write_small_gguf

from caro_shell.config import Settings
from caro_shell.engines import Branching, Engine, Growth, Placement, Reader, Sampling, Usage, never, trials
from caro_shell.engines.candidates import stream_candidates
from caro_shell.engines.llama import LlamaEngine
from caro_shell.engines.llama_library import SEQUENCES
from caro_shell.engines.loaded import EvaluationError, Loaded
from caro_shell.engines.xllamacpp import XllamacppEngine
from caro_shell.errors import EngineError, Unusable
from caro_shell.prompt import Message

ASK = [Message("system", "Reply with one shell command."), Message("user", "list all files")]
DRAWS = [Sampling(12), *(Sampling(12, 0.8, seed) for seed in range(1, 4))]


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A model of a few kilobytes."""
    need_module("llama_cpp")
    monkeypatch.setenv("CARO_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setattr(trials, "result", lambda *_: trials.Trial(ok=True))
    return Settings(model=str(write_small_gguf(tmp_path / "small.gguf")), threads=1)


@pytest.fixture(params=[1, SEQUENCES], ids=["in turn", "together"])
def engine(
    small: Settings, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, together: list[int]
) -> Iterator[LlamaEngine]:
    """That model, loaded and primed; answers grow as they do on a CPU, and as on a GPU."""
    together[:] = [request.param]
    made = LlamaEngine(small)
    made.load()
    made.prime(ASK)
    yield made
    made.close()


@pytest.fixture
def together(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many answers get a token in one evaluation."""
    found: list[int] = []
    monkeypatch.setattr(Loaded, "together", property(lambda _loaded: found[0]))
    return found


@dataclass
class Grown:
    """What came of each answer."""

    texts: list[str]
    usages: list[Usage | None]
    order: list[int]


def grown(engine: Engine, samplings: Sequence[Sampling] = DRAWS, reader: Reader | None = None) -> Grown:
    """Return the answers."""
    made = Grown([""] * len(samplings), [None] * len(samplings), [])
    for piece in stream_candidates(engine, ASK, samplings, reader or Reader()):
        assert made.usages[piece.number] is None
        made.texts[piece.number] += piece.text
        made.usages[piece.number] = piece.usage
        made.order.append(piece.number)
    return made


def alone(engine: Engine, sampling: Sampling) -> tuple[str, Usage]:
    """Return the answer that nobody else is drawn with."""
    return "".join(engine.stream(ASK, sampling, never)), engine.usage


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many answers had a token in each evaluation after the prompt's."""
    counts: list[int] = []
    really = Loaded.evaluate_together

    def evaluate(self: Loaded, tokens: Sequence[tuple[int, int, int]]) -> bool:
        counts.append(len(tokens))
        return really(self, tokens)

    monkeypatch.setattr(Loaded, "evaluate_together", evaluate)
    return counts


def test_each_answer_is_the_one_it_has_alone(engine: LlamaEngine, batches: list[int], together: list[int]) -> None:
    """Text, tokens and probabilities, in turn to the last bit; the prompt is evaluated once."""
    expected = [alone(engine, sampling) for sampling in DRAWS]
    found = grown(engine)
    assert found.texts == [text for text, _usage in expected]
    for usage, (_text, lone) in zip(found.usages, expected, strict=True):
        assert usage is not None
        exact = together == [1]
        assert usage.log_probabilities == pytest.approx(lone.log_probabilities, abs=0 if exact else 1e-3, rel=0)
        assert (usage.answer_tokens, usage.ended) == (lone.answer_tokens, lone.ended)
        assert (usage.prompt_tokens, usage.reused_tokens) == (lone.prompt_tokens, lone.reused_tokens)
        assert usage.prompt_ms > 0
        assert usage.decode_ms > 0
    assert len(set(found.texts)) > 1
    assert batches[0] == together[0]
    assert sum(batches) == sum(usage.evaluations for usage in found.usages if usage)
    # And nothing of them stays for the next one.
    assert [alone(engine, sampling)[0] for sampling in DRAWS] == found.texts
    assert engine.usage.log_probabilities == expected[-1][1].log_probabilities


def test_more_answers_than_there_is_room_for_come_in_groups(
    engine: LlamaEngine, batches: list[int], together: list[int]
) -> None:
    """None is lost, and each has its own number."""
    many = [Sampling(6, 0.8, seed) for seed in range(SEQUENCES + 2)]
    found = grown(engine, many)
    assert found.texts == [alone(engine, sampling)[0] for sampling in many]
    assert max(batches) == together[0]
    assert min(batches) <= 2


def test_in_a_short_context_fewer_grow_at_once(small: Settings, batches: list[int], together: list[int]) -> None:
    """Each needs room for its cap; where one has none, it is the sentence of a long request."""
    together[:] = [SEQUENCES]
    made = LlamaEngine(replace(small, context=512))
    made.load()
    length = made.count_tokens(ASK)
    assert len(grown(made, [Sampling((512 - length) // 2, 5.0, seed) for seed in range(3)]).texts) == 3
    assert max(batches) <= 2
    with pytest.raises(Unusable, match="too long"):
        grown(made, [Sampling(512), Sampling(512)])
    made.close()


def test_an_answer_that_is_complete_is_left(engine: LlamaEngine, batches: list[int], together: list[int]) -> None:
    """The others go on; the batch has one less."""
    hot = [Sampling(12, 3.0, seed) for seed in range(1, 4)]
    seen: list[int] = []

    def is_complete(number: int) -> bool:
        seen.append(number)
        return number == 1 and seen.count(1) >= 2

    found = grown(engine, hot, Reader(is_complete=is_complete))
    told = [usage.answer_tokens for usage in found.usages if usage]
    assert told[1] == 2
    assert max(told) > 2
    assert together == [1] or batches[:3] == [3, 2, 2]
    assert not any(usage.ended for usage in found.usages if usage and usage.answer_tokens == 2)


def test_cancelling_ends_all_of_them(engine: LlamaEngine, batches: list[int]) -> None:
    """At the next token, also in the prompt, and the next request is answered as ever."""
    expected = alone(engine, DRAWS[0])[0]
    pieces: list[Growth] = []
    hot = [Sampling(12, 3.0, seed) for seed in range(1, 4)]
    for piece in stream_candidates(engine, ASK, hot, Reader(lambda: len(pieces) >= 4)):
        pieces.append(piece)  # noqa: PERF402  the callback counts them
    assert len(pieces) <= 6
    assert len(batches) <= 4
    assert list(stream_candidates(engine, ASK, hot, Reader(lambda: True))) == []
    assert alone(engine, DRAWS[0])[0] == expected


def test_answers_that_are_not_read_to_their_end_harm_nothing(engine: LlamaEngine) -> None:
    """Whoever closes the stream leaves nothing behind."""
    expected = alone(engine, DRAWS[0])
    for _ in range(3):
        stream = engine.stream_together(ASK, DRAWS, Reader())
        next(stream)
        stream.close()  # type: ignore[attr-defined]
    again = alone(engine, DRAWS[0])
    assert (again[0], again[1].log_probabilities) == (expected[0], expected[1].log_probabilities)


def test_xllamacpp_draws_them_one_after_another(small: Settings, batches: list[int]) -> None:
    """Of its structures only the beginning is known, and what it takes is not in there; the answers are the same."""
    need_module("xllamacpp")
    made = XllamacppEngine(small)
    made.load()
    assert grown(made).texts == [alone(made, sampling)[0] for sampling in DRAWS]
    assert set(batches) <= {1}
    made.close()


def test_a_device_that_fails_is_given_up_once(engine: LlamaEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before a piece is out, they are drawn anew on the CPU; after that, it is a sentence."""
    expected = grown(engine).texts
    really, failing = Loaded.evaluate, [True]

    def evaluate(self: Loaded, tokens: Sequence[int]) -> bool:
        if failing.pop():
            raise EvaluationError("no")
        failing.append(False)
        return really(self, tokens)

    monkeypatch.setattr(Loaded, "evaluate", evaluate)
    failing.insert(0, False)
    assert grown(engine).texts == expected
    assert "failed at work" in engine.notes[0]

    def together(*_: object) -> bool:
        raise EvaluationError("no")

    monkeypatch.setattr(Loaded, "evaluate_together", together)
    with pytest.raises(EngineError, match="no"):
        grown(engine)


class Simple:
    """An engine with nothing but what every engine has."""

    name = model = "simple"
    placement = Placement()
    notes: tuple[str, ...] = ()
    usage = Usage()
    sent: Sequence[Message] = ()

    def load(self) -> None:
        """There is nothing to load."""

    def prime(self, messages: Sequence[Message]) -> None:
        """There is nothing to evaluate."""

    def stream(self, messages: Sequence[Message], sampling: Sampling, cancelled: Callable[[], bool]) -> Iterator[str]:
        """Count to the seed."""
        del messages
        for number in range(sampling.seed):
            if cancelled():
                return
            yield str(number)
        self.usage = Usage(answer_tokens=sampling.seed, ended=True)

    def close(self) -> None:
        """There is nothing to free."""


def test_an_engine_that_has_no_batches_is_asked_one_after_another() -> None:
    """The same pieces, numbers and usages; complete and cancelled ones end as they do elsewhere."""
    engine = Simple()
    assert not isinstance(engine, Branching)
    found = grown(engine, [Sampling(seed=3), Sampling(seed=2)])
    assert (found.texts, found.order) == (["012", "01"], [0, 0, 0, 0, 1, 1, 1])
    assert [usage.answer_tokens for usage in found.usages if usage] == [3, 2]
    assert grown(engine, [Sampling(seed=3)] * 2, Reader(is_complete=lambda number: number == 0)).texts == ["0", "012"]
    pieces: list[Growth] = []
    for piece in stream_candidates(engine, ASK, [Sampling(seed=3)] * 2, Reader(lambda: len(pieces) >= 2)):
        pieces.append(piece)  # noqa: PERF402  the callback counts them
    assert pieces == [Growth(0, "0"), Growth(0, "1")]


@pytest.mark.model
def test_greedy_has_the_text_that_it_has_alone() -> None:
    """With the 0.5B, whose scores a batch changes in their last bits."""
    made = LlamaEngine(Settings(model="tiny", models_dir=models_dir()))
    made.load()
    expected, usage = alone(made, DRAWS[0])
    found = grown(made, DRAWS[:3])
    assert found.texts[0] == expected
    assert found.usages[0] is not None
    assert found.usages[0].log_probabilities == pytest.approx(usage.log_probabilities, abs=0.1)
    made.close()
