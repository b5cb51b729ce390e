"""The few fixed examples that a prompt begins with, as turns of a conversation; data in examples.toml."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from caro_shell.prompt import SHELLS, Message, Place, explanation_request


@dataclass(frozen=True)
class Example:
    """A request and its command; `fish` and `bsd` are how fish and BSD tools want it, where that differs."""

    request: str
    command: str
    fish: str = ""
    bsd: str = ""
    shells: tuple[str, ...] = SHELLS

    def command_for(self, place: Place) -> str:
        """Return the command as it is written in `place`; empty where the example does not apply."""
        if place.shell not in self.shells:
            return ""
        if place.shell == "fish" and self.fish:
            return self.fish
        return self.bsd if place.flavour == "BSD" and self.bsd else self.command


@cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads(files("caro_shell").joinpath("examples.toml").read_text(encoding="utf-8"))


@cache
def examples() -> tuple[Example, ...]:
    """Return all examples of requests and commands, in their order."""
    return tuple(Example(**{**entry, "shells": tuple(entry.get("shells", SHELLS))}) for entry in _table()["example"])


@cache
def example_turns(place: Place) -> tuple[Message, ...]:
    """Return the examples as a model in `place` would have answered them; explanations come last."""
    pairs = [(one.request, one.command_for(place)) for one in examples()]
    pairs += [(explanation_request(one["command"]), one["words"]) for one in _table()["explanation"]]
    return tuple(
        message
        for request, answer in pairs
        if answer
        for message in (Message("user", request), Message("assistant", answer))
    )


def with_examples(messages: Sequence[Message], place: Place) -> list[Message]:
    """Return a prompt with the examples behind its system message: constant text first, the request last."""
    system, *rest = messages
    return [system, *example_turns(place), *rest]
