"""The different answers to one task: drawn one after another, each only when it is asked for."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from caro_shell import parse, verify
from caro_shell.engines import BrokenOffError, Engine, Remote, Sampling
from caro_shell.errors import Cancelled, CaroError, Unusable
from caro_shell.parse.around import text_around
from caro_shell.parse.likeness import likeness
from caro_shell.prompt import Message
from caro_shell.safety.told import warns
from caro_shell.stopwatch import Stopwatch
from caro_shell.task import Task

# The first answer is greedy; what is drawn after it is drawn warmer, so that it differs.
_WARM = 0.8
# Draws beyond one a wanted command that may be spent on answers that are unusable or there already.
_SPARE_DRAWS = 2
_SPARE_DRAWS_OF_ALTERNATIVES = 4


@dataclass(frozen=True)
class Listener:
    """Who waits for a reply: told each preview of the command, asked whether it still wants one."""

    show: Callable[[str], None] = lambda _text: None
    cancelled: Callable[[], bool] = lambda: False


@dataclass
class Attempt:
    """One answer as it grows, what was asked, and what was sent for it."""

    messages: Sequence[Message]
    sent: Sequence[Message] = ()
    """The messages as they reached the model."""
    raw: str = ""
    received: str = ""
    """The answer as it came, where that is not `raw`: secrets have been put back into that one."""
    ended: bool = False
    log_probabilities: Sequence[float] = ()
    """Of each token, as far as the engine can tell."""
    evaluations: int = 0
    """How many of its tokens were evaluated one by one."""
    prompt_ms: float = 0.0
    """What the engine took for the prompt; 0 where it cannot tell."""


@dataclass
class Visit:
    """One request's look at the answers: who listens, what it costs, what it has drawn."""

    shell: str
    max_tokens: int
    listener: Listener
    wanted: int = 0
    """Which of the answers is shown while it grows."""
    watch: Stopwatch = field(default_factory=Stopwatch)
    attempts: list[Attempt] = field(default_factory=list)


