"""Who is asked: the product as it is, or the same model behind one line of a prompt."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Protocol, Self
from unittest import mock

from caro_shell import __version__, config, context, paths
from caro_shell.answers import Listener
from caro_shell.config import Settings
from caro_shell.engines import Engine, Sampling, never
from caro_shell.engines.registry import create_engine
from caro_shell.errors import CaroError
from caro_shell.pipeline import Pipeline
from caro_shell.prompt import Message, Place
from caro_shell.protocol import Ask
from evals.knowing import Knowing
from evals.plain import plain_messages, stripped
from evals.tasks import Task
from evals.variants import VARIANTS

# Of an answer with words around it, room enough; the product's own limit is a setting.
_PLAIN_TOKENS = 256
_MACOS = Place("macOS", "BSD", "zsh")
_MODEL_STEPS = ("first_token", "decode")


@dataclass(frozen=True)
class Answer:
    """What a system said to one request; times in milliseconds."""

    command: str
    model_ms: float
    other_ms: float
    refused: str = ""
    """Why there is no command, in the product's words."""
    raw: Sequence[str] = ()
    """What the model wrote, an entry an attempt."""
    tokens: Mapping[str, int] = field(default_factory=dict)
    notes: Sequence[str] = ()
    risk: str = ""
    confidence: float | None = None
    features: Mapping[str, float] = field(default_factory=dict)
    """What the confidence was computed from."""


class System(Protocol):
    """Somebody who turns requests into commands."""

    def prepare(self, task: Task) -> None:
        """Do what a warm daemon has done before the request comes."""

    def ask(self, task: Task, cwd: str, path: str) -> Answer:
        """Return the answer to a task's request, made in `cwd` with this PATH."""


def settings_for(model: str, changes: Mapping[str, str]) -> Settings:
    """Return the product's defaults with these changes, whatever is configured here; raises ConfigError."""
    for name in changes:
        config.known(name)
    kept = {name: os.environ[name] for name in ("CARO_MODELS_DIR",) if name in os.environ}
    kept.setdefault("CARO_MODELS_DIR", f"{paths.data_dir()}/models")
    asked = {f"CARO_{name.upper()}": value for name, value in {"model": model, **changes}.items()}
    return config.resolve({**kept, **asked}, "/nonexistent")


class Product:
    """The pipeline in this process, as the daemon has it. A context manager."""

    def __init__(self, settings: Settings, variant: str = "") -> None:
        """`variant` is a name in evals/variants.py; empty: the product as it is."""
        self._settings = settings
        self._variant = variant
        self._stack = ExitStack()
        self._pipeline: Pipeline | None = None
        self._primed: Place | None = None

    def __enter__(self) -> Self:
        """Load the model."""
        self._stack.callback(context.place.cache_clear)
        engine = self._engine()
        engine.load()
        self._stack.callback(engine.close)
        pipeline = Pipeline(engine, self._settings.max_tokens, self._settings.proof, self._settings.examples)
        pipeline.hints, pipeline.history = self._settings.hints == "on", self._settings.history == "on"
        self._pipeline = VARIANTS[self._variant](pipeline, self._stack) if self._variant else pipeline
        return self

    def __exit__(self, *_: object) -> None:
        """Give the memory back, and undo what the variant changed."""
        self._stack.close()

    def _engine(self) -> Engine:
        return create_engine(self._settings)

    def prepare(self, task: Task) -> None:
        """Evaluate the constant prompt of the task's shell and place, once for each run of tasks that share it."""
        assert self._pipeline is not None  # noqa: S101  for the type checker
        with _placed(task):
            place = context.place(task.shell)
            if place != self._primed:
                self._pipeline.prime(place.shell)
                self._pipeline.prepare(place.shell)
                self._primed = place

    def ask(self, task: Task, cwd: str, path: str) -> Answer:
        """Return the pipeline's reply."""
        assert self._pipeline is not None  # noqa: S101  for the type checker
        pipeline, start = self._pipeline, time.perf_counter()
        pipeline.last = {}
        # What is installed on a Mac is not known here.
        asked = ask_for(task, cwd, "" if task.place == "macos" else path)
        with _placed(task):
            try:
                reply = pipeline.answer(asked, Listener())
            except CaroError as error:
                return _answer(pipeline.last, start, "", refused=error.message)
        return _answer(
            pipeline.last,
            start,
            # Behind `# `, as the shells put it, so that nothing runs it.
            f"# {reply.command}" if reply.risk == "critical" else reply.command,
            notes=list(reply.notes),
            risk=reply.risk,
            confidence=reply.confidence,
            features=dict(pipeline.features),
        )


