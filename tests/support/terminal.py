"""A real terminal for tests: a private tmux with one shell in it, real keys in, the screen out."""

import fcntl
import os
import struct
import subprocess
import tempfile
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Self, TypeVar

# Machines are shared and slow at times; a test that has to wait this long has failed.
DEADLINE_S = 30.0
_POLL_S = 0.02
_PRESS_AGAIN_S = 2.0
_MOMENT_S = 0.5


class Line(NamedTuple):
    """The shell's edit buffer, as the shell itself says, and the cursor in characters."""

    text: str
    cursor: int


T = TypeVar("T")


def wait_for(ask: Callable[[], T], told: Callable[[], str], limit_s: float = DEADLINE_S) -> T:
    """Return the first true answer of `ask`; fails with what `told` says at the deadline."""
    deadline = time.monotonic() + limit_s
    while not (answer := ask()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {limit_s:.0f} s in vain\n{told()}")
        time.sleep(_POLL_S)
    return answer


class Terminal:
    """One shell on one screen; use it as a context manager."""

    def __init__(self, argv: Sequence[str], environ: Mapping[str, str], size: tuple[int, int] = (160, 30)) -> None:
        """Start `argv` with exactly `environ` on a screen of `size` columns and lines."""
        self._directory = Path(tempfile.mkdtemp(prefix="caro-tmux-"))
        self._environ = dict(environ)
        self._argv = list(argv)
        self._size = size

    def _tmux(self, *words: str) -> str:
        done = subprocess.run(
            ["tmux", "-S", str(self._directory / "s"), "-f", "/dev/null", *words],
            env=self._environ,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def __enter__(self) -> Self:
        """Start the shell."""
        columns, lines = map(str, self._size)
        self._tmux("new-session", "-d", "-x", columns, "-y", lines, *self._argv)
        self._stat = Path("/proc", self._tmux("display-message", "-p", "#{pane_pid}").strip(), "stat")
        return self

    def __exit__(self, *_: object) -> None:
        """End the shell and everything on the screen."""
        subprocess.run(
            ["tmux", "-S", str(self._directory / "s"), "kill-server"],
            env=self._environ,
            capture_output=True,
            check=False,
        )
        for left in self._directory.iterdir():
            left.unlink()
        self._directory.rmdir()

    def type(self, text: str) -> None:
        """Type characters as they are."""
        self._tmux("send-keys", "-l", "--", text)

    def press(self, *keys: str) -> None:
        """Press keys by tmux's names: C-g, Enter, Escape."""
        slept = self._times_slept()
        self._tmux("send-keys", *keys)
        if keys[-1] in ("C-c", "Enter"):
            # fish 4 forgets a Ctrl-C when a key comes before it has dealt with it, and an Enter with a key right behind
            # it is a paste's. A shell that is waiting for a program may never wake.
            with suppress(AssertionError):
                wait_for(lambda: self._has_settled(slept), str, _MOMENT_S)

    def paste(self, text: str) -> None:
        """Paste as terminals do, with bracketed paste where the shell has asked for it."""
        self._tmux("set-buffer", "--", text)
        self._tmux("paste-buffer", "-p")

    def resize(self, columns: int, lines: int) -> None:
        """Change the window's size, as a user who drags its corner."""
        self._tmux("resize-window", "-x", str(columns), "-y", str(lines))

    def screen(self, *, colours: bool = False) -> str:
        """Return what is on the screen, without the empty lines at the end."""
        return self._tmux("capture-pane", "-p", *(["-e"] if colours else [])).rstrip()

    def copied(self) -> str:
        """Return what a program has given to tmux as copied."""
        return self._tmux("show-buffer")

    def title(self) -> str:
        """Return the title that programs have given the terminal."""
        return self._tmux("display-message", "-p", "#{pane_title}").strip()

    def waiting(self) -> int:
        """Return how many characters have been typed that no program has read."""
        terminal = os.open(self._tmux("display-message", "-p", "#{pane_tty}").strip(), os.O_RDONLY | os.O_NOCTTY)
        try:
            (count,) = struct.unpack("i", fcntl.ioctl(terminal, termios.FIONREAD, bytes(struct.calcsize("i"))))
            return int(count)
        finally:
            os.close(terminal)

    def cursor(self) -> str:
        """Return where the cursor is on the screen."""
        return self._tmux("display-message", "-p", "#{cursor_x} #{cursor_y}")

    def leave_insert_mode(self, text: str) -> None:
        """Press Escape behind `text` in vi's insert mode, and wait until the cursor has gone back by one.

        An Escape that has not been taken yet would be half of the next key, whatever that is.
        """
        self.see(text)
        before = self.cursor()
        self.press("Escape")
        wait_for(lambda: self.cursor() != before, self._told("the cursor to go back"))

    def see(self, text: str, *, last: bool = False) -> str:
        """Wait until `text` is on the screen (with `last`: at its end), and return the screen."""

        def seen() -> str:
            screen = self.screen()
            return screen if (screen.endswith(text.rstrip()) if last else text in screen) else ""

        return wait_for(seen, self._told(f"{text!r} to come"))

    def see_gone(self, text: str) -> str:
        """Wait until `text` is not on the screen."""
        wait_for(lambda: text not in self.screen(), self._told(f"{text!r} to go"))
        return self.screen()

    def _told(self, what: str) -> Callable[[], str]:
        return lambda: f"for {what}; the screen:\n{self.screen()}"

    def line(self) -> Line:
        """Ask the shell for its edit buffer: the test's rc binds C-] to a dump of it."""
        path = Path(self._environ["CARO_TEST_DUMP"])
        path.unlink(missing_ok=True)
        pressed = 0.0

        def is_dumped() -> bool:
            nonlocal pressed
            # zsh itself drops a key at times that comes right behind a Ctrl-C; a second dump does no harm.
            if time.monotonic() - pressed > _PRESS_AGAIN_S:
                self.press("C-]")
                pressed = time.monotonic()
            return path.exists() and path.read_bytes().endswith(b"\0")

        wait_for(is_dumped, self._told("the dump of the line"))
        # fish is done with the key a moment later; until then a Ctrl-C would only end what the key does.
        wait_for(lambda: self._has_settled(-1), self._told("the shell to wait for a key"))
        cursor, text, _end = path.read_bytes().decode("utf-8", "surrogateescape").split("\0")
        return Line(text, int(cursor))

    def _waits(self) -> bool:
        """Say whether the shell sleeps, where that can be seen."""
        try:
            return self._stat.read_text().rpartition(")")[2].split()[0] == "S"
        except OSError:
            return True

    def _has_settled(self, slept: int) -> bool:
        """Say whether the shell has woken since, and sleeps for good."""
        times = self._times_slept()
        time.sleep(_POLL_S)
        return times > slept and times == self._times_slept() and self._waits()

    def _times_slept(self) -> int:
        """Return how often the shell has gone to sleep, where that can be seen."""
        try:
            status = (self._stat.parent / "status").read_text()
        except OSError:
            return 0
        return int(status.partition("\nvoluntary_ctxt_switches:")[2].split()[0])

    def line_becomes(self, text: str) -> Line:
        """Wait until the edit buffer is `text`."""
        seen = Line("", 0)

        def is_there() -> bool:
            nonlocal seen
            seen = self.line()
            return seen.text == text

        wait_for(is_there, lambda: f"for the line {text!r}; it is {seen!r}; the screen:\n{self.screen()}")
        return seen


OpenShell = Callable[..., Terminal]
"""Opens a shell with caro loaded; takes lines of rc `before` and `after` caro's own, and a `size`."""


def terminal_environ(home: Path, more: Mapping[str, str]) -> dict[str, str]:
    """Return a small, fixed environment with HOME in `home`."""
    return {
        "HOME": str(home),
        "PATH": os.environ["PATH"],
        "LC_ALL": "C.UTF-8",
        "TERM": "xterm-256color",
        "CARO_TEST_DUMP": str(home / "dump"),
        **more,
    }
