"""A terminal that can be drawn on, by prompt-toolkit."""

import asyncio
import sys
import termios
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Self

from prompt_toolkit.application import Application
from prompt_toolkit.formatted_text import FormattedText, StyleAndTextTuples
from prompt_toolkit.input import Input, create_input
from prompt_toolkit.input.typeahead import clear_typeahead
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout import FormattedTextControl, Layout, Window
from prompt_toolkit.output import ColorDepth, Output
from prompt_toolkit.output.vt100 import Vt100_Output
from prompt_toolkit.shortcuts import print_formatted_text
from prompt_toolkit.styles import Style

from caro_shell.errors import Cancelled, CaroError
from caro_shell.explain.layout import Line, rows
from caro_shell.explain.part import Explanation
from caro_shell.keypress import fit_for_a_terminal
from caro_shell.terminal import looks
from caro_shell.terminal.card import Card, drawn, in_rows
from caro_shell.terminal.errand import Errand
from caro_shell.terminal.face import Typed
from caro_shell.terminal.highlight import Fragment
from caro_shell.terminal.lines import ESCAPE_S, Conversation, Lines
from caro_shell.terminal.menu import MENU, Action, menu_rows

if TYPE_CHECKING:
    from caro_shell.terminal.history import History


def of_this_process(environ: Mapping[str, str], style: str, *, vi: bool) -> "Full":
    """Return the terminal of this process."""
    screen = Vt100_Output.from_pty(sys.stdout, term=environ.get("TERM"))
    # A terminal's late answer to where the cursor stands would be typed into the command that is run.
    screen.enable_cpr = False
    return Full(environ, style, vi=vi, keyboard=create_input(sys.stdin), screen=screen)


