"""The menu and the lines by keys from a pipe, without a terminal: what each key means."""

import os
import pty
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.input.vt100 import Vt100Input
from prompt_toolkit.output import DummyOutput

from caro_shell.errors import Cancelled
from caro_shell.terminal.face import Typed
from caro_shell.terminal.full import Full
from caro_shell.terminal.history import History
from caro_shell.terminal.menu import MENU, Action, Item

ENTER, ALT_ENTER, CTRL_C, CTRL_D, UP, ESCAPE = "\r", "\x1b\r", "\x03", "\x04", "\x1b[A", "\x1b"


@pytest.fixture
def keys() -> Iterator[PipeInput]:
    """The keyboard."""
    with create_pipe_input() as made:
        yield made


@pytest.fixture
def full(keys: PipeInput) -> Full:
    """A terminal that nobody looks at."""
    return Full({}, "fg=8", vi=False, keyboard=keys, screen=DummyOutput())


@pytest.mark.parametrize("item", MENU, ids=[item.action.value for item in MENU])
def test_a_key_of_the_menu_counts_at_once(full: Full, keys: PipeInput, item: Item) -> None:
    """In small letters and in capitals."""
    for key in (item.key, item.key.upper()):
        keys.send_text(key)
        assert full.choose() is item.action


@pytest.mark.parametrize("other", [ENTER, " ", "y", UP, "\x1b[200~rrr\x1b[201~"])
def test_any_other_key_chooses_nothing(full: Full, keys: PipeInput, other: str) -> None:
    """Enter neither, nor what is pasted."""
    keys.send_text(f"{other}x")
    assert full.choose() is Action.EXPLAIN


@pytest.mark.parametrize("key", [CTRL_D, ESCAPE])
def test_leaving_the_menu(full: Full, keys: PipeInput, key: str) -> None:
    """Without a word."""
    keys.send_text(key)
    assert full.choose() is Action.QUIT


def test_ctrl_c_at_the_menu_cancels(full: Full, keys: PipeInput) -> None:
    """That has an exit status of its own."""
    keys.send_text(CTRL_C)
    with pytest.raises(Cancelled):
        full.choose()


def test_a_command_is_edited_where_it_stands(full: Full, keys: PipeInput) -> None:
    """Enter takes it, Alt-Enter begins a line, Ctrl-C gives back what was typed, for the next time."""
    keys.send_text(f" two{ALT_ENTER}three{ENTER}")
    assert full.edit("one", "bash") == Typed("one two\nthree", accepted=True)
    keys.send_text(f" two{CTRL_C}")
    assert full.edit("one", "fish") == Typed("one two", accepted=False)
    keys.send_text(f"\x15only in src{ENTER}")
    assert full.ask("change: ", "what I had") == Typed("only in src", accepted=True)


def test_a_key_pressed_before_the_line_is_there_edits_the_line() -> None:
    """The terminal's own line keys would swallow it: Ctrl-W, Ctrl-U and Backspace mean something to it, too."""
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "r") as terminal, os.fdopen(ours, "wb", buffering=0) as keyboard:
        before = termios.tcgetattr(terminal.fileno())
        with Full({}, "", vi=False, keyboard=Vt100Input(terminal), screen=DummyOutput()) as full:
            keyboard.write(f"\x17high\x7f{ALT_ENTER}one{ENTER}".encode())
            assert full.edit("echo low", "bash") == Typed("echo hig\none", accepted=True)
        assert termios.tcgetattr(terminal.fileno()) == before


def test_requests_are_kept(full: Full, keys: PipeInput, tmp_path: Path) -> None:
    """For the next conversation; what was left by Ctrl-C is not."""
    full.history = History(tmp_path / "requests")
    for typed, line in (
        (f"list pears{ENTER}", "list pears"),
        (f"list plums{ENTER}", "list plums"),
        (f"half a{CTRL_C}list figs{ENTER}", "list figs"),
    ):
        keys.send_text(typed)
        assert full.request() == line
    keys.send_text(CTRL_D)
    with pytest.raises(EOFError):
        full.request()
    assert History(tmp_path / "requests").lines == ["list pears", "list plums", "list figs"]


def test_vi_keys(keys: PipeInput) -> None:
    """Where the settings say so; Enter takes a command there, too."""
    full = Full({}, "", vi=True, keyboard=keys, screen=DummyOutput())
    keys.send_text(f"{ESCAPE}bbx{ENTER}")
    assert full.edit("ls xall it", "zsh") == Typed("ls all it", accepted=True)
