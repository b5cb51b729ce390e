"""Several answers in llama.cpp that share what is evaluated of their prompt, and grow side by side or in turn.

On a GPU a token of each is evaluated in one batch, which costs little more than one token. On a CPU llama.cpp has its
fastest functions for one token and for many, so there the first answer is finished before the second goes on.
"""

import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace

from caro_shell.engines import Growth, Reader, Sampling, Usage
from caro_shell.engines.loaded import Loaded, Sampler, text_decoder


def milliseconds_since(start: float) -> float:
    """Return the milliseconds since a time of `time.perf_counter`."""
    return (time.perf_counter() - start) * 1000


@dataclass(frozen=True)
class Prompt:
    """What has been evaluated last: where the answers begin, and what that cost."""

    length: int
    usage: Usage


class Branch:
    """One answer: what it is drawn with, and what it has cost so far."""

    def __init__(self, loaded: Loaded, sampling: Sampling, usage: Usage) -> None:
        """Nothing is drawn yet."""
        self._loaded, self._most = loaded, sampling.max_tokens
        self.usage = usage
        self._sampler, self._decoder = Sampler(loaded, sampling.temperature, sampling.seed), text_decoder()
        self.token = 0

    def draw(self, index: int) -> str | None:
        """Draw from an output of the latest evaluation; return the text it adds, None when the answer has ended."""
        self.token = self._sampler.sample(index)
        if self._loaded.ends(self.token):
            self.usage = replace(self.usage, ended=True)
            return None
        known, usage = self._loaded.log_probability(self.token, index), self.usage
        logs = usage.log_probabilities if known is None else (*usage.log_probabilities, known)
        self.usage = replace(usage, answer_tokens=usage.answer_tokens + 1, log_probabilities=logs)
        return self._decoder.decode(self._loaded.piece(self.token))

    @property
    def evaluated(self) -> int:
        """How many of its tokens are in the context."""
        return self.usage.evaluations

    def was_evaluated(self) -> None:
        """Note that the token was evaluated, for the next one."""
        self.usage = replace(self.usage, evaluations=self.usage.evaluations + 1)

    @property
    def is_at_its_cap(self) -> bool:
        """Whether no further token may be drawn."""
        return self.usage.answer_tokens >= self._most

    def rest(self) -> str:
        """Return what was held back of a character that never became whole."""
        return self._decoder.decode(b"", final=True)

    def close(self) -> None:
        """Free the sampler."""
        self._sampler.close()


def grow(loaded: Loaded, prompt: Prompt, samplings: Sequence[Sampling], reader: Reader) -> Iterator[Growth]:
    """Yield the pieces of all answers, and with the last one of each its usage; raises EvaluationError.

    There are at most `loaded.sequences` samplings. Whoever is cancelled gets no last piece.
    """
    start = time.perf_counter()
    branches = [Branch(loaded, sampling, prompt.usage) for sampling in samplings]
    loaded.branch(len(branches))

    def drawn(numbers: Sequence[int], *, of_prompt: bool = False) -> Generator[Growth, None, list[int]]:
        """Draw a token for each from the latest evaluation; return the answers that go on."""
        going_on = []
        for index, number in enumerate(numbers):
            branch = branches[number]
            text = branch.draw(-1 if of_prompt else index)
            if text:
                yield Growth(number, text)
            if text is None or branch.is_at_its_cap or reader.is_complete(number):
                yield Growth(number, branch.rest(), replace(branch.usage, decode_ms=milliseconds_since(start)))
                loaded.leave(number, prompt.length)
            else:
                going_on.append(number)
        return going_on

    try:
        # The scores after the prompt are the same for all, and gone with the next evaluation.
        waiting = yield from drawn(range(len(branches)), of_prompt=True)
        growing: list[int] = []
        while (waiting or growing) and not reader.cancelled():
            if not growing:
                growing, waiting = waiting[: loaded.together], waiting[loaded.together :]
            steps = [(number, prompt.length + branches[number].evaluated, branches[number].token) for number in growing]
            if not loaded.evaluate_together(steps):
                return
            for number in growing:
                branches[number].was_evaluated()
            growing = yield from drawn(growing)
    finally:
        for branch in branches:
            branch.close()
        loaded.join(len(branches))
