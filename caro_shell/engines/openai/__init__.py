"""The engine for OpenAI-compatible servers: vLLM, llama-server, Ollama, LM Studio and the like.

Nothing is sent that `redact` has not looked at; what it has taken out is put back into the answer here.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from caro_shell.config import Settings
from caro_shell.engines import Placement, Sampling, Usage
from caro_shell.engines.openai import faults
from caro_shell.engines.openai.address import read_address
from caro_shell.engines.openai.completion import Completion
from caro_shell.engines.openai.exchange import StoppedError
from caro_shell.engines.openai.faults import Asked
from caro_shell.engines.openai.key import read_key
from caro_shell.engines.openai.server import RejectedError, Reply, Request, Server, listed_models
from caro_shell.errors import CaroError, ServerError, Unusable
from caro_shell.parse.characters import without_refused
from caro_shell.prompt import Message
from caro_shell.redact import Redacted, redact
from caro_shell.redact.restore import Restorer

# What not every server takes; what one rejects is left out from then on.
_OPTIONAL: Mapping[str, Any] = {
    "stream_options": {"include_usage": True},
    # Models that think first would be cut off before their answer.
    "chat_template_kwargs": {"enable_thinking": False},
    # A second field would have llama-cpp-python's server sort its vocabulary in Python, for every token.
    "logprobs": True,
    "seed": None,
    "temperature": None,
}
# Where a server does not say what it rejects, these go first, a group at a time.
_RARE = ({"logprobs"}, {"stream_options", "chat_template_kwargs"}, {"seed"})
_MOST_NAME = 120
_UNNAMED = "the server's own"
_NAME_ONE = "Try: caro config set server_model NAME"


def _milliseconds_since(start: float) -> float:
    return (time.perf_counter() - start) * 1000


def _shown(model: str) -> str:
    """Return a server's name of a model for people: of a path on its disk, the file."""
    name = model.rpartition("/")[2] if model.startswith("/") or model.endswith(".gguf") else model
    return without_refused(name)[:_MOST_NAME]


