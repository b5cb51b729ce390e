"""Changed products to be measured beside the real one: a name, and what it changes for as long as a run lasts."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from unittest import mock

from caro_shell import prompt, task
from caro_shell.pipeline import Pipeline
from caro_shell.prompt import Message, Place

Variant = Callable[[Pipeline, ExitStack], Pipeline]
"""Takes the pipeline with its engine loaded, and a stack for what has to be undone; returns the one to be asked."""


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


VARIANTS: Mapping[str, Variant] = {
    "one-line-prompt": _one_line_prompt,
}
