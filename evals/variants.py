"""Changed products to be measured beside the real one: a name, and what it changes for as long as a run lasts."""

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

from caro_shell import context, learned, prompt, retrieval, task
from caro_shell import pipeline as product
from caro_shell.examples import example_turns
from caro_shell.pipeline import Pipeline
from caro_shell.prompt import SHELLS, Message, Place
from caro_shell.retrieval import Library
from caro_shell.retrieval.background import Order
from caro_shell.retrieval.build import build
from caro_shell.retrieval.sources import Machine
from evals import levers, tasks

Variant = Callable[[Pipeline, ExitStack], Pipeline]
"""Takes the pipeline with its engine loaded, and a stack for what has to be undone; returns the one to be asked."""

_WRITTEN_S = 30.0
"""After so many seconds what was taught is written."""


def replaced(name: str, new: object, stack: ExitStack) -> None:
    """Let `new` stand for a function of `caro_shell/prompt.py`, wherever the product calls it."""
    for module in (prompt, task):
        if hasattr(module, name):
            stack.enter_context(mock.patch.object(module, name, new))


def _one_line_prompt(pipeline: Pipeline, stack: ExitStack) -> Pipeline:
    """Put the plain model's own prompt into the product, to see what all the rest of it is worth."""

    def build_messages(request: str, place: Place) -> list[Message]:
        system = f"You are a {place.shell} assistant. Reply with one {place.shell} command and nothing else."
        return [Message("system", system), Message("user", request)]

    replaced("build_messages", build_messages, stack)
    return pipeline


def _hints(pipeline: Pipeline, stack: ExitStack) -> Pipeline:
    """Tell the model what this machine's manuals have for a request, out of an index made for this run."""
    directory = Path(stack.enter_context(TemporaryDirectory(prefix="caro-evals-")), "index")
    place = context.place("bash")
    machine = Machine(os.environ.get("PATH", ""), os.environ.get("HOME", ""), place.system, os.environ)
    order = Order(str(directory / "index.sqlite3"), machine.path, history=False)
    build(order, machine, f"{place.system} {place.flavour}")
    library = Library(Path(order.file))
    stack.callback(library.close)
    stack.enter_context(mock.patch.object(retrieval, "hints", library.hints))
    pipeline.hints = True
    return pipeline


def _taught(pipeline: Pipeline, stack: ExitStack) -> Pipeline:
    """Have its owner put every answer on `dev` right before, each to a request that began with one word more."""
    directory = stack.enter_context(TemporaryDirectory(prefix="caro-evals-"))
    kept = learned.Learned(str(Path(directory, "learned.sqlite3")))
    for shell in SHELLS:
        asked = [task for task in tasks.load(tasks.files_of("dev")) if task.gesture == "ask" and task.shell == shell]
        corrected = [
            {"request": f"please {task.request}", "command": "true", "ran": task.reference, "fate": "corrected"}
            for task in asked
        ]
        kept.keep(shell, corrected)
    kept.close(_WRITTEN_S)
    stack.callback(kept.close)
    stack.enter_context(mock.patch.object(learned, "_of_this_user", return_value=kept))
    pipeline.learns = True
    return pipeline


def _with(examples: Callable[[tuple[Message, ...]], Sequence[Message]]) -> Variant:
    """Return the variant in which a prompt begins with these of the example turns."""

    def variant(made: Pipeline, stack: ExitStack) -> Pipeline:
        def with_examples(messages: Sequence[Message], place: Place) -> list[Message]:
            system, *rest = messages
            return [system, *examples(example_turns(place)), *rest]

        stack.enter_context(mock.patch.object(product, "with_examples", with_examples))
        return made

    return variant


def _listed(made: Pipeline, stack: ExitStack) -> Pipeline:
    """Put the examples into the system's message as a list, instead of a conversation."""

    def with_examples(messages: Sequence[Message], place: Place) -> list[Message]:
        system, *rest = messages
        turns = example_turns(place)
        pairs = [f"{one.content}\n{other.content}" for one, other in zip(turns[::2], turns[1::2], strict=True)]
        return [Message("system", "\n".join([system.content, "Examples:", *pairs])), *rest]

    stack.enter_context(mock.patch.object(product, "with_examples", with_examples))
    return made


VARIANTS: Mapping[str, Variant] = {
    "no-examples": _with(lambda _turns: ()),
    "quarter-of-examples": _with(lambda turns: [turn for at, turn in enumerate(turns) if at // 2 % 4 == 0]),
    "listed-examples": _listed,
    "one-line-prompt": _one_line_prompt,
    "hints": _hints,
    "taught": _taught,
    "fenced": levers.fenced,
    "json": levers.as_json,
    "directory": levers.directory,
    "tools": levers.tools,
    "votes": levers.votes,
}
