"""The shells of a soak: a user at each, who types, presses the key, and looks at what is on the line."""

import os
import random
import signal
import time
from contextlib import ExitStack, suppress

from shell_kinds import ShellKind, init_lines
from soak_requests import Ended, Tally
from terminal import Terminal
from user_home import Home

_IMPATIENT_S = 3.0


class User:
    """Somebody at one terminal; a context manager that opens it, and closes it in the end."""

    def __init__(self, home: Home, kind: ShellKind, tally: Tally, chance: random.Random) -> None:
        """Nothing is open yet."""
        self._home = home
        self._kind = kind
        self._tally = tally
        self._chance = chance
        self._stack = ExitStack()
        self._pid = home.path / f"pid.{kind.name}"
        self._rc = home.path / f"rc.{kind.name}"
        pid = "$fish_pid" if kind.name == "fish" else "$$"
        self._rc.write_text(f"{kind.rc.read_text()}\n{init_lines(kind.name, home)}\nprintf %s {pid} >{self._pid}\n")
        # Each writes its line into a file of its own.
        self._environ = {**home.environ, "CARO_TEST_DUMP": str(home.path / f"dump.{kind.name}")}
        self._open()

    def _open(self) -> None:
        self._terminal = self._stack.enter_context(Terminal(self._kind.argv, self._environ))
        self._terminal.type(f" {self._kind.source} {self._rc}; clear; echo ready")
        self._terminal.press("Enter")
        self._terminal.see("ready\n>")

    def close(self) -> None:
        """Close the window."""
        self._stack.close()

    def ask(self, number: int) -> None:
        """Type words, press the key, and look at the line until it is a command, or a sentence says why it is not."""
        words, since = f"words {number}", time.monotonic()
        self._terminal.type(words)
        self._terminal.line_becomes(words)
        self._terminal.press("C-g")
        if self._chance.random() < 0.05:
            self._crash()
            self._tally.add(self._kind.name, Ended("killed", time.monotonic() - since))
            return
        ended = self._look(words, since)
        self._tally.add(self._kind.name, ended)
        if ended.outcome in ("lost", "hang"):
            self._crash()
            return
        self._clear()

    def _look(self, words: str, since: float) -> Ended:
        pressed = since
        while True:
            line, now = self._terminal.line().text, time.monotonic()
            if line == f"echo {words}":
                return Ended("answered", now - since)
            screen = self._terminal.screen()
            if line != words:
                return Ended("lost", now - since, f"the line is {line!r}, not {words!r}; the screen:\n{screen}")
            if "caro: " in screen:
                return Ended("said", now - since)
            if now - since > self._tally.limit_s:
                return Ended("hang", now - since, screen)
            if now - pressed > _IMPATIENT_S:
                # Whose client a fault has killed, without a word; with one that lives, another press changes nothing.
                self._terminal.press("C-g")
                pressed = now

    def _clear(self) -> None:
        for _ in range(3):
            self._terminal.press("C-c")
            if not self._terminal.line().text:
                break
        self._terminal.press("C-l")
        self._terminal.line_becomes("")

    def _crash(self) -> None:
        """Have the shell killed in the middle of it, and open another one."""
        with suppress(ProcessLookupError, ValueError):
            os.kill(int(self._pid.read_text()), self._chance.choice((signal.SIGKILL, signal.SIGHUP, signal.SIGTERM)))
        self._stack.close()
        self._open()
