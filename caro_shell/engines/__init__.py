"""The one plug-in seam: something that turns messages into text."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from caro_shell.prompt import Message


def never() -> bool:
    """Say that nobody has cancelled."""
    return False


@dataclass(frozen=True)
class Sampling:
    """How an answer is drawn: greedy at temperature 0, else from the top of the distribution by `seed`."""

    max_tokens: int = 160
    temperature: float = 0.0
    seed: int = 0


@dataclass(frozen=True)
class Usage:
    """What an answer cost: tokens as counts, times in milliseconds."""

    prompt_tokens: int = 0
    reused_tokens: int = 0
    answer_tokens: int = 0
    evaluations: int = 0
    """Tokens of the answer that were evaluated: the one that completed it needed no more."""
    prompt_ms: float = 0.0
    decode_ms: float = 0.0
    ended: bool = False
    """Whether the model itself ended the answer, rather than the cap or whoever read it."""


class Engine(Protocol):
    """A loaded model. One thread owns it and calls nothing at the same time, except `cancelled` from within."""

    name: str
    model: str
    device: str
    notes: tuple[str, ...]
    usage: Usage
    """What the latest stream cost; valid once its iterator has ended or been closed."""

    def load(self) -> None:
        """Make the model ready; raises EngineError in one sentence when it cannot be."""

    def prime(self, messages: Sequence[Message]) -> None:
        """Evaluate what every prompt begins with, so that no request waits for it."""

    def stream(self, messages: Sequence[Message], sampling: Sampling, cancelled: Callable[[], bool]) -> Iterator[str]:
        """Yield the answer piece by piece; ends early, without an error, once `cancelled()` is true."""

    def close(self) -> None:
        """Give the memory back."""
