"""A press answered behind the shell's back, for line editors that cannot wait for a descriptor (bash, fish).

The client goes into the background, draws below the line, and leaves its records in a file that only the user can
read. Then it lets the terminal type `ESC[0n`, behind which the shell has bound the function that takes the answer.
The shell empties the file when it has taken it, or writes `offer` when the line has changed meanwhile: the command
is then shown below, for one more press. A file that nobody takes is shown the same way.
"""

import os
import signal
import sys
import termios
import time
from collections.abc import Callable
from contextlib import suppress

from caro_shell import answer_files, paths
from caro_shell.answer_files import lives
from caro_shell.errors import Cancelled, DaemonError
from caro_shell.keypress import sentence
from caro_shell.keypress.below import Below, clipped, place_of, width_of
from caro_shell.keypress.press import Press

OFFER = "  → {}   (once more to take it)"
# A shell that reads keys takes the answer within milliseconds; after this, the terminal does not type.
_TAKEN_WITHIN_S = 1.5
_PAINTED_WITHIN_S = 0.25
# So often a waiting client looks at its file and whether the shell still lives.
_LOOK_S = 0.05
# Ghost text is a glimpse: a command of more lines is shown by its first ones.
_MOST_ROWS = 5
_CANCELLED = 130
_CTRL_C = b"\x03"


def start(press: Press) -> int:
    """Go into the background, or say as `error`, a tab and a sentence why that cannot be."""
    return _or_say_why(_start, press)


def wait(press: Press) -> int:
    """Answer with the shell waiting; says in the same way why that cannot be."""
    return _or_say_why(_wait, press)


def _or_say_why(act: Callable[[Press], int], press: Press) -> int:
    try:
        return act(press)
    except (KeyboardInterrupt, Cancelled):
        raise
    except Exception as error:  # nobody sees our stderr
        sys.stdout.write(f"error\t{sentence(error)}\n")
        return 1


def _start(press: Press) -> int:
    """Go into the background; prints the process id and the answer's path before that.

    For bash, a second line says which character was the terminal's Ctrl-C: it is an ordinary key from now on.
    """
    path = _answer_path(press)
    # fish looks whether somebody else has written, and if so paints a prompt of several rows again, one row too low.
    below = Below(press.terminal, press.pid, press.style, unnoticed=press.shell == "fish")
    heard, told = os.pipe()
    # A child whose process id the shell does not get could not be ended by anybody: from here on a Ctrl-C waits.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    child = os.fork()
    if child:
        os.close(heard)
        if signal.SIGINT in signal.sigpending():
            # Nothing has been said yet, and the child hears that nothing will be.
            return _CANCELLED
        sys.stdout.write(f"{child} {path}\n{_interrupt_as_key(press, below)}")
        sys.stdout.flush()
        os.write(told, b"1")
        # The shell waits for this process, and no farewell of the interpreter's is worth that.
        os._exit(0)
    status = 1
    with suppress(OSError, Cancelled):
        os.close(told)
        _leave_the_shell()
        # Nothing comes when the parent was killed before it could tell the shell of us.
        if os.read(heard, 1):
            status = _Detached(press, path, below).run()
    os._exit(status)


def _wait(press: Press) -> int:
    """Answer with the shell waiting; prints the path of the answer's file, which the shell has to empty."""
    from caro_shell.keypress.answer import answer, record

    path = _answer_path(press)
    records: list[bytes] = []

    def take(word: str, text: str) -> None:
        if not lives(press.pid):
            raise Cancelled("The shell has gone.")
        records.append(record(word, text))

    status = answer(press, take)
    if status == _CANCELLED:
        return status
    answer_files.write(path, b"".join(records))
    sys.stdout.write(f"{os.getpid()} {path}\n")
    return status


def _answer_path(press: Press) -> str:
    """Return a path that no other press has; files that were left behind go."""
    directory = paths.ensure_private_dir(paths.runtime_dir(os.environ))
    answer_files.remove_old(directory, press.pid)
    return answer_files.path_in(directory, press.pid)


def _interrupt_as_key(press: Press, below: Below) -> str:
    """Let the terminal pass Ctrl-C on as a key, and return its number: bash would drop the line at the signal."""
    if press.shell != "bash":
        return ""
    try:
        modes = termios.tcgetattr(below.fd)
        if modes[6][termios.VINTR] != _CTRL_C:
            return ""
        modes[6][termios.VINTR] = os.fpathconf(below.fd, "PC_VDISABLE").to_bytes()
        termios.tcsetattr(below.fd, termios.TCSANOW, modes)
    except (OSError, ValueError, OverflowError, termios.error):
        return ""
    return f"{_CTRL_C[0]}\n"