def ask_for(task: Task, cwd: str, path: str) -> Ask:
    """Return the request that the shells send for a task's gesture."""
    shell = "zsh" if task.place == "macos" else task.shell
    made = Ask(task.request, shell, __version__, cwd=cwd, path=path, stream=False)
    if task.gesture == "fix":
        return made._replace(type="fix", status=task.status, output=task.said)
    return made._replace(turns=list(task.turns))


def _placed(task: Task) -> Any:  # noqa: ANN401  a context manager of either kind
    """Have the product believe that it is where the task is."""
    if task.place != "macos":
        return ExitStack()
    return mock.patch.object(context, "place", return_value=_MACOS)


def _answer(last: Mapping[str, Any], start: float, command: str, **more: Any) -> Answer:  # noqa: ANN401  the fields
    total = (time.perf_counter() - start) * 1000
    steps = last.get("timings_ms", {})
    model = sum(steps.get(name, 0.0) for name in _MODEL_STEPS)
    return Answer(
        command,
        round(model, 1),
        round(max(total - model, 0.0), 1),
        raw=list(last.get("answers", ())),
        tokens=dict(last.get("tokens", {})),
        **more,
    )


class Plain:
    """The same weights behind one line: what anybody gets who asks the model itself. A context manager."""

    def __init__(self, settings: Settings) -> None:
        """Nothing is loaded yet."""
        self._settings = settings
        self._engine: Engine | None = None
        self._primed: Message | None = None

    def __enter__(self) -> Self:
        """Load the model."""
        self._engine = create_engine(self._settings)
        self._engine.load()
        return self

    def __exit__(self, *_: object) -> None:
        """Give the memory back."""
        if self._engine:
            self._engine.close()

    def prepare(self, task: Task) -> None:
        """Evaluate the constant prompt, as the product does with its own."""
        assert self._engine is not None  # noqa: S101  for the type checker
        if (system := plain_messages(task)[0]) != self._primed:
            self._engine.prime([system, Message("user", "")])
            self._primed = system

    def ask(self, task: Task, cwd: str, path: str) -> Answer:  # noqa: ARG002  it knows nothing of the place
        """Return the first command in what the model writes, greedily, to its end."""
        assert self._engine is not None  # noqa: S101  for the type checker
        start = time.perf_counter()
        stream = self._engine.stream(plain_messages(task), Sampling(_PLAIN_TOKENS), never)
        raw = "".join(stream)
        model = (time.perf_counter() - start) * 1000
        command = stripped(raw)
        usage = self._engine.usage
        tokens = {"prompt": usage.prompt_tokens, "reused": usage.reused_tokens, "answer": usage.answer_tokens}
        other = (time.perf_counter() - start) * 1000 - model
        return Answer(command, round(model, 1), round(other, 1), raw=[raw], tokens=tokens)


class References(Product):
    """The product around a model that is always right: what it objects to then, or keeps back, is a false alarm."""

    def __init__(self, settings: Settings, variant: str = "") -> None:
        """As the product."""
        super().__init__(settings, variant)
        self._knowing = Knowing()

    def _engine(self) -> Engine:
        return self._knowing

    def ask(self, task: Task, cwd: str, path: str) -> Answer:
        """Return what the pipeline makes of the task's reference."""
        self._knowing.answer = task.reference
        return super().ask(task, cwd, path)


SYSTEMS: Mapping[str, Callable[[Settings, str], Product | Plain]] = {
    "product": Product,
    "plain": lambda settings, _variant: Plain(settings),
    "references": References,
}
