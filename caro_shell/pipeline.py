"""One request from line to reply: context, prompt, stream, parse, verify, and what it cost."""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from caro_shell import context, prompt
from caro_shell.answers import Answers, Attempt, Listener, Visit, pieces
from caro_shell.checks import judged, mendable, proved, raised
from caro_shell.confidence import NOT_SURE, confidence, features, is_unsure
from caro_shell.engines import Engine, Keeping, Measuring, Remote, Sampling, Tunable, never
from caro_shell.errors import UsageError
from caro_shell.examples import with_examples
from caro_shell.line import read_line
from caro_shell.parse.explanation import Explained, parse_explained, plain, unmarked
from caro_shell.prompt import Message
from caro_shell.protocol import Ask, Reply
from caro_shell.safety.told import warns
from caro_shell.task import Task, explain_task, fix_task, generate_task

if TYPE_CHECKING:
    from caro_shell.prove import Proof

_REMEMBERED = 256
# What is said of one part of a command takes about so many.
_PART_TOKENS = 24
MOST_ALTERNATIVES = 9


@dataclass
class Pipeline:
    """Turns requests into replies with one engine; remembers answers, and the latest request in full."""

    engine: Engine
    max_tokens: int = 160
    proves: bool = True
    """Whether commands are checked against what is installed here."""
    examples: bool = True
    """Whether prompts begin with examples, once the engine keeps them evaluated."""
    learns: bool = False
    """Whether the model is told what the user made of its answer to a request like this one."""
    hints: bool = False
    """Whether the model is told what this machine's manuals have for a request."""
    history: bool = False
    """Whether that may be a command of the user's own history, which no server gets to see."""
    last: Mapping[str, Any] = field(default_factory=dict)
    features: Mapping[str, float] = field(default_factory=dict)
    """What the confidence in the latest command was computed from."""
    _answers: OrderedDict[tuple[Any, ...], Answers] = field(default_factory=OrderedDict)
    _explanations: OrderedDict[tuple[Any, ...], Explained] = field(default_factory=OrderedDict)

    def prime(self, shell: str) -> None:
        """Evaluate the constant part of the prompt before anybody waits for it."""
        place = context.place(shell)
        self._tune(on=True)
        self.engine.prime(self._opened(prompt.build_messages("", place), place))

    def is_prepared(self, shell: str) -> bool:
        """Say whether nothing is left to `prepare` for this shell."""
        return self._has_examples(shell) and not (isinstance(self.engine, Measuring) and not self.engine.is_measured)

    def _has_examples(self, shell: str) -> bool:
        """Say whether prompts for this shell begin with examples, or are to have none."""
        if not self.examples or self._is_tuned or not isinstance(self.engine, Keeping):
            return True
        return self.engine.keeps(_opening(context.place(shell)))

    def prepare(self, shell: str, cancelled: Callable[[], bool] = never) -> None:
        """Do what takes long: evaluate the examples for a shell, which prompts are without till then; measure."""
        if not self._has_examples(shell) and isinstance(self.engine, Keeping):
            self.engine.prepare(_opening(context.place(shell)), cancelled)
        if isinstance(self.engine, Measuring) and not self.engine.is_measured and not cancelled():
            self.engine.measure(cancelled)

    def _opened(self, messages: Sequence[Message], place: prompt.Place) -> Sequence[Message]:
        """Return a prompt as these weights want it: tuned ones need to know the place alone, others see examples.

        They see them where that costs nothing because the engine keeps them evaluated.
        """
        if self._is_tuned:
            return prompt.tuned_messages(messages[-1].content, place)
        if not self.examples:
            return messages
        opened = with_examples(messages, place)
        return opened if isinstance(self.engine, Keeping) and self.engine.keeps(opened) else messages

    @property
    def _is_tuned(self) -> bool:
        return isinstance(self.engine, Tunable) and bool(self.engine.adapter)

    def _tune(self, *, on: bool) -> None:
        if isinstance(self.engine, Tunable):
            self.engine.tune(on=on)

    def answer(self, ask: Ask, listener: Listener) -> Reply:
        """Return the reply; raises Cancelled, Unusable, UsageError, or what the engine raises."""
        visit = Visit(ask.shell, self.max_tokens, listener if ask.stream else Listener(cancelled=listener.cancelled))
        if ask.shell not in prompt.SHELLS:
            raise UsageError(f"There is no shell `{ask.shell[:20]}` here.", f"One of: {', '.join(prompt.SHELLS)}.")
        if not 1 <= ask.number <= MOST_ALTERNATIVES:
            raise UsageError(f"The number of commands must be from 1 to {MOST_ALTERNATIVES}.", "Try: caro -n 3 …")
        with visit.watch.step("context"):
            place = context.place(ask.shell)
        with visit.watch.step("prompt"):
            task = _task(ask, place)
            # To explain is not what weights are tuned for.
            explains = ask.type == "explain"
            self._tune(on=not explains)
            if not (explains and self._is_tuned):
                task = replace(task, messages=self._opened(task.messages, place))
        if ask.type == "generate" and (self.learns or self.hints):
            with visit.watch.step("hints"):
                task = self._hinted(task, place)
        try:
            return self._explain(ask, task, visit) if ask.type == "explain" else self._write(ask, task, visit)
        finally:
            if visit.attempts:
                self._remember(ask, visit)

    def _hinted(self, task: Task, place: prompt.Place) -> Task:
        """Return a request in words with what is known here about it; of any other task, nothing is looked up."""
        if not task.words or task.messages[-1].content != task.words:
            return task
        lines, here = list[str](), not isinstance(self.engine, Remote)
        if self.learns and here:
            from caro_shell.learned import recalled

            lines += recalled(task.words, place.shell)
        if self.hints:
            from caro_shell.retrieval import hints

            lines += [hint.text for hint in hints(task.words, place, history=self.history and here)]
        return task.hinted(lines)

    def _write(self, ask: Ask, task: Task, visit: Visit) -> Reply:
        """Return the reply with a command in it."""
        key = (self.engine.model, *task.messages)
        answers = Answers(task) if ask.fresh else self._answers.get(key, Answers(task))
        wanted = visit.wanted = min(max(ask.alternative, 0), MOST_ALTERNATIVES - 1)
        answers.reach(self.engine, max(wanted + 1, ask.number), visit)
        # Another engine may have had to answer.
        _keep(self._answers, (self.engine.model, *task.messages), answers)
        index = max(ask.alternative, 0) % len(answers.commands)
        proof = self._proved(ask, task, answers, index, visit)
        with visit.watch.step("judge"):
            command = answers.commands[index]
            verdict = raised(judged(command, ask, warned=command in answers.warned), proof)
        self.features = features(answers.log_probabilities.get(command, ()), len(proof.objections))
        sure = confidence(self.features)
        return Reply(
            command=answers.commands[index],
            risk=verdict.level,
            reasons=[reason.sentence for reason in verdict.reasons],
            notes=[*proof.notes, *([NOT_SURE] if is_unsure(sure) else []), *self.engine.notes],
            alternatives=answers.commands[1 : ask.number] if ask.number > 1 else [],
            model=self.engine.model,
            engine=self.engine.name,
            cached=not visit.attempts,
            timings_ms=visit.watch.timings(),
            alternative=index,
            cursor=len(task.right),
            words=task.words,
            confidence=None if sure is None else round(sure, 3),
        )

    def _proved(self, ask: Ask, task: Task, answers: Answers, index: int, visit: Visit) -> "Proof":
        """Return what is known against a command; the first one gets a second attempt, and the better one stays."""

        def prove(command: str) -> "Proof":
            with visit.watch.step("proof"):
                return proved(command, ask, task, known=self.proves)

        proof = prove(answers.commands[index])
        if index or answers.proved:
            return proof
        answers.proved = True
        if not (wish := mendable(proof)) or not (other := answers.second_attempt(self.engine, visit, wish)):
            return proof
        second = prove(other)
        if len(second.objections) >= len(proof.objections):
            return proof
        answers.commands[0] = other
        return second

    def _explain(self, ask: Ask, task: Task, visit: Visit) -> Reply:
        """Return the reply with an explanation of the command on the line."""
        key = (self.engine.model, *task.messages)
        parts = task.parts
        explained = None if ask.fresh else self._explanations.get(key)
        if explained is None:
            attempt = Attempt(task.messages)
            visit.attempts.append(attempt)
            for piece in pieces(self.engine, attempt, Sampling(self.max_tokens + len(parts) * _PART_TOKENS), visit):
                attempt.raw += piece
                visit.listener.show(unmarked(attempt.raw) if parts else plain(attempt.raw))
            explained = parse_explained(attempt.raw, parts, ended=attempt.ended)
        _keep(self._explanations, (self.engine.model, *task.messages), explained)
        with visit.watch.step("judge"):
            verdict = judged(ask.line, ask, warned=warns("\n".join([explained.text, *explained.parts])))
        return Reply(
            command=ask.line,
            risk=verdict.level,
            reasons=[reason.sentence for reason in verdict.reasons],
            notes=list(self.engine.notes),
            alternatives=[],
            model=self.engine.model,
            engine=self.engine.name,
            cached=not visit.attempts,
            timings_ms=visit.watch.timings(),
            explanation=explained.text,
            parts=explained.parts,
        )

    def _remember(self, ask: Ask, visit: Visit) -> None:
        remote = self.engine if isinstance(self.engine, Remote) else None
        self.last = {
            "line": remote.redact(ask.line) if remote else ask.line,
            "shell": ask.shell,
            "engine": self.engine.name,
            "model": self.engine.model,
            "adapter": self.engine.adapter if isinstance(self.engine, Tunable) else "",
            **asdict(self.engine.placement),
            "reached": remote.reached if remote else "",
            "sent": [message._asdict() for message in visit.attempts[0].sent],
            # The last message of each: what was sent for a further answer differs in that alone.
            "asked": [attempt.sent[-1].content for attempt in visit.attempts],
            "answers": [attempt.received if remote else attempt.raw for attempt in visit.attempts],
            "log_probabilities": [[round(one, 3) for one in attempt.log_probabilities] for attempt in visit.attempts],
            "evaluations": [attempt.evaluations for attempt in visit.attempts],
            "prompt_ms": [round(attempt.prompt_ms, 2) for attempt in visit.attempts],
            "tokens": {
                "prompt": self.engine.usage.prompt_tokens,
                "reused": self.engine.usage.reused_tokens,
                "answer": self.engine.usage.answer_tokens,
                "evaluations": self.engine.usage.evaluations,
            },
            "timings_ms": visit.watch.timings(),
        }


def _opening(place: prompt.Place) -> Sequence[Message]:
    return with_examples(prompt.build_messages("", place), place)


def _task(ask: Ask, place: prompt.Place) -> Task:
    def known(name: str) -> bool:
        return context.is_known(name) or name in ask.aliases or name in ask.functions

    if ask.type == "explain":
        return explain_task(ask.line, place, known, ask.parts)
    if ask.type == "fix":
        facts = context.facts_about(ask.line, ask.status, ask.cwd, ask.output)
        return fix_task(ask.line, ask.status, facts, place)
    written = read_line(ask.line, ask.cursor, ask.shell, known)
    return generate_task(written, ask.turns, place, known)


def _keep(store: OrderedDict[tuple[Any, ...], Any], key: tuple[Any, ...], value: Any) -> None:  # noqa: ANN401
    """Keep `value` as the latest of those remembered."""
    store[key] = value
    store.move_to_end(key)
    if len(store) > _REMEMBERED:
        store.popitem(last=False)