def _leave_the_shell() -> None:
    """Let go of what the shell waits for; its signals are not ours, except the one that cancels."""

    def cancel(*_: object) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise Cancelled("Cancelled.")

    signal.signal(signal.SIGTERM, cancel)
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP, signal.SIGTTOU):
        signal.signal(number, signal.SIG_IGN)
    # A daemon that is started from here inherits what is blocked.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    nothing = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(nothing, fd)


class _Detached:
    """One press, from the first status to the answer's being taken."""

    def __init__(self, press: Press, path: str, below: Below) -> None:
        self._press = press
        self._path = path
        self._below = below
        below.keep_to_these_modes()
        self._records: list[bytes] = []
        self._command = self._trouble = self._ghost = ""
        self._size = below.columns(), below.lines()
        self._resized_at = 0.0
        self._drawn: tuple[object, ...] = ()

    def run(self) -> int:
        from caro_shell.keypress.answer import answer

        # bash has done so itself: its line is off the screen until this process's parent has ended.
        if self._press.shell != "bash":
            self._draw("  …")
        status = answer(self._press, self._take)
        if status != _CANCELLED:
            self._hand_over()
        return status

    def _take(self, word: str, text: str) -> None:
        """Draw what is for show, keep what is for the shell."""
        if not lives(self._press.pid):
            raise Cancelled("The shell has gone.")
        if word == "working":
            self._draw(self._ghost or f"  … {text}")
        elif word == "chunk":
            self._ghost = f"  → {text}"
            self._draw(self._ghost)
        else:
            from caro_shell.keypress.answer import record

            self._command = text if word == "done" else self._command
            self._trouble = text if word == "error" else self._trouble
            self._records.append(record(word, text))

    def _draw(self, text: str) -> None:
        size = columns, _lines = self._below.columns(), self._below.lines()
        if size != self._size:
            self._size, self._resized_at = size, time.monotonic()
        # The shell paints its line again for a new size, fish over what is below it: then it is drawn once more.
        painted = time.monotonic() - self._resized_at > _PAINTED_WITHIN_S
        if (text, size, painted) == self._drawn:
            return
        self._drawn = text, size, painted
        rows = [clipped(row.expandtabs(4), columns - 1) for row in text.split("\n")]
        self._below.draw(rows[:_MOST_ROWS], rows_down(self._press, columns))

    def _hand_over(self) -> None:
        """Leave the answer, let the shell know, and stay until it has been taken."""
        asked_at = 0.0
        shown = told = False
        try:
            answer_files.write(self._path, b"".join(self._records))
            while lives(self._press.pid):
                left = _content(self._path)
                if not left:
                    return
                if not asked_at and self._below.ask():
                    asked_at = time.monotonic()
                late = asked_at and time.monotonic() - asked_at > _TAKEN_WITHIN_S
                if shown or left == b"offer" or late:
                    shown = True
                    self._offer()
                if left == b"offer" and not told:
                    # A key that the user has pressed before this was not for it; so the shell hears of it.
                    told = self._below.ask()
                time.sleep(_LOOK_S / 10 if asked_at and not late and not shown else _LOOK_S)
        except DaemonError as error:
            # The shell will not hear of it; the next press asks anew.
            self._draw(f"  caro: {sentence(error)}")
        finally:
            with suppress(OSError):
                os.unlink(self._path)

    def _offer(self) -> None:
        if self._trouble:
            self._draw(f"  caro: {self._trouble}")
            return
        columns = self._below.columns()
        first = self._command.split("\n")[0].expandtabs(4)
        room = columns - 1 - width_of(OFFER.format(""))
        self._draw(OFFER.format(clipped(first, max(room, 1))))


def _content(path: str) -> bytes:
    """Return what is in an answer's file, or at least how it begins; empty once it has been taken."""
    # A shell that writes `offer` empties the file first: one look between the two is none.
    for _look in range(2):
        try:
            with open(path, "rb") as file:
                if found := file.read(16):
                    return found
        except OSError:
            return b""
        time.sleep(_LOOK_S / 10)
    return b""


def rows_down(press: Press, columns: int) -> int:
    """Return how many rows below the cursor the first free row is.

    Without the prompt's width a line that goes on behind the cursor is thought to wrap once more than it may.
    """
    prompt = visible(press.prompt).split("\n")[-1]
    at, _column = place_of(prompt + press.left, columns)
    end, _column = place_of(prompt + press.line, columns)
    return 1 + end - at + (1 if press.right and not press.prompt else 0)


def visible(prompt: str) -> str:
    """Return a prompt without what takes no room: readline's marks, escape sequences, control characters."""
    import re

    text = re.sub(
        r"\x01.*?\x02|\x1b\[[0-?]*[ -/]*[@-~]|\x1b\].*?(?:\x07|\x1b\\)|\x1b[ -/]*[0-~]", "", prompt, flags=re.DOTALL
    )
    return "".join(char for char in text if char == "\n" or char >= " ")
