"""The MLX engine: Apple's own library, for Apple silicon; on Linux it runs on the CPU, which is good for tests only."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from caro_shell.config import Settings
from caro_shell.engines import MOST_KEPT, Placement, Sampling, Usage, never
from caro_shell.errors import EngineError, Unusable
from caro_shell.prompt import Message

if TYPE_CHECKING:
    from caro_shell.engines.chat_template import ChatTemplate
    from caro_shell.engines.mlx.loaded import Loaded


def _milliseconds_since(start: float) -> float:
    return (time.perf_counter() - start) * 1000


class MlxEngine:
    """One model of mlx-lm's, warm.

    The constant prefix stays evaluated; every request is evaluated from its end on, in pieces of one size: the same
    request gives the same tokens whatever was asked before it.
    """

    name = "mlx"

    def __init__(self, settings: Settings) -> None:
        """Remember the settings; nothing is loaded yet."""
        self._settings = settings
        self.model = settings.model
        self.placement = Placement()
        self.notes: tuple[str, ...] = ()
        self.usage = Usage()
        self.sent: Sequence[Message] = ()
        self._standing: tuple[str, ...] = ()
        self._news: tuple[str, ...] = ()
        self._prefix: list[int] = []
        self._loaded: Loaded
        self._template: ChatTemplate

    def load(self) -> None:
        """Find the weights, convert them once if they are a GGUF file, and load them; raises ModelError."""
        from caro_shell.engines.chat_template import ChatTemplate
        from caro_shell.engines.mlx.directory import open_model

        self._loaded, self.model, self._standing, self._news = open_model(self._settings)
        self.notes = (*self._standing, *self._news)
        self.placement = self._loaded.placement
        self._template = ChatTemplate(self._loaded.template, self._loaded.tokenize, self._loaded.special)

    def prime(self, messages: Sequence[Message]) -> None:
        """Evaluate everything before the last message and keep it."""
        self._loaded.aborted = never
        self._keep_prefix(self._template.tokens(messages)[0])

    def keeps(self, messages: Sequence[Message]) -> bool:
        """Say whether everything before the last message is evaluated, and leaves room for that."""
        prefix, rest = self._tokens(messages)
        fits = len(prefix) + len(rest) + self._settings.max_tokens <= self._settings.context
        return bool(prefix) and fits and prefix == self._prefix

    def prepare(self, messages: Sequence[Message], cancelled: Callable[[], bool]) -> None:
        """Do what `prime` does, unless it is cancelled; where a prompt has no room or no place for it, nothing."""
        prefix, _ = self._tokens(messages)
        if prefix and len(prefix) <= self._settings.context * MOST_KEPT:
            self._loaded.aborted = cancelled
            self._keep_prefix(prefix)

    def _tokens(self, messages: Sequence[Message]) -> tuple[list[int], list[int]]:
        """Return a prompt's tokens; none where the template has no place for such messages."""
        try:
            return self._template.tokens(messages)
        except EngineError:
            return [], []

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Return how many tokens a prompt has."""
        return sum(map(len, self._template.tokens(messages)))

    def _keep_prefix(self, prefix: list[int]) -> int:
        """Make `prefix` what is evaluated; return how many of its tokens were there already."""
        if prefix == self._prefix and self._loaded.forget_after(len(prefix)):
            return len(prefix)
        self._prefix = []
        self._loaded.forget_after(0)
        if self._loaded.evaluate(prefix):
            self._prefix = prefix
        return 0

    def stream(self, messages: Sequence[Message], sampling: Sampling, cancelled: Callable[[], bool]) -> Iterator[str]:
        """Yield the answer as text; stops early when cancelled, also in the middle of the prompt."""
        start = time.perf_counter()
        # What was done at the load is told with the first answer only.
        self.notes, self._news = (*self._standing, *self._news), ()
        self.sent = messages
        prefix, rest = self._template.tokens(messages)
        if len(prefix) + len(rest) + sampling.max_tokens > self._settings.context:
            raise Unusable(
                f"The request is too long: {len(rest)} tokens.",
                f"Keep it under {self._settings.context // 2} tokens.",
            )
        self._loaded.aborted = cancelled
        try:
            reused = self._keep_prefix(prefix)
            self.usage = Usage(prompt_tokens=len(prefix) + len(rest), reused_tokens=reused)
            if self._prefix and self._loaded.evaluate(rest):
                self.usage = replace(self.usage, prompt_ms=_milliseconds_since(start))
                yield from self._loaded.texts(self._decode(sampling, cancelled))
        finally:
            if self._loaded.evaluated < len(self._prefix):
                self._prefix = []
            self.usage = replace(self.usage, decode_ms=max(0.0, _milliseconds_since(start) - self.usage.prompt_ms))

    def _decode(self, sampling: Sampling, cancelled: Callable[[], bool]) -> Iterator[int]:
        """Yield tokens until the model ends its answer, the cap is reached or somebody cancels.

        A token is evaluated only when the next one is asked for: the one that completes a command costs nothing.
        """
        from caro_shell.engines.mlx.loaded import Seeds

        seeds = Seeds(sampling.seed)
        for count in range(1, sampling.max_tokens + 1):
            token = self._loaded.draw(sampling.temperature, seeds)
            if token in self._loaded.ends:
                self.usage = replace(self.usage, ended=True)
                return
            self.usage = replace(self.usage, answer_tokens=count)
            yield token
            if count == sampling.max_tokens or cancelled() or not self._loaded.evaluate([token]):
                return
            self.usage = replace(self.usage, evaluations=count)

    def close(self) -> None:
        """Free the model."""
        self._prefix = []
        if hasattr(self, "_loaded"):
            self._loaded.close()
