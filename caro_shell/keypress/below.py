"""What is drawn below the line that is being edited, by somebody who is not the line editor.

Everything is relative to the cursor, which comes back to where it was: room is made by moving down (a terminal
scrolls then, and the line moves with it), the place is saved, the rows are written, the place is restored. Nothing is
written while another program than the shell is in the foreground.
"""

import os
import signal
import termios
from collections.abc import Sequence
from contextlib import suppress
from unicodedata import category, combining, east_asian_width

_DOWN_SCROLLING = "\x1bD"
_SAVE, _RESTORE = "\x1b7", "\x1b8"
_ERASE_BELOW = "\x1b[J"
_TAB = 8
ASK_TERMINAL = "\x1b[5n"
"""Device status report (ECMA-48, DSR 5): the terminal types `ESC[0n`, which the shell has bound."""


def width_of(text: str) -> int:
    """Return how many columns `text` takes on a terminal."""
    return sum(map(_char_width, text))


def _char_width(char: str) -> int:
    if combining(char) or category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if east_asian_width(char) in "WF" else 1


def place_of(text: str, columns: int) -> tuple[int, int]:
    """Return the row and the column where the cursor stands once a line editor has written `text`.

    As readline does it: a full row moves the cursor to the next one, and a control character is shown as `^X`.
    """
    row = column = 0
    for char in text:
        if char == "\n":
            row, column = row + 1, 0
            continue
        width = _TAB - column % _TAB if char == "\t" else 2 if category(char) == "Cc" else _char_width(char)
        if width == 2 and column == columns - 1:  # noqa: PLR2004  a wide character is never cut
            row, column = row + 1, 0
        column += width
        row, column = row + column // columns, column % columns
    return row, column


def as_shown(line: str) -> str:
    """Return `line` as readline shows it: a control character, written `^X`, is no command to a terminal."""
    return "".join(_caret(char) if category(char) == "Cc" and char not in "\n\t" else char for char in line)


def _caret(control: str) -> str:
    return f"^{chr(ord(control) ^ 64)}" if control.isascii() else "^?"


def clipped(text: str, columns: int) -> str:
    """Return as much of `text` as fits into `columns`, with `…` at the end when it is not all."""
    if width_of(text) <= columns:
        return text
    width = 0
    for at, char in enumerate(text):
        width += _char_width(char)
        if width > columns - 1:
            return f"{text[:at]}…"
    return f"{text}…"


def colour_of(style: str) -> str:
    """Return the parameters of SGR for zle_highlight's notation: `fg=8`, `fg=#808080`, `bold`, several with commas."""
    codes = {"bold": "1", "faint": "2", "italic": "3", "underline": "4", "standout": "7"}
    found = []
    for part in style.split(","):
        name, _equals, value = part.partition("=")
        if part in codes:
            found.append(codes[part])
        elif name in ("fg", "bg") and value.isdecimal() and int(value) < 256:  # noqa: PLR2004  xterm's palette
            found.append(f"{3 if name == 'fg' else 4}8;5;{value}")
        elif name in ("fg", "bg") and len(value) == 7 and value[0] == "#":  # noqa: PLR2004  #rrggbb
            with suppress(ValueError):
                red, green, blue = (int(value[at : at + 2], 16) for at in (1, 3, 5))
                found.append(f"{3 if name == 'fg' else 4}8;2;{red};{green};{blue}")
    return ";".join(found)


def line_modes(fd: int) -> tuple[int, int, int]:
    """Return what of a terminal's modes tells a line editor from another program: input, output, local flags."""
    modes = termios.tcgetattr(fd)
    return (modes[0], modes[1], modes[3])


class Below:
    """The rows below the line in the shell `pid`'s `terminal`; 0 for a shell that waits for us."""

    def __init__(self, terminal: str, pid: int, style: str, *, unnoticed: bool = False) -> None:
        """Open the terminal; raises OSError. What is written `unnoticed` leaves its time of change as it was."""
        self.fd = os.open(terminal, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
        self._pid = pid
        self._unnoticed = unnoticed
        self._colour = colour_of(style)
        self._modes: tuple[int, int, int] | None = None
        self._parked = ""
        """What takes the cursor back from where `park` has put it."""

    def columns(self) -> int:
        """Return the terminal's width."""
        return os.get_terminal_size(self.fd).columns or 80

    def lines(self) -> int:
        """Return the terminal's height."""
        return os.get_terminal_size(self.fd).lines or 24

    def keep_to_these_modes(self) -> None:
        """Write only while the terminal is in the modes that it has now: the line editor's own.

        A program that a key of the line editor runs (fzf) is in the shell's process group, but sets modes of its own.
        """
        self._modes = line_modes(self.fd)

    def is_ours(self) -> bool:
        """Say whether the shell itself is in the foreground: then its line editor reads what the terminal types."""
        try:
            if self._pid and os.tcgetpgrp(self.fd) != os.getpgid(self._pid):
                return False
            return self._modes is None or line_modes(self.fd) == self._modes
        except (OSError, termios.error):
            return False

    def draw(self, rows: Sequence[str], down: int = 1, home: str = "") -> None:
        """Write `rows`, none wider than the terminal, from `down` rows below the cursor on, in place of all below.

        `home` is written first, where the cursor stands: the prompt and the line of a shell that took them away.
        """
        room = down + len(rows) - 1
        back, self._parked = self._parked, ""
        body = "\r\n".join(f"\x1b[{self._colour}m{row}\x1b[0m" for row in rows)
        self._write(
            f"{back}{_DOWN_SCROLLING * room}\x1b[{room}A{_SAVE}{home}{_RESTORE}"
            f"\x1b[{down}B\r{_ERASE_BELOW}{body}{_RESTORE}"
        )

    def erase(self, down: int = 1) -> None:
        """Take away whatever is `down` rows below the cursor and further."""
        back, self._parked = self._parked, ""
        self._write(f"{back}{_SAVE}\x1b[{down}B\r{_ERASE_BELOW}{_RESTORE}")

    def park(self, row: int, column: int) -> None:
        """Show the cursor so many rows below the start of its own and in that column, until the next drawing."""
        down, right = f"\x1b[{row}B" if row else "", f"\x1b[{column}C" if column else ""
        self._write(f"\r{down}{right}")
        self._parked = (f"\x1b[{row}A" if row else "") + "\r"

    def ask(self) -> bool:
        """Let the terminal type the key sequence behind which the shell takes its answer; say whether it was asked."""
        return self._write(ASK_TERMINAL)

    def _write(self, text: str) -> bool:
        """Write where the shell is in the foreground, and say whether it was."""
        # The shell ends us before it runs a program. Between the look and the writing no handler of ours may delay
        # that: the signal ends the process then, before the write.
        handler = signal.signal(signal.SIGTERM, signal.SIG_DFL)
        try:
            if not self.is_ours():
                return False
            before = os.fstat(self.fd) if self._unnoticed else None
            # In one piece: the line editor writes here too.
            os.write(self.fd, text.encode("utf-8", "replace"))
            if before:
                # It is another user's after `su`: then it stays as it is.
                with suppress(OSError):
                    os.utime(self.fd, ns=(before.st_atime_ns, before.st_mtime_ns))
            return True
        finally:
            signal.signal(signal.SIGTERM, handler)
