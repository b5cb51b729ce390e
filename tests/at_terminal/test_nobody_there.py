"""Where nobody sits at a terminal, or wants to be asked, `caro` prints the command as ever, and asks nothing."""

import sys

from caro_screen import caro_screen
from commands import at_terminal, caro
from terminal import Terminal
from user_home import Home, need_program


def test_stdout_or_stdin_that_is_no_terminal(home: Home) -> None:
    """A pipe on either side; without a request, that is a usage error, and no conversation."""
    assert caro(home, "list").stdout == "echo list\n"
    said = at_terminal(home, [sys.executable, "-m", "caro_shell", "list"], typed="q")
    assert (said.returncode, said.stdout, said.stderr) == (0, "echo list\n", "")
    said = at_terminal(home, [sys.executable, "-m", "caro_shell"])
    assert (said.returncode, said.stdout) == (2, "")


def test_who_wants_no_menu_gets_none(home: Home) -> None:
    """By an option, by the setting, or by asking for something to be printed."""
    need_program("tmux")
    for words, more in ((("--print", "list"), {}), (("list",), {"CARO_MENU": "off"}), (("-n", "2", "list"), {})):
        with caro_screen(home, *words, more=more) as terminal:
            assert terminal.see("[status 0]").startswith("echo list\n")


def test_a_job_in_the_background_does_not_stop(home: Home) -> None:
    """It may not read from the terminal, so it asks nothing."""
    need_program("tmux")
    line = f"set -m; {sys.executable} -m caro_shell list & wait; echo [status $?]; exec cat"
    with Terminal(("bash", "-c", line), home.environ, (80, 24)) as terminal:
        assert "\necho list\n" in "\n" + terminal.see("[status 0]")
