"""The llama.cpp engine: weights in this process, the constant beginning of every prompt kept evaluated."""

import os
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from caro_shell import __version__
from caro_shell.config import Settings
from caro_shell.engines import MOST_KEPT, Growth, Placement, Reader, Sampling, Usage, never
from caro_shell.errors import CaroError, EngineError, Unusable
from caro_shell.models.store import Weights, find_model
from caro_shell.prompt import Message

if TYPE_CHECKING:
    from caro_shell.engines.attempts import Attempts
    from caro_shell.engines.chat_template import ChatTemplate
    from caro_shell.engines.held_prefix import HeldPrefix
    from caro_shell.engines.loaded import Loaded, Sampler
    from caro_shell.engines.offload import Placed
    from caro_shell.engines.thread_sweep import ThreadSweep

_Piece = TypeVar("_Piece", str, Growth)
# A daemon that is told to leave waits so long for what it writes.
_WRITING_S = 2.0


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
        self.adapter = ""
        self.sent: Sequence[Message] = ()
        self._attempts: Attempts
        self._prefix: HeldPrefix
        self._sweep: ThreadSweep
        self._placed: Placed
        self._loaded: Loaded
        self._template: ChatTemplate

    def load(self) -> None:
        """Find and check the weights, then load them where they fit; raises ModelError or EngineError."""
        weights = find_model(self._settings.model, self._settings)
        from caro_shell.engines import offload
        from caro_shell.engines.attempts import Attempts

        self._attempts = Attempts.of_this_daemon(self._key(weights), os.environ)
        try:
            placed = offload.place(weights, self._settings, self.binding, self._attempts)
        except CaroError:
            self._attempts.close()
            raise
        self._take(placed)
        if weights.stands_in_for:
            self.notes += (f"{weights.title} stands in for `{weights.stands_in_for}` and is often wrong.",)

    def _key(self, weights: Weights) -> list[str]:
        """Return what an attempt depends on: a change in it makes a new start."""
        found, wanted = weights.path.stat(), self._settings
        file = (weights.path, found.st_size, found.st_mtime_ns)
        return [
            str(value) for value in (__version__, self.binding, wanted.device, wanted.gpu_layers, wanted.context, *file)
        ]

    def _take(self, placed: "Placed") -> None:
        """Work with a model that has been loaded."""
        from caro_shell.engines.chat_template import ChatTemplate
        from caro_shell.engines.held_prefix import hold_prefixes
        from caro_shell.engines.thread_sweep import sweep_of

        self._placed, self._loaded = placed, placed.loaded
        self.placement, self.notes, self.model = placed.placement, placed.notes, placed.step.weights.title
        self._prefix = hold_prefixes(placed, self._settings, self.binding, self._attempts)
        self._sweep = sweep_of(placed, self._settings, self.binding, measures=self._attempts.path is not None)
        try:
            special = self._loaded.special_tokens()
            self._template = ChatTemplate(self._loaded.chat_template(), self._loaded.tokenize, special)
            self.adapter = self._added_adapter(placed.step.weights)
        except CaroError:
            # Nobody closes what could not be loaded.
            self.close()
            raise

    def _added_adapter(self, weights: Weights) -> str:
        """Load the weights' adapter, if they have one, and return its run; raises ModelError or EngineError."""
        from caro_shell.models.adapters import adapter_for

        chosen = adapter_for(weights, self._settings)
        if chosen and not self._loaded.add_adapter(str(chosen.path)):
            raise EngineError(f"llama.cpp cannot load {chosen.path.name}.", "Try: caro config set adapter off")
        return chosen.run if chosen else ""

    def tune(self, *, on: bool) -> None:
        """Let the adapter, if there is one, count in what is evaluated from now on, or not; raises EngineError."""
        wanted = self.adapter if on else ""
        if wanted == self._prefix.adapter or self._loaded.is_closed:
            return
        if not self._loaded.use_adapter(on=bool(wanted)):
            raise EngineError("llama.cpp cannot use the adapter.", "Try: caro config set adapter off")
        self._prefix.evaluate_with(wanted)

    def _move_to_the_cpu(self) -> None:
        """Load the model anew on the CPU, because it has failed at work; raises EngineError."""
        from caro_shell.engines import offload

        failed, notes, tuned = self._placed.step, self.notes, bool(self._prefix.adapter)
        self._loaded.close()
        self._take(offload.place_on_the_cpu(failed, self._settings, self.binding, self._attempts))
        self.tune(on=tuned)
        self.notes = (*notes, f"{offload.called(failed.device)} failed at work; the model was loaded anew on the CPU.")

    @property
    def is_measured(self) -> bool:
        """Whether the number of threads is settled."""
        return self._loaded.is_closed or self._sweep.is_measured

    def measure(self, cancelled: Callable[[], bool]) -> None:
        """Settle the number of threads, unless it is cancelled or others are using the machine."""
        from caro_shell.engines.loaded import EvaluationError

        with suppress(EvaluationError):
            self._sweep.measure(len(self._prefix.tokens), cancelled)

    def prime(self, messages: Sequence[Message]) -> None:
        """Evaluate everything before the last message and keep it, in a file too where reading that is faster."""
        self._hold(messages, never)

    def keeps(self, messages: Sequence[Message]) -> bool:
        """Say whether everything before the last message is evaluated, here or in a file, and leaves room for that."""
        prefix, rest = self._tokens(messages)
        fits = len(prefix) + len(rest) + self._settings.max_tokens <= self._placed.step.context
        return bool(prefix) and fits and self._prefix.is_at_hand(prefix)

    def prepare(self, messages: Sequence[Message], cancelled: Callable[[], bool]) -> None:
        """Do what `prime` does, unless it is cancelled; where a prompt has no room or no place for it, nothing."""
        prefix, _ = self._tokens(messages)
        if prefix and len(prefix) <= self._placed.step.context * MOST_KEPT:
            self._hold(messages, cancelled)

    def _tokens(self, messages: Sequence[Message]) -> tuple[list[int], list[int]]:
        """Return a prompt's tokens; none of a model that is gone, or whose template has no place for such messages."""
        # There is no vocabulary any more where the model is gone.
        if self._loaded.is_closed:
            return [], []
        try:
            return self._template.tokens(messages)
        except EngineError:
            return [], []

    def _hold(self, messages: Sequence[Message], cancelled: Callable[[], bool]) -> None:
        from caro_shell.engines.loaded import EvaluationError

        self._loaded.aborted = cancelled
        try:
            self._prefix.hold(self._template.tokens(messages)[0])
        except EvaluationError:
            self._move_to_the_cpu()
            try:
                self._prefix.hold(self._template.tokens(messages)[0])
            except EvaluationError as error:
                self.close()
                raise EngineError(f"{error}.", "Try: caro daemon restart") from None
        self._prefix.save()

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Return how many tokens a prompt has."""
        return sum(map(len, self._template.tokens(messages)))

    def stream(self, messages: Sequence[Message], sampling: Sampling, cancelled: Callable[[], bool]) -> Iterator[str]:
        """Yield the answer as text; stops early when cancelled, also in the middle of the prompt.

        A device that fails is given up for the CPU, once, and the answer begun anew if none of it was out yet.
        """
        self.sent = messages
        yield from self._surviving(lambda: self._answer(messages, sampling, cancelled))

    def stream_together(
        self, messages: Sequence[Message], samplings: Sequence[Sampling], reader: Reader
    ) -> Iterator[Growth]:
        """Yield the pieces of several answers to one prompt, as many at once as there is room for."""
        self.sent = messages
        yield from self._surviving(lambda: self._answers(messages, samplings, reader))

    def _surviving(self, answer: Callable[[], Generator[_Piece, None, None]]) -> Iterator[_Piece]:
        from caro_shell.engines.loaded import EvaluationError

        begun = False
        for again in (True, False):
            try:
                with closing(answer()) as pieces:
                    for piece in pieces:
                        begun = True
                        yield piece
            except EvaluationError as error:
                if again:
                    self._move_to_the_cpu()
                if begun or not again:
                    raise EngineError(f"{error}.", "Ask again.") from None
            else:
                return

    def _answer(
        self, messages: Sequence[Message], sampling: Sampling, cancelled: Callable[[], bool]
    ) -> Generator[str, None, None]:
        from caro_shell.engines.loaded import Sampler, text_decoder

        start = time.perf_counter()
        prompt = self._prompt(messages, sampling.max_tokens)
        sampler, decoder = Sampler(self._loaded, sampling.temperature, sampling.seed), text_decoder()
        try:
            with self._at_work(cancelled):
                if not self._evaluate(prompt, start):
                    return
                for token in self._decode(sampler, sampling.max_tokens, cancelled):
                    if text := decoder.decode(self._loaded.piece(token)):
                        yield text
                if text := decoder.decode(b"", final=True):
                    yield text
        finally:
            self.usage = replace(self.usage, decode_ms=max(0.0, _milliseconds_since(start) - self.usage.prompt_ms))
            sampler.close()

    def _answers(
        self, messages: Sequence[Message], samplings: Sequence[Sampling], reader: Reader
    ) -> Generator[Growth, None, None]:
        from caro_shell.engines import branches

        most = max(sampling.max_tokens for sampling in samplings)
        prompt = self._prompt(messages, most)
        length = sum(map(len, prompt))
        at_once = min(self._loaded.sequences, (self._placed.step.context - length) // most)
        with self._at_work(reader.cancelled):
            for first in range(0, len(samplings), at_once):
                # The answers before have stood on the prompt.
                if not self._evaluate(prompt, time.perf_counter()):
                    return
                begun, group = branches.Prompt(length, self.usage), samplings[first : first + at_once]
                for piece in branches.grow(self._loaded, begun, group, reader.of_group(first)):
                    self.usage = piece.usage or self.usage
                    yield piece._replace(number=first + piece.number)
                if reader.cancelled():
                    return

    def _prompt(self, messages: Sequence[Message], most: int) -> tuple[list[int], list[int]]:
        """Return the constant tokens and the others; raises Unusable where an answer of `most` has no room."""
        if self._loaded.is_closed:
            raise EngineError("The model could not be loaded again after it had failed.", "Try: caro daemon restart")
        prefix, rest = self._template.tokens(messages)
        if len(prefix) + len(rest) + most > self._placed.step.context:
            raise Unusable(
                f"The request is too long: {len(rest)} tokens.",
                f"Keep it under {self._placed.step.context // 2} tokens.",
            )
        return prefix, rest

    @contextmanager
    def _at_work(self, cancelled: Callable[[], bool]) -> Iterator[None]:
        """Let `cancelled` stop what is evaluated; and the driver of a device may take the process with it."""
        self._loaded.aborted = cancelled
        if self.placement.offloaded:
            self._attempts.begin("answer", self._placed.step.name)
        try:
            yield
        finally:
            if self.placement.offloaded:
                self._attempts.survived("answer")

    def _evaluate(self, prompt: tuple[list[int], list[int]], start: float) -> bool:
        """Evaluate a prompt, of which the constant part may be there; False when it was aborted."""
        prefix, rest = prompt
        reused = self._prefix.hold(prefix)
        self.usage = Usage(prompt_tokens=len(prefix) + len(rest), reused_tokens=reused)
        if self._loaded.aborted() or not self._loaded.evaluate(rest):
            return False
        self.usage = replace(self.usage, prompt_ms=_milliseconds_since(start))
        return True

    def _decode(self, sampler: "Sampler", most: int, cancelled: Callable[[], bool]) -> Iterator[int]:
        """Yield tokens until the model ends its answer, the cap is reached or somebody cancels.

        A token is evaluated only when the next one is asked for: the one that completes a command costs nothing.
        """
        for count in range(1, most + 1):
            token = sampler.sample()
            if self._loaded.ends(token):
                self.usage = replace(self.usage, ended=True)
                return
            self._count(token)
            yield token
            if cancelled() or not self._loaded.evaluate([token]):
                return
            self.usage = replace(self.usage, evaluations=count)

    def _count(self, token: int) -> None:
        """Add a token that was drawn to what the answer cost, with its probability where that can be told."""
        known, usage = self._loaded.log_probability(token), self.usage
        logs = usage.log_probabilities if known is None else (*usage.log_probabilities, known)
        self.usage = replace(usage, answer_tokens=usage.answer_tokens + 1, log_probabilities=logs)

    def close(self) -> None:
        """Free the model."""
        self._prefix.saved.settle(_WRITING_S)
        self._attempts.close()
        self._loaded.close()