class OpenAIEngine:
    """A model on a server. Also a `Remote`."""

    name = "openai"

    def __init__(self, settings: Settings, home: str | None = None) -> None:
        """Remember the settings; nobody is asked yet. `home` is the user's directory."""
        self._settings = settings
        self._home = os.path.expanduser("~") if home is None else home  # noqa: PTH111  it never raises
        self.model = _shown(settings.server_model) or _UNNAMED
        self.placement = Placement("server")
        self.notes: tuple[str, ...] = ()
        self.usage = Usage()
        self.sent: Sequence[Message] = ()
        self.received = ""
        self.reached = ""
        self._asked_model = settings.server_model
        self._redacted = Redacted(())
        self._left_out: set[str] = set()
        self._max_tokens_name = "max_tokens"

    def load(self) -> None:
        """Check address and key; the server is asked with the first request. Raises ConfigError or ServerError."""
        if not self._settings.base_url:
            raise ServerError("There is no server to ask.", "Try: caro config set base_url https://host/v1")
        address = read_address(self._settings)
        read_key(self._settings)
        self._server = Server(address, self._settings.server_timeout)
        self.placement = Placement("server", host=address.host)

    def prime(self, messages: Sequence[Message]) -> None:
        """Leave it to the server: it keeps what it has evaluated by itself."""

    def redact(self, text: str) -> str:
        """Return a text as the latest request would have had it."""
        return self._redacted.again(text)

    def stream(self, messages: Sequence[Message], sampling: Sampling, cancelled: Callable[[], bool]) -> Iterator[str]:
        """Yield the answer with the secrets in it; raises ServerError, Unusable or ConfigError in one sentence."""
        redacted = self._redacted = redact([message.content for message in messages], self._home)
        self.sent = [Message(m.role, text) for m, text in zip(messages, redacted.texts, strict=True)]
        self.received = self.reached = ""
        self.usage = Usage()
        start = time.perf_counter()
        restorer = Restorer(redacted)
        with suppress(StoppedError):
            try:
                for piece in self._pieces(sampling, cancelled):
                    if not self.received:
                        self.usage = replace(self.usage, prompt_ms=_milliseconds_since(start))
                    self.received += piece
                    if text := restorer.feed(piece):
                        yield text
                    if cancelled():
                        return
                if text := restorer.finish():
                    yield text
            finally:
                spent = _milliseconds_since(start)
                self.usage = replace(self.usage, decode_ms=max(0.0, spent - self.usage.prompt_ms))

    def _pieces(self, sampling: Sampling, cancelled: Callable[[], bool]) -> Iterator[str]:
        """Yield what the server writes, without its thinking, and keep account of it."""
        asked = Asked(self.placement.host, read_key(self._settings))
        reply = self._reply(sampling, asked, cancelled)
        completion = Completion(reply, asked, sampling.max_tokens, self._settings.server_timeout)
        try:
            yield from completion.pieces(cancelled)
        finally:
            self.usage = replace(completion.usage, prompt_ms=self.usage.prompt_ms)
        if completion.only_thought:
            raise Unusable(
                f"The model thought, and wrote no command: {sampling.max_tokens} tokens were not enough.",
                "Turn its thinking off at the server, or: caro config set max_tokens 2000",
            )

    def _reply(self, sampling: Sampling, asked: Asked, cancelled: Callable[[], bool]) -> Reply:
        """Send the request, with fewer and fewer of the fields that not every server takes."""
        if not self._asked_model:
            self._find_model(asked, cancelled)
        before = frozenset(self._left_out)
        while True:
            request = Request("/chat/completions", self._body(sampling), frozenset(_OPTIONAL))
            try:
                return self._server.ask(request, asked.key, cancelled)
            except RejectedError as rejected:
                if faults.names_no_model(rejected.status, rejected.words):
                    raise self._missing(asked, cancelled) from None
                if rejected.status in {faults.NOT_FOUND, faults.NOT_ALLOWED} or not self._left_more_out(rejected.words):
                    # It was not the fields.
                    self._left_out = set(before)
                    raise faults.of_status(asked, rejected.status, rejected.words) from None
            finally:
                if self._server.reached:
                    self.reached = self.placement.host

    def _body(self, sampling: Sampling) -> dict[str, Any]:
        optional = {**_OPTIONAL, "seed": sampling.seed, "temperature": sampling.temperature}
        return {
            "model": self._asked_model,
            "messages": [message._asdict() for message in self.sent],
            "stream": True,
            self._max_tokens_name: sampling.max_tokens,
            **{name: value for name, value in optional.items() if name not in self._left_out},
        }

    def _left_more_out(self, words: str) -> bool:
        """Leave out the fields that a server names, else those that the fewest take; False when none is left."""
        if "max_completion_tokens" in words and self._max_tokens_name == "max_tokens":
            self._max_tokens_name = "max_completion_tokens"
            return True
        named = {name for name in _OPTIONAL if name in words} - self._left_out
        more = next(filter(None, (named, *(rare - self._left_out for rare in _RARE))), set())
        self._left_out |= more
        return bool(more)

    def _find_model(self, asked: Asked, cancelled: Callable[[], bool]) -> None:
        """Ask the server which models it has, and take the first; raises ServerError when it does not say."""
        names = listed_models(self._server, asked, cancelled)
        if not names:
            raise ServerError(f"{asked.host} does not say which models it has.", _NAME_ONE)
        self._asked_model, self.model = names[0], _shown(names[0])
        several = f"{asked.host} has {len(names)} models; {self.model} is asked, `server_model` names another."
        self.notes = (several,) if len(names) > 1 else ()

    def _missing(self, asked: Asked, cancelled: Callable[[], bool]) -> ServerError:
        """Return what the user is told when the server has not the model that was asked for."""
        missing = asked.shown(_shown(self._asked_model))
        if not self._settings.server_model:
            # It had that one a while ago.
            self._asked_model, self.model = "", _UNNAMED
        names: list[str] = []
        with suppress(CaroError):
            names = listed_models(self._server, asked, cancelled)
        has = asked.shown(f"It has {', '.join(map(_shown, names[:5]))}") + ". " if names else ""
        return ServerError(f"{asked.host} has no model `{missing}`.", has + _NAME_ONE)

    def close(self) -> None:
        """Close the connection."""
        if hasattr(self, "_server"):
            self._server.close()
