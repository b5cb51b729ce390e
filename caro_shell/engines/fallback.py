"""Who answers when the server does not: the model of this machine, loaded only then."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing

from caro_shell.engines import BrokenOffError, Engine, RemoteEngine, Sampling
from caro_shell.errors import CaroError, ServerError
from caro_shell.prompt import Message

# A server that did not answer is asked again after this, then after twice as long each time.
_FIRST_REST_S = 5.0
_LONGEST_REST_S = 120.0


class FallbackEngine:
    """A server, and behind it an engine of this machine. What it says of itself is of the one that answered last."""

    def __init__(
        self, remote: RemoteEngine, local: Callable[[], Engine], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`local` makes the engine of this machine; `clock` gives seconds."""
        self._remote, self._make_local, self._clock = remote, local, clock
        self._local: Engine | None = None
        self._primer: Sequence[Message] = ()
        self._is_loaded = self._is_broken = False
        self._rest_s, self._ask_again = 0.0, 0.0
        self._trouble = ServerError("")
        self.announce: Callable[[str], None] = lambda _state: None
        self.sent: Sequence[Message] = ()
        self.reached = self.received = ""
        self._speak_for(remote)

    def _speak_for(self, engine: Engine) -> None:
        self.name, self.model, self.placement = engine.name, engine.model, engine.placement
        self.notes, self.usage = engine.notes, engine.usage

    def load(self) -> None:
        """Make the server ready to be asked; raises ConfigError. The model of this machine is not loaded yet."""
        self._load_remote()

    def _load_remote(self) -> None:
        if not self._is_loaded:
            try:
                self._remote.load()
            except ServerError as error:
                self._rest(error)
                return
            self._is_loaded = True
            self._speak_for(self._remote)

    def prime(self, messages: Sequence[Message]) -> None:
        """Remember it for the model of this machine."""
        self._primer = messages
        self._remote.prime(messages)

    def redact(self, text: str) -> str:
        """Return a text as the server would have had it."""
        return self._remote.redact(text)

    def stream(self, messages: Sequence[Message], sampling: Sampling, cancelled: Callable[[], bool]) -> Iterator[str]:
        """Yield the server's answer, or else this machine's.

        Raises BrokenOffError when the server stopped in the middle: the next stream is this machine's.
        """
        if not self._is_broken:
            self.reached = ""
        self._is_broken = False
        self.received = ""
        if self._clock() >= self._ask_again:
            self._load_remote()
        if self._clock() >= self._ask_again:
            begun = False
            try:
                with closing(self._remote.stream(messages, sampling, cancelled)) as stream:  # type: ignore[type-var]
                    for piece in stream:
                        begun = True
                        yield piece
                self._rest_s = 0.0
            except ServerError as error:
                self._rest(error)
            else:
                return
            finally:
                self._speak_for(self._remote)
                self.sent, self.reached = self._remote.sent, self._remote.reached
                self.received = self._remote.received
            if begun:
                self._is_broken = True
                raise BrokenOffError
        yield from self._answer_here(messages, sampling, cancelled)

    def _rest(self, trouble: ServerError) -> None:
        """Leave the server alone for a while, so that not everybody waits for one that is gone."""
        self._trouble = trouble
        self._rest_s = min(2 * self._rest_s, _LONGEST_REST_S) or _FIRST_REST_S
        self._ask_again = self._clock() + self._rest_s

    def _answer_here(
        self, messages: Sequence[Message], sampling: Sampling, cancelled: Callable[[], bool]
    ) -> Iterator[str]:
        local = self._loaded_local()
        written = ""
        try:
            with closing(local.stream(messages, sampling, cancelled)) as stream:  # type: ignore[type-var]
                for piece in stream:
                    written += piece
                    yield piece
        finally:
            self._speak_for(local)
            why = self._trouble.message.rstrip(".")
            self.notes = (f"{why}; answered by {local.model} on this machine.", *local.notes)
            # What is remembered is what left the machine, if anything did.
            self.sent = self._remote.sent if self.reached else local.sent
            self.received = self._remote.redact(written) if self.reached else written

    def _loaded_local(self) -> Engine:
        if self._local is not None:
            return self._local
        self.announce("loading")
        try:
            local = self._make_local()
            local.load()
            local.prime(self._primer)
        except CaroError as error:
            raise ServerError(f"{self._trouble.message} And nobody answers here: {error.message}", error.hint) from None
        self._local = local
        self.announce("thinking")
        return local

    def close(self) -> None:
        """Close both."""
        self._remote.close()
        if self._local is not None:
            self._local.close()
            self._local = None
