"""`caro tour`, walked through in real shells: each step notices that it has been done, and nothing is left behind."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from commands import caro
from shell_kinds import KINDS, ShellKind, init_lines, need_shell
from terminal import OpenShell, Terminal, wait_for
from user_home import Home, Script

from caro_shell.prompt import other_request

RC = {"zsh": ".zshrc", "bash": ".bashrc", "fish": ".config/fish/config.fish"}
HISTORY = {"zsh": ".zsh_history", "bash": ".bash_history", "fish": ".local/share/fish/fish_history"}
# What a user has who keeps every line at once.
KEEPS = {
    "zsh": "HISTFILE=~/.zsh_history SAVEHIST=1000; setopt share_history",
    "bash": "HISTFILE=~/.bash_history; PROMPT_COMMAND='history -a'",
    "fish": "",
}
REQUEST = "count the lines"


@pytest.fixture(params=KINDS, ids=[kind.name for kind in KINDS])
def kind(request: pytest.FixtureRequest) -> ShellKind:
    """Each shell in turn; one that is missing skips, and fails in CI."""
    return need_shell(request.param)


@pytest.fixture
def prepare(kind: ShellKind, home: Home) -> Callable[..., None]:
    """Give the user an rc file, with caro's lines or without, and a history."""

    def prepared(*, loads_caro: bool = True) -> None:
        rc = home.path / RC[kind.name]
        rc.parent.mkdir(parents=True, exist_ok=True)
        own = init_lines(kind.name, home) if loads_caro else ""
        rc.write_text(f"{kind.rc.read_text()}\n{KEEPS[kind.name]}\n{own}\n")
        if kind.name != "fish":
            (home.path / HISTORY[kind.name]).write_text("echo before\n")
        home.environ["TMPDIR"] = str(home.path / "tmp")
        (home.path / "tmp").mkdir()

    return prepared


@pytest.fixture
def open_tour(prepare: Callable[..., None], kind: ShellKind, home: Home) -> Iterator[OpenShell]:
    """A terminal in which a user, who has caro in the rc file or not, has said `caro tour`."""
    with ExitStack() as stack:

        def opened(*, loads_caro: bool = True) -> Terminal:
            prepare(loads_caro=loads_caro)
            terminal = stack.enter_context(terminal_with_tour(kind, home))
            terminal.see("tour 1/7: words become a command")
            return terminal

        yield opened


def terminal_with_tour(kind: ShellKind, home: Home) -> Terminal:
    """Return a terminal in which `caro tour` will be said, and which stays when it has ended."""
    words = [sys.executable, "-m", "caro_shell", "tour", "--shell", kind.name]
    return Terminal(["sh", "-c", '"$@"; echo "status $?"; cat', "sh", *words], home.environ)


def left_over(home: Home) -> list[Path]:
    """Return what there is of tours; fish keeps a file of its own for temporary files."""
    return list((home.path / "tmp").glob("caro-tour-*"))


def enter(terminal: Terminal, text: str) -> None:
    """Type a line, see it, and press Enter: a line that was never on the screen counts as pasted."""
    terminal.type(text)
    terminal.see(text)
    terminal.press("Enter")


def ask(terminal: Terminal, words: str, command: str) -> None:
    """Have words become a command by the key."""
    terminal.type(words)
    terminal.press("C-g")
    terminal.line_becomes(command)


def files_in(home: Home) -> dict[str, bytes]:
    """Return everything in the home that is not the daemon's or the test's."""
    aside = ("script/", "dump", ".local/state/", "tmp/")
    return {
        name: path.read_bytes()
        for path in home.path.rglob("*")
        if path.is_file() and not (name := str(path.relative_to(home.path))).startswith(aside)
    }


