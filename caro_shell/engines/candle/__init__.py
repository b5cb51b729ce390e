"""The Candle engine: a GGUF file run by mistral.rs, in Rust, with a template and a prefix cache of its own."""

import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from caro_shell.config import Settings
from caro_shell.engines import Placement, Sampling, Usage, never
from caro_shell.engines.candle.answer import LOOK, Answer, Restored, first_line
from caro_shell.engines.header import read_numbers
from caro_shell.engines.threads import choose_threads
from caro_shell.errors import EngineError, Unusable
from caro_shell.models.store import find_model
from caro_shell.prompt import Message

# Requests after which it is started anew. On a CPU it keeps what it has evaluated of every prompt for ever, whatever it
# is told: 6 MB a request for the 0.5B were seen, 15 MB follow for the 1.5B.
MOST_ASKED = 32
# What a template puts around a message, until the model has told how much it is.
_AROUND = 5
# The same middle of published defaults as with llama.cpp.
_TOP_P = 0.95
_PART = re.compile(r"-00001-of-(\d{5})(?=\.gguf$)", re.IGNORECASE)


def _milliseconds_since(start: float) -> float:
    return (time.perf_counter() - start) * 1000


def _is_ours(error: BaseException) -> bool:
    """Tell an error of the library, a panic included, from what must pass: an interrupt, an exit."""
    return isinstance(error, Exception) or type(error).__name__ == "PanicException"