class Full:
    """A terminal with colours, keys that count at once, and lines that are edited in place."""

    def __init__(self, environ: Mapping[str, str], style: str, *, vi: bool, keyboard: Input, screen: Output) -> None:
        """Use a terminal; `style` and `vi` are what the settings say of looks and editing."""
        self._input, self._output = keyboard, screen
        self._depth = None if looks.has_colours(environ) else ColorDepth.DEPTH_1_BIT
        self._style = Style.from_dict(looks.styles(style))
        self._lines = Lines(self._input, self._output, self._style, self._depth, vi=vi)
        self._modes: list[Any] = []
        self._conversation: Conversation | None = None
        self.history: History | None = None
        self.commands: Sequence[str] = ()

    def __enter__(self) -> Self:
        """Begin: what is typed while nothing reads it is read later, key by key, and not shown twice."""
        self._modes = termios.tcgetattr(self._input.fileno())
        termios.tcsetattr(self._input.fileno(), termios.TCSADRAIN, _between_drawings(self._modes))
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the terminal in the modes it had."""
        with suppress(termios.error):
            termios.tcsetattr(self._input.fileno(), termios.TCSADRAIN, self._modes)

    @contextmanager
    def away(self) -> Iterator[None]:
        """Leave the terminal to another program, and take it back whatever that has done to it."""
        self.__exit__()
        try:
            yield
        finally:
            self.__enter__()

    def show(self, card: Card) -> None:
        """Write the card, and leave it on the screen."""
        self._print([("", "\n"), *drawn(card, self._columns())])

    def say(self, text: str, style: str = "class:caro.status") -> None:
        """Write a text, and leave it on the screen."""
        self._print([(style, f"{row}\n") for row in in_rows(fit_for_a_terminal(text), self._columns())])

    def explain(self, explanation: Explanation) -> None:
        """Write each part below its own place in the command."""
        found = rows(explanation, self._columns() - 1)
        self._print([("bold" if row.is_command else "", f"{row.text}\n") for row in [Line(""), *found]])

    def complain(self, error: CaroError) -> None:
        """Write what went wrong, as `caro` says it everywhere."""
        self.say(f"caro: {error.message}", "class:caro.error")
        if error.hint:
            self.say(f"      {error.hint}")

    def wait(self, errand: Errand) -> str:
        """Show the status, and the command as it is being written, until there is an answer."""
        typed: list[str] = []
        keys = KeyBindings()

        @keys.add("c-c")
        @keys.add("<sigint>")
        @keys.add("escape", eager=True)
        def _leave(event: KeyPressEvent) -> None:
            event.app.exit()

        @keys.add(Keys.Any)
        def _keep(event: KeyPressEvent) -> None:
            # Of an arrow key, this is a whole sequence.
            typed.extend(event.data if event.data.isprintable() else "")

        @keys.add(Keys.BracketedPaste)
        def _keep_pasted(event: KeyPressEvent) -> None:
            typed.extend(fit_for_a_terminal(" ".join(event.data.split())))

        @keys.add("backspace")
        def _take_back(_event: KeyPressEvent) -> None:
            del typed[-1:]

        def progress() -> StyleAndTextTuples:
            status = f"  … {errand.status}  {''.join(typed)}"
            return [
                ("class:caro.status", status),
                ("class:caro.preview", f"\n{errand.preview}" if errand.preview else ""),
            ]

        app = self._app(progress, keys)
        try:
            app.run(pre_run=lambda: _follow(errand, app))
        except EOFError:
            raise Cancelled("The terminal has gone.") from None
        finally:
            errand.cancel()
        return "".join(typed)

    def choose(self) -> Action:
        """Show the menu until a key of it is pressed. What was typed before it could be read does not count."""
        keys = KeyBindings()
        for item in MENU:
            for key in (item.key, item.key.upper()):
                keys.add(key)(_exit_with(item.action))
        keys.add("escape", eager=True)(_exit_with(Action.QUIT))
        keys.add("c-d")(_exit_with(Action.QUIT))
        keys.add("c-z")(lambda event: event.app.suspend_to_background())

        @keys.add("c-c")
        @keys.add("<sigint>")
        def _cancel(event: KeyPressEvent) -> None:
            event.app.exit(exception=Cancelled("You left."))

        if self._conversation:
            # Back at the prompt, Enter does nothing that could be regretted.
            keys.add("enter")(_exit_with(Action.QUIT))
        clear_typeahead(self._input)
        with suppress(termios.error, OSError):
            termios.tcflush(self._input.fileno(), termios.TCIFLUSH)
        try:
            chosen: Action = self._app(lambda: [*menu_rows(self._columns())], keys).run()
        except EOFError:
            raise Cancelled("The terminal has gone.") from None
        return chosen

    def ask(self, question: str, text: str = "") -> Typed:
        """Read one line."""
        return self._lines.one(question, text)

    def edit(self, text: str, shell: str) -> Typed:
        """Let a command be edited where it stands."""
        return self._lines.command(text, shell)

    def request(self, text: str = "") -> str:
        """Read a request; Ctrl-C empties the line, and the arrow key brings it back."""
        self._conversation = self._conversation or self._lines.conversation(self.history, self.commands)
        while True:
            typed = self._conversation.read(text)
            if typed.accepted:
                return typed.text
            text = ""
            if not typed.text.strip():
                self.say("Ctrl-D leaves.")

    def _app(self, drawing: Callable[[], StyleAndTextTuples], keys: KeyBindings) -> "Application[Any]":
        control = FormattedTextControl(drawing, focusable=True, show_cursor=False)
        app: Application[Any] = Application(
            layout=Layout(Window(control, wrap_lines=True, dont_extend_height=True)),
            key_bindings=keys,
            style=self._style,
            color_depth=self._depth,
            include_default_pygments_style=False,
            erase_when_done=True,
            input=self._input,
            output=self._output,
        )
        app.ttimeoutlen = ESCAPE_S
        return app

    def _columns(self) -> int:
        return self._output.get_size().columns

    def _print(self, fragments: Sequence[Fragment]) -> None:
        print_formatted_text(
            FormattedText(fragments),
            end="",
            output=self._output,
            style=self._style,
            color_depth=self._depth,
            include_default_pygments_style=False,
        )


def _between_drawings(modes: Sequence[Any]) -> list[Any]:
    """Return the modes in which the terminal itself neither shows, edits nor holds back a key; Ctrl-C is a signal."""
    iflag, oflag, cflag, lflag, ispeed, ospeed, cc = modes
    iflag &= ~(termios.ICRNL | termios.IXON)
    lflag &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN)
    cc = [*cc]
    cc[termios.VMIN], cc[termios.VTIME] = 1, 0
    return [iflag, oflag, cflag, lflag, ispeed, ospeed, cc]


def _exit_with(action: Action) -> Callable[[KeyPressEvent], None]:
    return lambda event: event.app.exit(result=action)


def _follow(errand: Errand, app: "Application[Any]") -> None:
    """Draw what is new of an errand, and end the waiting with it."""
    loop = asyncio.get_running_loop()

    def finish() -> None:
        if app.is_running and not app.is_done:
            app.exit()

    def told() -> None:
        # The loop has ended when the user has left.
        with suppress(RuntimeError):
            app.invalidate()
            if errand.is_done():
                loop.call_soon_threadsafe(finish)

    errand.tell(told)
    told()
