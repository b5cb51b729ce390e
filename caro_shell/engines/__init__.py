"""The one plug-in seam: something that turns messages into text."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, runtime_checkable

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
    log_probabilities: tuple[float, ...] = ()
    """Of each token of the answer in its turn: the natural logarithm of its probability among the whole vocabulary,
    before temperature and whatever else shapes a draw. At most one a token; empty where the engine cannot tell."""


@dataclass(frozen=True)
class Placement:
    """Where a model runs."""

    device: str = "cpu"
    """What evaluates it: `cpu`, or a device's name (`CUDA0`, `metal` …); `server` for a server that does not say."""
    layers: int = 0
    """The layers it has; 0 where the engine cannot tell."""
    offloaded: int = 0
    """How many of them are on the device; 0 on the CPU."""
    host: str = ""
    """Where requests are sent, as `https://host:port`; empty: they stay in this process."""
    hardware: str = ""
    """What the device is, in its maker's words; empty where the engine cannot tell."""


class Engine(Protocol):
    """A loaded model. One thread owns it and calls nothing at the same time, except `cancelled` from within.

    What it says of itself may change with every load and every stream, so it is read anew after each.
    """

    name: str
    model: str
    placement: Placement
    notes: tuple[str, ...]
    """What the user should know about how this is answered, a sentence each."""
    usage: Usage
    """What the latest stream cost; valid once its iterator has ended or been closed."""
    sent: Sequence[Message]
    """What the model was really given by the latest stream; where it runs elsewhere, secrets are not in it."""

    def load(self) -> None:
        """Make the model ready; raises ModelError or EngineError in one sentence when it cannot be."""

    def prime(self, messages: Sequence[Message]) -> None:
        """Evaluate what every prompt begins with, so that no request waits for it."""

    def stream(self, messages: Sequence[Message], sampling: Sampling, cancelled: Callable[[], bool]) -> Iterator[str]:
        """Yield the answer piece by piece; ends early, without an error, once `cancelled()` is true."""

    def close(self) -> None:
        """Give the memory back."""


class BrokenOffError(Exception):
    """What a stream has yielded is void, and asking once more is right: somebody else will answer."""


class Growth(NamedTuple):
    """A piece of one of several answers that grow side by side."""

    number: int
    """Which of the answers, from 0."""
    text: str
    usage: Usage | None = None
    """What the answer cost; it is there with the last piece alone."""


@dataclass(frozen=True)
class Reader:
    """Who reads several answers."""

    cancelled: Callable[[], bool] = never
    """Whether nobody waits for any of them any more."""
    is_complete: Callable[[int], bool] = lambda _number: False
    """Whether an answer needs no further piece; asked after each piece of it."""

    def of_group(self, first: int) -> "Reader":
        """Return the reader of the answers from `first` on, which count from 0 among themselves."""
        return Reader(self.cancelled, lambda number: self.is_complete(first + number))


@runtime_checkable
class Branching(Protocol):
    """What an engine has besides that can decode several answers to one prompt at once (see candidates.py)."""

    def stream_together(
        self, messages: Sequence[Message], samplings: Sequence[Sampling], reader: Reader
    ) -> Iterator[Growth]:
        """Yield the pieces of an answer a sampling; ends early, without an error, once the reader has cancelled."""


@runtime_checkable
class Remote(Protocol):
    """What an engine has besides that may send requests out of this process."""

    reached: str
    """The host that may have got the latest request, as `https://host:port`; empty: nothing was sent."""
    received: str
    """The latest answer as it came, without the secrets that were put back into it."""

    def redact(self, text: str) -> str:
        """Return a text without the secrets of the latest request."""


class RemoteEngine(Engine, Remote, Protocol):
    """An engine that asks a server."""


MOST_KEPT = 0.75
"""The share of a context that the constant beginning may take: the rest is the request's and its answer's."""


@runtime_checkable
class Keeping(Protocol):
    """What an engine has besides in which a long constant beginning costs a request next to nothing."""

    def keeps(self, messages: Sequence[Message]) -> bool:
        """Say whether what stands before the last message is evaluated, or can be had at once."""

    def prepare(self, messages: Sequence[Message], cancelled: Callable[[], bool]) -> None:
        """Evaluate that and keep it, unless it is cancelled; raises what `prime` raises."""


@runtime_checkable
class Measuring(Protocol):
    """What an engine has besides that finds out, while nobody asks, how it is fastest on this machine."""

    is_measured: bool
    """Whether nothing is left to find out."""

    def measure(self, cancelled: Callable[[], bool]) -> None:
        """Find it out, unless it is cancelled or the machine is busy; takes seconds, once."""


@runtime_checkable
class Tunable(Protocol):
    """What an engine has besides whose weights may have been tuned for this product (models/adapters.py)."""

    adapter: str
    """The training run that the loaded weights have an adapter of; empty: they have none."""

    def tune(self, *, on: bool) -> None:
        """Let the adapter count in what is evaluated from now on, or not; raises EngineError. At first it does not."""


@runtime_checkable
class Announcing(Protocol):
    """What an engine has besides that may have to load a model in the middle of a request."""

    announce: Callable[[str], None]
    """Told what it does from now on: a `state` of docs/protocol.md."""