def _device() -> str:
    """Return what the installed wheel of mistral.rs evaluates on: there is one for each."""
    from importlib.metadata import PackageNotFoundError, distribution

    for device in ("cuda", "metal"):
        with suppress(PackageNotFoundError):
            distribution(f"mistralrs-{device}")
            return device
    return "metal" if sys.platform == "darwin" else "cpu"


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """Hold variables that a library in this process reads while it starts."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _files(path: Path) -> list[str]:
    """Return the names of all the files of a model, from the first one."""
    match = _PART.search(path.name)
    count = int(match[1]) if match else 1
    return [path.name.replace("-00001-of-", f"-{number:05}-of-") for number in range(1, count + 1)]


class CandleEngine:
    """One GGUF model in mistral.rs. What it keeps of earlier prompts is its own affair; docs/engines.md says what."""

    name = "candle"

    def __init__(self, settings: Settings) -> None:
        """Remember the settings; nothing is loaded yet."""
        self._settings = settings
        self.model = settings.model
        self.placement = Placement()
        self.notes: tuple[str, ...] = ()
        self.usage = Usage()
        self.sent: Sequence[Message] = ()
        self._path = Path()
        self._runner: Any = None
        self._asked = 0
        self._latest: Answer | None = None
        self._around: dict[tuple[str, ...], int] = {}

    def load(self) -> None:
        """Find and check the weights, then load them; raises ModelError or EngineError."""
        weights = find_model(self._settings.model, self._settings)
        self._path = weights.path
        self._open()
        self.model = weights.title
        layers, device = read_numbers(weights.path).get("block_count", 0), _device()
        self.placement = Placement(device, layers, 0 if device == "cpu" else layers)
        if weights.stands_in_for:
            self.notes = (f"{weights.title} stands in for `{weights.stands_in_for}` and is often wrong.",)

    def _open(self) -> None:
        """Start mistral.rs with nothing kept; what ran before is freed first."""
        self._runner, self._asked = None, 0
        try:
            self._runner = self._start(self._path)
        except BaseException as error:
            if not _is_ours(error):
                raise
            raise EngineError(
                f"Candle cannot load {self._path}: {first_line(error)}.",
                "Fetch it again: caro models pull, or use another engine: auto",
            ) from None

    def _start(self, path: Path) -> Any:  # noqa: ANN401  mistral.rs's own
        # Read when it is imported, and once a process: it logs to the process's own output unless told otherwise.
        quiet = {"RUST_LOG": "off", "HF_HUB_OFFLINE": "1"}
        with _environment(quiet | {"RAYON_NUM_THREADS": str(choose_threads(self._settings.threads))}):
            from mistralrs import Runner, Which

            which: Any = Which.GGUF(quantized_model_id=str(path.parent), quantized_filename=_files(path))
            return Runner(which=which, token_source="none", max_seqs=1)  # noqa: S106

    def prime(self, messages: Sequence[Message]) -> None:
        """Let mistral.rs evaluate what every prompt begins with, and see how much its template adds."""
        for _ in self.stream(messages, Sampling(max_tokens=1), never):
            pass

    def stream(self, messages: Sequence[Message], sampling: Sampling, cancelled: Callable[[], bool]) -> Iterator[str]:
        """Yield the answer as text; whoever cancels hears nothing more, even while the prompt is being evaluated."""
        start = time.perf_counter()
        self.sent, self.usage = messages, Usage()
        # What was cancelled in the middle of its prompt is evaluated to its end first: until then mistral.rs takes no
        # other call, not even for tokens.
        while self._latest and not cancelled() and not self._latest.is_over(LOOK):
            pass
        if cancelled():
            return
        if self._asked >= MOST_ASKED:
            self._open()
        self._asked += 1
        written: dict[str, str] = {}
        self.sent = [message._replace(content=self._literal(message.content, written)) for message in messages]
        size = self._count(self.sent)
        if size + sampling.max_tokens > self._settings.context:
            raise Unusable(
                f"The request is too long: {size} tokens.", f"Keep it under {self._settings.context // 2} tokens."
            )
        self.usage = Usage(prompt_tokens=size)
        runner, request = self._runner, self._request(sampling)
        self._latest = answer = Answer(lambda: runner.send_chat_completion_request(request))
        restored = Restored(written)
        try:
            for chunk in answer.chunks(cancelled):
                self._note(chunk, start)
                if text := restored.add(chunk.choices[0].delta.content or ""):
                    yield text
            if text := restored.rest():
                yield text
        finally:
            answer.drop()
            self.usage = replace(self.usage, decode_ms=max(0.0, _milliseconds_since(start) - self.usage.prompt_ms))

    def _request(self, sampling: Sampling) -> Any:  # noqa: ANN401  mistral.rs's own
        from mistralrs import ChatCompletionRequest

        greedy = sampling.temperature <= 0
        return ChatCompletionRequest(
            messages=[message._asdict() for message in self.sent],
            model="default",
            max_tokens=sampling.max_tokens,
            temperature=0.0 if greedy else sampling.temperature,
            top_k=1 if greedy else None,
            top_p=None if greedy else _TOP_P,
            stream=True,
        )

    def _note(self, chunk: Any, start: float) -> None:  # noqa: ANN401  mistral.rs's own
        """Keep what a piece of the answer says about its cost."""
        if not self.usage.answer_tokens:
            self.usage = replace(self.usage, prompt_ms=_milliseconds_since(start))
        ended = chunk.choices[0].finish_reason == "stop"
        count = self.usage.answer_tokens + (not ended)
        self.usage = replace(self.usage, answer_tokens=count, evaluations=count, ended=ended)
        if told := chunk.usage:
            details = told.prompt_tokens_details
            self._around[tuple(message.role for message in self.sent)] = told.prompt_tokens - self._text_tokens()
            self.usage = replace(
                self.usage,
                prompt_tokens=told.prompt_tokens,
                reused_tokens=details.cached_tokens if details else 0,
                answer_tokens=told.completion_tokens - ended,
                evaluations=told.completion_tokens - ended,
            )

    def _tokens(self, text: str) -> list[int]:
        return list(self._runner.tokenize_text(text, add_special_tokens=False, enable_thinking=None))

    def _text_tokens(self) -> int:
        return sum(len(self._tokens(message.content)) for message in self.sent)

    def _count(self, messages: Sequence[Message]) -> int:
        """Return how many tokens a prompt has; until the first answer has told, within a few of it."""
        roles = tuple(message.role for message in messages)
        return self._text_tokens() + self._around.get(roles, _AROUND * len(roles))

    def _literal(self, text: str, written: dict[str, str]) -> str:
        """Return `text` with a blank in every name of a control token: mistral.rs would take it for the token.

        What was changed is added to `written`, so that it can be put back in the answer.
        """
        tokens = self._tokens(text)
        if self._runner.detokenize_text(tokens, True) == self._runner.detokenize_text(tokens, False):
            return text
        for token in set(tokens):
            name = self._runner.detokenize_text([token], False)
            if name and not self._runner.detokenize_text([token], True):
                written[f"{name[0]} {name[1:]}"] = name
                text = text.replace(name, f"{name[0]} {name[1:]}")
        return text

    def close(self) -> None:
        """Free the model; one that still evaluates a cancelled prompt is freed when it has done so."""
        if self._latest:
            self._latest.drop()
        self._runner = self._latest = None
