"""One request from line to reply: context, prompt, stream, parse, verify, and what it cost."""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from caro_shell import context, parse, prompt, verify
from caro_shell.engines import Engine, Sampling
from caro_shell.errors import Cancelled, Unusable, UsageError
from caro_shell.protocol import Ask, Reply

# The first answer is greedy; what follows is drawn warmer, so that it differs.
_ALTERNATIVE_TEMPERATURE = 0.8
# Draws beyond the wanted number that may be spent on answers that are unusable or already there.
_SPARE_DRAWS = 2
_CACHED_REPLIES = 256
MOST_ALTERNATIVES = 9


@dataclass
class _Attempt:
    """One answer as it grows."""

    raw: str = ""
    ended: bool = False


class Stopwatch:
    """Adds up milliseconds by the name of a step."""

    def __init__(self) -> None:
        """Start the total."""
        self._start = time.perf_counter()
        self._steps: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Count the time inside the block for `name`."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.add(name, time.perf_counter() - start)

    def add(self, name: str, seconds: float) -> None:
        """Count `seconds` for `name`."""
        self._steps[name] = self._steps.get(name, 0.0) + seconds * 1000

    def elapsed_s(self) -> float:
        """Return the seconds since the start."""
        return time.perf_counter() - self._start

    def timings(self) -> dict[str, float]:
        """Return every step and the total, in milliseconds."""
        return {name: round(value, 2) for name, value in {**self._steps, "total": self.elapsed_s() * 1000}.items()}


@dataclass(frozen=True)
class Listener:
    """Who waits for a reply: told each preview of the command, asked whether it still wants one."""

    show: Callable[[str], None] = lambda _text: None
    cancelled: Callable[[], bool] = lambda: False


@dataclass
class Pipeline:
    """Turns requests into replies with one engine; remembers replies, and the latest one in full."""

    engine: Engine
    max_tokens: int
    last: Mapping[str, Any] = field(default_factory=dict)
    _replies: OrderedDict[tuple[Any, ...], Reply] = field(default_factory=OrderedDict)

    def prime(self, shell: str) -> None:
        """Evaluate the constant part of the prompt, before anybody waits for it."""
        self.engine.prime(prompt.build_messages("", context.place(shell)))

    def generate(self, request: Ask, listener: Listener) -> Reply:
        """Return the reply; raises Cancelled, Unusable, or what the engine raises."""
        watch = Stopwatch()
        if request.shell not in prompt.SHELLS:
            raise UsageError(f"There is no shell `{request.shell[:20]}` here.", f"One of: {', '.join(prompt.SHELLS)}.")
        if not 1 <= request.number <= MOST_ALTERNATIVES:
            raise UsageError(f"The number of commands must be from 1 to {MOST_ALTERNATIVES}.", "Try: caro -n 3 …")
        with watch.step("context"):
            place = context.place(request.shell)
        with watch.step("prompt"):
            messages = prompt.build_messages(prompt.request_of(request.line), place)
        key = (self.engine.model, *messages, request.number)
        if not request.fresh and key in self._replies:
            self._replies.move_to_end(key)
            return self._replies[key]._replace(cached=True, timings_ms=watch.timings())
        attempts: list[_Attempt] = []
        try:
            commands = self._commands(request, messages, listener, (watch, attempts))
        finally:
            self._remember(request, messages, attempts, watch)
        reply = Reply(
            command=commands[0],
            risk="unjudged",
            reasons=[],
            notes=list(self.engine.notes),
            alternatives=commands[1:],
            model=self.engine.model,
            engine=self.engine.name,
            cached=False,
            timings_ms=watch.timings(),
        )
        self._replies[key] = reply
        if len(self._replies) > _CACHED_REPLIES:
            self._replies.popitem(last=False)
        return reply

    def _commands(
        self,
        request: Ask,
        messages: Sequence[prompt.Message],
        listener: Listener,
        record: tuple[Stopwatch, list[_Attempt]],
    ) -> list[str]:
        """Return distinct usable commands, the greedy one first; raises the first refusal when there is none."""
        watch, attempts = record
        found: dict[str, str] = {}
        refusal: Unusable | None = None
        for draw in range(request.number + _SPARE_DRAWS):
            attempts.append(_Attempt())
            # Only what may become the command is shown while it grows.
            show = listener.show if request.stream and not found else Listener.show
            sampling = Sampling(self.max_tokens, _ALTERNATIVE_TEMPERATURE if draw else 0.0, seed=draw)
            hearer = Listener(show, listener.cancelled)
            with verify.SyntaxCheck(request.shell) as check:
                self._listen(messages, sampling, hearer, (watch, attempts[-1], request.shell))
                try:
                    command = self._checked(attempts[-1], request.shell, (watch, check))
                except Unusable as error:
                    refusal = refusal or error
                    continue
            found.setdefault(" ".join(command.split()), command)
            if len(found) == request.number:
                break
        if not found and refusal:
            raise refusal
        return list(found.values())

    def _listen(
        self,
        messages: Sequence[prompt.Message],
        sampling: Sampling,
        listener: Listener,
        record: tuple[Stopwatch, _Attempt, str],
    ) -> None:
        """Read the engine until the command is complete; raises Cancelled."""
        watch, attempt, shell = record
        stream = self.engine.stream(messages, sampling, listener.cancelled)
        shown = ""
        step = "first_token"
        try:
            while True:
                with watch.step(step):
                    piece = next(stream, None)
                if listener.cancelled():
                    raise Cancelled("Cancelled.")
                if piece is None:
                    break
                step = "decode"
                with watch.step("parse"):
                    attempt.raw += piece
                    finished = parse.is_finished(attempt.raw, shell)
                    text = parse.preview(attempt.raw, shell)
                if text != shown:
                    listener.show(text)
                    shown = text
                if finished:
                    break
        finally:
            stream.close()  # type: ignore[attr-defined]
        attempt.ended = self.engine.usage.ended

    def _checked(self, attempt: _Attempt, shell: str, tools: tuple[Stopwatch, verify.SyntaxCheck]) -> str:
        watch, check = tools
        with watch.step("parse"):
            command = parse.parse_command(attempt.raw, shell, ended=attempt.ended)
        with watch.step("verify"):
            objection = check.objection(command)
        if objection:
            raise Unusable(f"The model's answer is not valid {shell}.", "Say it in other words.")
        return command

    def _remember(
        self,
        request: Ask,
        messages: Sequence[prompt.Message],
        attempts: Sequence[_Attempt],
        watch: Stopwatch,
    ) -> None:
        self.last = {
            "line": request.line,
            "shell": request.shell,
            "engine": self.engine.name,
            "model": self.engine.model,
            "device": self.engine.device,
            "sent": [message._asdict() for message in messages],
            "answers": [attempt.raw for attempt in attempts],
            "tokens": {
                "prompt": self.engine.usage.prompt_tokens,
                "reused": self.engine.usage.reused_tokens,
                "answer": self.engine.usage.answer_tokens,
                "evaluations": self.engine.usage.evaluations,
            },
            "timings_ms": watch.timings(),
        }
