"""The llama.cpp engine: weights in this process, the constant beginning of every prompt kept evaluated."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from caro_shell.config import Settings
from caro_shell.engines import Placement, Sampling, Usage
from caro_shell.engines.threads import choose_threads
from caro_shell.errors import Unusable
from caro_shell.models.store import find_model
from caro_shell.prompt import Message

if TYPE_CHECKING:
    from caro_shell.engines.chat_template import ChatTemplate
    from caro_shell.engines.llama_library import Loaded, Sampler


def _milliseconds_since(start: float) -> float:
    return (time.perf_counter() - start) * 1000


class LlamaEngine:
    """One GGUF model, warm.

    Every request is evaluated from the end of the constant prefix on, in one piece: the same request gives
    the same tokens whatever was asked before it.
    """

    name = "llama.cpp"
    binding = "llama_cpp"

    def __init__(self, settings: Settings) -> None:
        """Remember the settings; nothing is loaded yet."""
        self._settings = settings
        self.model = settings.model
        self.placement = Placement()
        self.notes: tuple[str, ...] = ()
        self.usage = Usage()
        self.sent: Sequence[Message] = ()
        self._prefix: list[int] = []
        self._loaded: Loaded
        self._template: ChatTemplate

    def load(self) -> None:
        """Find and check the weights, then load them; raises ModelError or EngineError."""
        weights = find_model(self._settings.model, self._settings)
        from caro_shell.engines import llama_library
        from caro_shell.engines.chat_template import ChatTemplate

        self._loaded, device, self.notes = llama_library.load(
            llama_library.LoadOptions(
                path=str(weights.path),
                threads=choose_threads(self._settings.threads),
                gpu_layers=self._settings.gpu_layers,
                context=self._settings.context,
                binding=self.binding,
            )
        )
        self.placement = Placement(device)
        self.model = weights.title
        if weights.stands_in_for:
            self.notes += (f"{weights.title} stands in for `{weights.stands_in_for}` and is often wrong.",)
        self._template = ChatTemplate(self._loaded.chat_template(), self._loaded.tokenize)

    def prime(self, messages: Sequence[Message]) -> None:
        """Evaluate everything before the last message and keep it."""
        self._keep_prefix(self._template.tokens(messages)[0])

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Return how many tokens a prompt has."""
        return sum(map(len, self._template.tokens(messages)))

    def _keep_prefix(self, prefix: list[int]) -> int:
        """Make `prefix` what the context holds; return how many of its tokens were there already."""
        if prefix == self._prefix:
            self._loaded.forget_after(len(prefix))
            return len(prefix)
        self._prefix = []
        self._loaded.forget_after(0)
        if self._loaded.evaluate(prefix):
            self._prefix = prefix
        return 0

    def stream(self, messages: Sequence[Message], sampling: Sampling, cancelled: Callable[[], bool]) -> Iterator[str]:
        """Yield the answer as text; stops early when cancelled, also in the middle of the prompt."""
        from caro_shell.engines.llama_library import Sampler, text_decoder

        start = time.perf_counter()
        self.sent = messages
        prefix, rest = self._template.tokens(messages)
        if len(prefix) + len(rest) + sampling.max_tokens > self._settings.context:
            raise Unusable(
                f"The request is too long: {len(rest)} tokens.",
                f"Keep it under {self._settings.context // 2} tokens.",
            )
        self._loaded.aborted = cancelled
        sampler, decoder = Sampler(self._loaded, sampling.temperature, sampling.seed), text_decoder()
        try:
            reused = self._keep_prefix(prefix)
            self.usage = Usage(prompt_tokens=len(prefix) + len(rest), reused_tokens=reused)
            if cancelled() or not self._loaded.evaluate(rest):
                return
            self.usage = replace(self.usage, prompt_ms=_milliseconds_since(start))
            for token in self._decode(sampler, sampling.max_tokens, cancelled):
                if text := decoder.decode(self._loaded.piece(token)):
                    yield text
            if text := decoder.decode(b"", final=True):
                yield text
        finally:
            self.usage = replace(self.usage, decode_ms=max(0.0, _milliseconds_since(start) - self.usage.prompt_ms))
            sampler.close()

    def _decode(self, sampler: "Sampler", most: int, cancelled: Callable[[], bool]) -> Iterator[int]:
        """Yield tokens until the model ends its answer, the cap is reached or somebody cancels.

        A token is evaluated only when the next one is asked for: the one that completes a command costs nothing.
        """
        for count in range(1, most + 1):
            token = sampler.sample()
            if self._loaded.ends(token):
                self.usage = replace(self.usage, ended=True)
                return
            self.usage = replace(self.usage, answer_tokens=count)
            yield token
            if cancelled() or not self._loaded.evaluate([token]):
                return
            self.usage = replace(self.usage, evaluations=count)

    def close(self) -> None:
        """Free the model."""
        self._prefix = []
        self._loaded.close()
