"""Several answers to one prompt that grow side by side in llama.cpp: a token of each, evaluated in one batch.

They share what is evaluated of the prompt. A batch of a few tokens is bound by reading the weights, as one is, so that
each further answer costs a part of the first one.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from caro_shell.engines import Growth, Reader, Sampling, Usage
from caro_shell.engines.llama_library import Loaded, Sampler, text_decoder


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

    def evaluated(self) -> None:
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
    # Where each one's scores are in the latest evaluation; after the prompt all have the same.
    growing = [(number, -1) for number in range(len(branches))]
    loaded.branch(len(branches))
    position = prompt.length
    try:
        while growing and not reader.cancelled():
            drawn = []
            for number, index in growing:
                branch = branches[number]
                text = branch.draw(index)
                if text:
                    yield Growth(number, text)
                if text is None or branch.is_at_its_cap or reader.is_complete(number):
                    usage = replace(branch.usage, decode_ms=milliseconds_since(start))
                    yield Growth(number, branch.rest(), usage)
                else:
                    drawn.append(number)
            if drawn and not reader.cancelled():
                tokens = [(number, branches[number].token) for number in drawn]
                if not loaded.evaluate_together(tokens, position):
                    return
                position += 1
                for number in drawn:
                    branches[number].evaluated()
            growing = [(number, index) for index, number in enumerate(drawn)]
    finally:
        for branch in branches:
            branch.close()
        loaded.join(len(branches))
