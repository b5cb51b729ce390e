"""What a shell's key runs: what was pressed on stdin, records for the line editor out. docs/shells.md is the contract.

A record is a word, a tab, a text and a NUL, written in one piece. How they reach the shell is the mode: `stream`
writes them on stdout as they come; `detach` returns at once, works on behind the shell's back and leaves them in a
file; `wait` is `detach` with the shell waiting; `view` shows an explanation itself.
"""

import os
import signal
import sys
from collections.abc import Callable

from caro_shell.errors import Cancelled, CaroError
from caro_shell.keypress.press import Press, press_of

# Four times the daemon's bound for a message (protocol.MESSAGE_LIMIT): the line, and what the shell calls by a name of
# its own, of which the rest may be dropped.
_FIELDS_LIMIT = 256 * 1024


def _stream(press: Press) -> int:
    from caro_shell.keypress.answer import answer, stdout

    return answer(press, stdout, hang_up=1)


def _detach(press: Press) -> int:
    from caro_shell.keypress.detached import start

    return start(press)


def _wait(press: Press) -> int:
    from caro_shell.keypress.detached import wait

    return wait(press)


def _view(press: Press) -> int:
    from caro_shell.keypress.view import view

    if (tour := os.environ.get("CARO_TOUR")) and press.line.strip():
        from caro_shell.tour.pressed import note_press

        note_press(tour, press, {})
    return view(press)


_MODES: dict[str, Callable[[Press], int]] = {"stream": _stream, "detach": _detach, "wait": _wait, "view": _view}


def main(mode: str) -> int:
    """Answer one key press; returns 0 when it was answered, 1 after an error, 130 when cancelled."""
    try:
        # The shell may have set it to be ignored, and zsh blocks it then; Ctrl-C must reach us.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        return _MODES[mode](press_of(sys.stdin.buffer.read(_FIELDS_LIMIT)))
    except (KeyboardInterrupt, Cancelled):
        return 130


def sentence(error: Exception) -> str:
    """Return what went wrong and what to do next, for a shell to show; whatever broke in us is said too."""
    if not isinstance(error, CaroError):
        error = CaroError(f"Something in caro broke ({type(error).__name__}: {error}).", "See: caro doctor")
    return fit_for_a_terminal(f"{error.message} {error.hint}".strip())


def fit_for_a_terminal(text: str) -> str:
    """Return a text without characters that a terminal must not see; tabs and newlines stay."""
    if text.isprintable():
        return text
    from caro_shell.parse.characters import without_refused

    return without_refused(text)