def test_every_step_notices_that_it_has_been_done(
    open_tour: OpenShell, kind: ShellKind, home: Home, script: Script
) -> None:
    """Words, an edit, undo, the next one, explain, a comment; and then everything is as it was."""
    script.say(REQUEST, "echo one")
    script.say(other_request(REQUEST, ["echo"]), "ls -a")
    terminal = open_tour()
    before = files_in(home)
    ask(terminal, REQUEST, "echo one")
    terminal.press("Enter")
    terminal.see("tour 2/7")
    ask(terminal, "another thing", "echo another thing")
    enter(terminal, " too")
    terminal.see("another thing too\n")
    terminal.see("tour 3/7")
    script.say("a third thing", "ls -l")
    ask(terminal, "a third thing", "ls -l")
    terminal.press(kind.undo)
    terminal.line_becomes("a third thing")
    ask(terminal, " again", "echo a third thing again")
    terminal.press("Enter")
    terminal.see("tour 4/7")
    ask(terminal, REQUEST, "echo one")
    terminal.press("C-g")
    terminal.line_becomes("ls -a")
    terminal.press("Enter")
    terminal.see("tour 5/7")
    script.say("Do not write a command this time*", "It lists src.")
    terminal.type("ls src")
    terminal.press("M-g")
    terminal.see("It lists src.")
    terminal.press("Enter")
    terminal.see("tour 6/7")
    # What is typed while a program runs is the terminal's, not the line editor's.
    terminal.line_becomes("")
    enter(terminal, "# a comment")
    terminal.line_becomes("echo a comment")
    terminal.press("Enter")
    terminal.see("tour 7/7: that was it")
    enter(terminal, "exit")
    terminal.see("that was the tour")
    terminal.see("status 0")
    assert files_in(home) == before
    assert left_over(home) == []


def test_steps_can_be_skipped_and_the_keys_need_no_rc_file(open_tour: OpenShell, kind: ShellKind, home: Home) -> None:
    """`skip` goes on, whoever has not added caro's lines yet gets the keys here, and how to have them everywhere."""
    terminal = open_tour(loads_caro=False)
    for number in range(2, 8):
        enter(terminal, "skip")
        terminal.see(f"tour {number}/7")
    terminal.see(f"caro init {kind.name}")
    ask(terminal, REQUEST, f"echo {REQUEST}")
    # Not Ctrl-C: fish loses one that comes right before another key, and this terminal's process is not the shell.
    terminal.press("C-e", "C-u")
    terminal.line_becomes("")
    enter(terminal, "exit 3")
    terminal.see("that was the tour")
    assert left_over(home) == []


def test_closing_the_terminal_leaves_nothing(prepare: Callable[..., None], kind: ShellKind, home: Home) -> None:
    """The window is closed in the middle of the tour."""
    prepare()
    with terminal_with_tour(kind, home) as terminal:
        terminal.see("tour 1/7")
        enter(terminal, "echo something")
        terminal.see("something\n")
        before = files_in(home)
        assert left_over(home)
    wait_for(lambda: not left_over(home), lambda: str(left_over(home)))
    assert files_in(home) == before


def test_what_is_tried_teaches_nothing(open_tour: OpenShell, kind: ShellKind, home: Home) -> None:
    """The daemon is told nothing of what became of the tour's answers, though the tour itself has seen it."""
    terminal = open_tour()
    ask(terminal, REQUEST, f"echo {REQUEST}")
    enter(terminal, " changed")
    terminal.see("tour 3/7")
    ask(terminal, "more", "echo more")
    assert not list((home.path / ".local" / "state").rglob("learned.sqlite3"))


def test_without_a_terminal_it_says_so(home: Home) -> None:
    """Nobody could press a key."""
    done = caro(home, "tour")
    assert done.returncode == 1
    assert (
        done.stderr
        == "caro: The tour needs a terminal, with a keyboard and a screen.\n      Say it at the prompt: caro tour\n"
    )
    assert home.daemon_pid() == 0


def test_there_is_no_tour_in_the_tour(home: Home) -> None:
    """Said inside of one, it tells how to go on."""
    done = caro(home, "tour", CARO_TOUR=str(home.path))
    assert done.returncode == 1
    assert "This is the tour already." in done.stderr
