"""What a terminal has to offer, so that what is asked does not depend on how it is drawn."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol, Self

from caro_shell.errors import CaroError
from caro_shell.explain.part import Explanation
from caro_shell.terminal.card import Card
from caro_shell.terminal.errand import Errand
from caro_shell.terminal.history import History
from caro_shell.terminal.menu import Action


class Typed(NamedTuple):
    """A text that the user has typed, and whether they want it to count; if not, it is kept for the next time."""

    text: str
    accepted: bool


class Face(Protocol):
    """A terminal as one person uses it. Ctrl-C leaves what is shown, and nothing that was typed is lost."""

    history: History | None
    """The requests of earlier conversations, for `request`."""
    commands: Sequence[str]
    """Words behind a slash that `request` may complete."""

    def __enter__(self) -> Self:
        """Begin: what is typed before anybody reads it is not shown."""

    def __exit__(self, *_: object) -> None:
        """Leave the terminal as it was."""

    def away(self) -> AbstractContextManager[None]:
        """Leave the terminal to another program for a while, as it was."""

    def show(self, card: Card) -> None:
        """Show a command and what is said of it; it stays on the screen."""

    def say(self, text: str, style: str = "class:caro.status") -> None:
        """Show a text of any number of lines; it stays on the screen."""

    def explain(self, explanation: Explanation) -> None:
        """Show what each part of a command does."""

    def complain(self, error: CaroError) -> None:
        """Show what went wrong and what to do next."""

    def wait(self, errand: Errand) -> str:
        """Show how far an errand is until it ends, or the user cancels it; returns what they have typed meanwhile."""

    def choose(self) -> Action:
        """Return what the user wants with the command; raises Cancelled at Ctrl-C."""

    def ask(self, question: str, text: str = "") -> Typed:
        """Return a line that the user has typed, beginning with `text`."""

    def edit(self, text: str, shell: str) -> Typed:
        """Return a command that the user has edited, of any number of lines."""

    def request(self, text: str = "") -> str:
        """Return what the user says at the conversation's prompt; raises EOFError when they leave."""
