"""Lines that a person types, edited in place by prompt-toolkit: an answer, a command, a request."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import WordCompleter
from prompt_toolkit.document import Document
from prompt_toolkit.filters import emacs_mode, has_focus
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.history import History as Shown
from prompt_toolkit.input import Input
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.lexers import Lexer
from prompt_toolkit.output import ColorDepth, Output
from prompt_toolkit.styles import Style

from caro_shell.terminal.face import Typed
from caro_shell.terminal.highlight import highlighted
from caro_shell.terminal.history import History

ESCAPE_S = 0.05
"""Seconds without the rest of a key after which an Escape is one."""
_PROMPT = "caro> "
# Not in a search, which has keys of its own.
_at_the_line = has_focus("DEFAULT_BUFFER")


class Lines:
    """What reads lines from one terminal."""

    def __init__(self, keyboard: Input, screen: Output, style: Style, depth: ColorDepth | None, *, vi: bool) -> None:
        """Read from `keyboard`; `vi` says whose keys a line is edited with."""
        self._all: dict[str, Any] = {
            "input": keyboard,
            "output": screen,
            "style": style,
            "color_depth": depth,
            "vi_mode": vi,
            "enable_suspend": True,
            "include_default_pygments_style": False,
            "reserve_space_for_menu": 0,
        }

    def one(self, question: str, text: str) -> Typed:
        """Read one line."""
        return _read(self._session(), question, text) or Typed("", accepted=False)

    def command(self, text: str, shell: str) -> Typed:
        """Read a command of any number of lines: Enter takes it, Alt-Enter begins a new line."""
        session = self._session(
            multiline=True, lexer=_ShellLexer(shell), enable_open_in_editor=True, tempfile_suffix=f".{shell}"
        )
        return _read(session, "", text) or Typed("", accepted=False)

    def conversation(self, history: History | None, commands: Sequence[str]) -> "Conversation":
        """Return what reads one request after another; Tab completes `commands`."""
        requests = _Requests(history)
        completer = WordCompleter(list(commands), sentence=True)
        return Conversation(self._session(history=requests, completer=completer, complete_while_typing=False), requests)

    def _session(self, **more: Any) -> "PromptSession[str]":  # noqa: ANN401  PromptSession's own options
        keys = _keys(several_lines=bool(more.get("multiline")))
        session: PromptSession[str] = PromptSession(**self._all, key_bindings=keys, **more)
        session.app.ttimeoutlen = ESCAPE_S
        return session


class Conversation:
    """A prompt with the earlier requests behind the arrow keys and Ctrl-R."""

    def __init__(self, session: "PromptSession[str]", requests: "_Requests") -> None:
        """Use `session`, whose history is `requests`."""
        self._session, self._requests = session, requests

    def read(self, text: str) -> Typed:
        """Read a request; one that was left at Ctrl-C comes back by the arrow key. Raises EOFError at Ctrl-D."""
        typed = _read(self._session, _PROMPT, text)
        if typed is None:
            raise EOFError
        if not typed.accepted and typed.text.strip():
            self._requests.remember(typed.text)
        return typed


def _read(session: "PromptSession[str]", question: str, text: str) -> Typed | None:
    """Return what was typed; None when the terminal has gone, or at Ctrl-D."""
    try:
        return Typed(session.prompt([("class:caro.prompt", question)], default=text), accepted=True)
    except _Left as left:
        return Typed(left.text, accepted=False)
    except EOFError:
        return None


class _Left(Exception):  # noqa: N818  no error: the user has left the line
    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


def _keys(*, several_lines: bool) -> KeyBindings:
    keys = KeyBindings()

    @keys.add("c-c", filter=_at_the_line)
    @keys.add("<sigint>")
    def _leave(event: KeyPressEvent) -> None:
        event.app.exit(exception=_Left(event.app.current_buffer.text), style="class:aborting")

    if several_lines:

        @keys.add("enter", filter=_at_the_line)
        def _take(event: KeyPressEvent) -> None:
            event.current_buffer.validate_and_handle()

        @keys.add("escape", "enter", filter=_at_the_line & emacs_mode)
        def _begin_a_line(event: KeyPressEvent) -> None:
            event.current_buffer.newline(copy_margin=False)

    return keys


class _ShellLexer(Lexer):
    """A command's colours, line by line; what a line is depends on those before it, so the whole is read."""

    def __init__(self, shell: str) -> None:
        self._shell = shell

    def lex_document(self, document: Document) -> Callable[[int], StyleAndTextTuples]:
        """Return what gives the fragments of a line."""
        lines: list[StyleAndTextTuples] = [[]]
        for style, text in highlighted(document.text, self._shell):
            first, *rest = text.split("\n")
            lines[-1].append((style, first))
            lines += [[(style, line)] for line in rest]
        return lambda number: lines[number] if number < len(lines) else []


class _Requests(Shown):
    """Our history as prompt-toolkit wants it."""

    def __init__(self, kept: History | None) -> None:
        super().__init__()
        self._kept = kept

    def load_history_strings(self) -> Iterable[str]:
        """Return the requests, the latest first."""
        return reversed(self._kept.lines if self._kept else [])

    def store_string(self, string: str) -> None:
        """Keep a request."""
        if self._kept:
            self._kept.add(string)

    def remember(self, text: str) -> None:
        """Have a text behind the arrow key as long as this conversation lasts, and in no file."""
        self._loaded_strings.insert(0, text)
