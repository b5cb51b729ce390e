"""An explanation below the line, until the next key: the key itself is left for the shell.

The client is in the foreground here, so it may look whether something has been typed; it never reads it.
"""

import os
import select
import signal
import termios
from collections.abc import Sequence
from typing import Any

from caro_shell import client
from caro_shell.errors import Cancelled
from caro_shell.keypress import sentence
from caro_shell.keypress.answer import message_of
from caro_shell.keypress.below import Below, as_shown, clipped, place_of, width_of
from caro_shell.keypress.detached import rows_down, visible
from caro_shell.keypress.explaining import Drawing, Local
from caro_shell.keypress.press import Press, question_of


def view(press: Press) -> int:
    """Show the explanation of the line until a key is there to be read; returns the exit status."""
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    screen = _View(press)
    before = termios.tcgetattr(screen.fd)
    try:
        _notice_every_key(screen.fd, before)
        status = _explain(press, screen)
        screen.wait_for_key()
    except (KeyboardInterrupt, Cancelled):
        return 130
    finally:
        screen.erase()
        # What has been typed stays in the terminal's queue.
        termios.tcsetattr(screen.fd, termios.TCSADRAIN, before)
    return status


def _notice_every_key(fd: int, before: list[Any]) -> None:
    """Let each key be there at once and unseen; Ctrl-C stays a signal."""
    modes = [*before]
    modes[3] = (modes[3] & ~(termios.ICANON | termios.ECHO)) | termios.ISIG
    modes[6] = [*modes[6]]
    modes[6][termios.VMIN], modes[6][termios.VTIME] = 1, 0
    termios.tcsetattr(fd, termios.TCSADRAIN, modes)


def _explain(press: Press, screen: "_View") -> int:
    """Show what this machine knows of each part at once, and ask the model about the others; returns the status."""
    screen.show("  …")
    local = Local(press)
    local.start()
    screen.wait_for(local.ended)
    drawing = Drawing(local.explanation, screen.columns, screen.draw, screen.show)
    try:
        question = question_of(press)
        drawing.show(is_last=drawing.is_whole)
        if drawing.is_whole:
            return 0
        with client.Client(os.environ, hang_up=screen.fd, hang_up_events=select.POLLIN) as daemon:
            reply = daemon.ask(message_of(drawing.asking(question), press), drawing.follow)
        drawing.end(reply)
    except Cancelled:
        raise
    except Exception as error:  # there is no other place to say it
        drawing.show(*wrapped(f"caro: {sentence(error)}", screen.columns()), is_last=True)
        return 1
    return 0


class _View:
    """The rows below the line while the shell waits for us."""

    def __init__(self, press: Press) -> None:
        self._below = Below(press.terminal, 0, press.style)
        self.fd = self._below.fd
        columns = self._below.columns()
        self._home, self._down = "", rows_down(press, columns)
        self._place: tuple[int, int] | None = None
        if press.prompt:
            # The cursor stands where the prompt's last line began; the others are still there.
            prompt = press.prompt.split("\n")[-1]
            shown = prompt.replace("\x01", "").replace("\x02", "")
            self._home = shown + as_shown(press.line).replace("\n", "\r\n")
            self._down = 1 + place_of(visible(prompt) + press.line, columns)[0]
            self._place = place_of(visible(prompt) + press.left, columns)
        self._shown = ""
        self._drawn: list[str] = []

    def columns(self) -> int:
        """Return how wide a row may be."""
        return self._below.columns() - 1

    def show(self, text: str) -> None:
        """Show `text`, wrapped, in place of what was shown; a status does not replace an explanation."""
        if text == self._shown or (text.startswith("  …") and self._shown and not self._shown.startswith("  …")):
            return
        self._shown = text
        self.draw([row for line in text.split("\n") for row in wrapped(line, self.columns())])

    def draw(self, rows: Sequence[str]) -> None:
        """Show rows as they are in place of what was shown, as many as there is room for."""
        if rows == self._drawn:
            return
        self._drawn = list(rows)
        most = max(self._below.lines() - self._down - 1, 1)
        if len(rows) > most:
            rows = [*rows[: most - 1], clipped(f"{rows[most - 1]} …", self.columns())]
        self._below.draw(rows, self._down, self._home)
        if self._place:
            self._below.park(*self._place)

    def erase(self) -> None:
        self._below.erase(self._down)

    def wait_for(self, other: int) -> None:
        """Wait until `other` can be read from; raises Cancelled when there is a key to be read before that."""
        waiting = select.poll()
        waiting.register(self.fd, select.POLLIN)
        waiting.register(other, select.POLLIN | select.POLLHUP)
        if self.fd in dict(waiting.poll()):
            raise Cancelled("A key was pressed.")

    def wait_for_key(self) -> None:
        waiting = select.poll()
        waiting.register(self.fd, select.POLLIN)
        waiting.poll()


def wrapped(line: str, columns: int) -> list[str]:
    """Return `line` in rows of at most `columns`, broken between words where that can be; indented as it began."""
    indent = line[: len(line) - len(line.lstrip())][: columns // 2]
    rows, row = [], ""
    for word in line.split():
        while width_of(indent + word) > columns:
            # A word longer than a row is cut.
            head = next(at for at in range(len(word), 0, -1) if at == 1 or width_of(indent + word[:at]) <= columns)
            rows += [row] if row else []
            rows.append(indent + word[:head])
            row, word = "", word[head:]  # noqa: PLW2901  the rest of it
        if row and width_of(row) + 1 + width_of(word) > columns:
            rows.append(row)
            row = ""
        row = f"{row} {word}" if row else indent + word
    return [*rows, row] if row or not rows else rows
