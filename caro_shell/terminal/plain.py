"""A terminal that is read aloud, or can only write one line after another: no colours, no drawing, no single keys."""

import readline
import sys
import termios
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import TYPE_CHECKING, Self

from caro_shell.errors import Cancelled, CaroError
from caro_shell.explain.layout import spoken
from caro_shell.explain.part import Explanation
from caro_shell.keypress import fit_for_a_terminal
from caro_shell.terminal.card import Card, told
from caro_shell.terminal.errand import Errand
from caro_shell.terminal.face import Typed
from caro_shell.terminal.menu import SPOKEN, Action, action_of

if TYPE_CHECKING:
    from caro_shell.terminal.history import History

# What waits longer is said, once for each state.
_SILENT_S = 1.0


class Plain:
    """Sentences and questions; each question is answered by a line."""

    def __init__(self) -> None:
        """Have the interpreter's line editor, where there is one."""
        self.history: History | None = None
        self.commands: Sequence[str] = ()
        self._is_loaded = False
        # An answer to the menu is nothing to come back to.
        readline.set_auto_history(False)

    def __enter__(self) -> Self:
        """Begin; the terminal stays as it is."""
        return self

    def __exit__(self, *_: object) -> None:
        """There is nothing to be done."""

    def away(self) -> AbstractContextManager[None]:
        """Leave the terminal to another program; it is as it was."""
        return nullcontext()

    def show(self, card: Card) -> None:
        """Write the card as lines."""
        _write(told(card))

    def say(self, text: str, style: str = "") -> None:  # noqa: ARG002  nothing here looks otherwise
        """Write a text."""
        _write(text)

    def explain(self, explanation: Explanation) -> None:
        """Write a line for each part."""
        _write("\n".join(spoken(explanation)))

    def complain(self, error: CaroError) -> None:
        """Write what went wrong."""
        _write(f"caro: {error.message} {error.hint}".rstrip())

    def wait(self, errand: Errand) -> str:
        """Say what one waits for when it takes long, and again only when that is something else."""
        said = ""
        try:
            while not errand.wait(_SILENT_S):
                if errand.status != said:
                    said = errand.status
                    _write(f"{said[:1].upper()}{said[1:]}.")
        except KeyboardInterrupt:
            _write("")
            errand.cancel()
        return ""

    def choose(self) -> Action:
        """Ask until the answer is one of the menu. What was typed before it could be read does not count."""
        with suppress(termios.error, OSError):
            termios.tcflush(0, termios.TCIFLUSH)
        while True:
            try:
                answer = input(SPOKEN)
            except KeyboardInterrupt:
                _write("")
                raise Cancelled("You left.") from None
            except EOFError:
                return Action.QUIT
            if action := action_of(answer):
                return action

    def ask(self, question: str, text: str = "") -> Typed:
        """Read one line."""
        try:
            return Typed(_with(text, lambda: input(question)), accepted=True)
        except (KeyboardInterrupt, EOFError):
            _write("")
            return Typed("", accepted=False)

    def edit(self, text: str, shell: str) -> Typed:  # noqa: ARG002  there are no colours
        """Read a command, beginning with the one there is; one of several lines needs an editor."""
        if "\n" not in text:
            return self.ask("Edit the command: ", text)
        from caro_shell.terminal.editor import in_editor

        return in_editor(text)

    def request(self, text: str = "") -> str:
        """Read a request, with the earlier ones behind the arrow keys and Ctrl-R."""
        self._load()
        while True:
            try:
                line = _with(text, lambda: input("caro> "))
            except KeyboardInterrupt:
                _write("")
                text = ""
                continue
            if line.strip():
                readline.add_history(line)
            if self.history:
                self.history.add(line)
            return line

    def _load(self) -> None:
        if self._is_loaded or not self.history:
            return
        self._is_loaded = True
        for line in self.history.lines:
            readline.add_history(line)


def _with(text: str, read: Callable[[], str]) -> str:
    """Return what `read` reads on a line that begins with `text`."""
    readline.set_startup_hook(lambda: readline.insert_text(text))
    try:
        return read()
    finally:
        readline.set_startup_hook(None)


def _write(text: str) -> None:
    sys.stdout.write(f"{fit_for_a_terminal(text)}\n")
    sys.stdout.flush()