@dataclass
class Answers:
    """The usable commands for a task that were drawn so far, the greedy one first; no two are alike."""

    task: Task
    commands: list[str] = field(default_factory=list)
    refusal: Unusable | None = None
    proved: bool = False
    """Whether the first command has had its second attempt, or needed none."""
    warned: set[str] = field(default_factory=set)
    """The commands around which the model said that they may do harm."""
    log_probabilities: dict[str, Sequence[float]] = field(default_factory=dict)
    """Of each command, how probable the tokens of its answer were."""
    _draws: int = 0
    _exhausted: bool = False

    def reach(self, engine: Engine, number: int, visit: Visit) -> None:
        """Draw until there are `number` commands or no more can be had; raises the first refusal when there is none."""
        spare = _SPARE_DRAWS_OF_ALTERNATIVES if self.commands else _SPARE_DRAWS
        budget = number - len(self.commands) + spare
        while len(self.commands) < number and budget > 0 and not self._exhausted:
            budget -= 1
            self._draw(engine, visit)
            if self.refusal and self.refusal.final and not self.commands:
                break
        # Whoever asks again begins with the first one then, at once.
        self._exhausted |= 0 < len(self.commands) < number
        if not self.commands:
            raise self.refusal or Unusable("The model wrote no command.", "Say it in other words.")

    def _draw(self, engine: Engine, visit: Visit) -> None:
        messages, sampling = self._next_draw(visit.max_tokens)
        attempt = Attempt(messages)
        visit.attempts.append(attempt)
        with verify.SyntaxCheck(visit.shell) as check:
            for text in listen(engine, attempt, sampling, visit):
                # Only what may become the command, and not what is there already.
                if len(self.commands) == visit.wanted and not any(
                    command.startswith(text) for command in self.commands
                ):
                    visit.listener.show(text)
            try:
                command = self._checked(attempt, visit, check)
            except Unusable as error:
                self.refusal = self.refusal or error
                return
        if likeness(command) not in map(likeness, self.commands):
            self.commands.append(command)

    def second_attempt(self, engine: Engine, visit: Visit, wish: str) -> str:
        """Return what the model writes once it knows `wish`; empty when that is no command, or the same again.

        Nothing of it is shown while it grows: the first one stands there, and may stay. It also stays when the engine
        fails meanwhile, or the request is too long with the wish. Raises Cancelled.
        """
        attempt = Attempt(self.task.knowing(wish))
        visit.attempts.append(attempt)
        try:
            with verify.SyntaxCheck(visit.shell) as check:
                for _text in listen(engine, attempt, Sampling(visit.max_tokens), visit):
                    pass
                command = self._checked(attempt, visit, check)
        except Cancelled:
            raise
        except CaroError:
            return ""
        return "" if likeness(command) in map(likeness, self.commands) else command

    def _next_draw(self, max_tokens: int) -> tuple[Sequence[Message], Sampling]:
        """Return what to send next: the task itself, and in turn with it the wish for another tool."""
        draw = self._draws
        self._draws += 1
        if not self.commands or not self.task.words or draw % 2 == 0:
            return self.task.messages, Sampling(max_tokens, _WARM if draw else 0.0, seed=draw)
        first = draw <= len(self.commands)
        return self.task.avoiding(self.commands), Sampling(max_tokens, 0.0 if first else _WARM, seed=draw)

    def _checked(self, attempt: Attempt, visit: Visit, check: verify.SyntaxCheck) -> str:
        with visit.watch.step("parse"):
            command = self.task.accept(parse.parse_command(attempt.raw, visit.shell, ended=attempt.ended))
        with visit.watch.step("verify"):
            objection = check.objection(command)
        if objection:
            raise Unusable(f"The model's answer is not valid {visit.shell}.", "Say it in other words.")
        if warns(text_around(attempt.raw, visit.shell)):
            self.warned.add(command)
        self.log_probabilities.setdefault(command, attempt.log_probabilities)
        return command


def listen(engine: Engine, attempt: Attempt, sampling: Sampling, visit: Visit) -> Iterator[str]:
    """Read the engine until the command is complete; yields each new preview. Raises Cancelled."""
    watch, listener, shell = visit.watch, visit.listener, visit.shell
    shown = ""
    for piece in pieces(engine, attempt, sampling, visit):
        with watch.step("parse"):
            attempt.raw += piece
            finished = parse.is_finished(attempt.raw, shell)
            text = parse.preview(attempt.raw, shell)
        if text != shown and not listener.cancelled():
            yield text
            shown = text
        if finished:
            break


def pieces(engine: Engine, attempt: Attempt, sampling: Sampling, visit: Visit) -> Iterator[str]:
    """Yield what the engine writes, timed; notes at the end whether the model itself ended. Raises Cancelled.

    When somebody else has to answer in the middle, `attempt.raw` begins anew.
    """
    try:
        yield from _stream(engine, attempt, sampling, visit)
    except BrokenOffError:
        attempt.raw = ""
        yield from _stream(engine, attempt, sampling, visit)


def _stream(engine: Engine, attempt: Attempt, sampling: Sampling, visit: Visit) -> Iterator[str]:
    stream = engine.stream(attempt.messages, sampling, visit.listener.cancelled)
    step = "first_token"
    try:
        while True:
            with visit.watch.step(step):
                piece = next(stream, None)
            if visit.listener.cancelled():
                raise Cancelled("Cancelled.")
            if piece is None:
                break
            step = "decode"
            yield piece
    finally:
        stream.close()  # type: ignore[attr-defined]
        attempt.ended = engine.usage.ended
        attempt.log_probabilities = engine.usage.log_probabilities
        attempt.evaluations, attempt.prompt_ms = engine.usage.evaluations, engine.usage.prompt_ms
        attempt.sent = engine.sent or attempt.messages
        attempt.received = engine.received if isinstance(engine, Remote) else ""
