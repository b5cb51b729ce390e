"""What becomes of an answer is noticed by the shell, told with its next request, and kept by the daemon."""

from collections.abc import Iterator

import pytest
from shell_kinds import BASH, ShellKind
from terminal import OpenShell, Terminal, wait_for
from user_home import Home, Script

from caro_shell import paths
from caro_shell.learned import Learned
from caro_shell.learned.rows import Row
from caro_shell.prompt import other_request

KEEPS_BLANKS_OUT = {"zsh": "setopt hist_ignore_space", "bash": "HISTCONTROL=ignoreboth", "fish": "true"}


@pytest.fixture
def learned(home: Home) -> Iterator[Learned]:
    """The file that the daemon writes."""
    store = Learned(paths.learned_file(home.environ))
    yield store
    store.close()


def ask(terminal: Terminal, request: str) -> None:
    """Type a request, and wait for its answer `echo REQUEST`."""
    terminal.line_becomes("")
    terminal.type(request)
    terminal.press("C-g")
    terminal.line_becomes(f"echo {request}")


def enter(terminal: Terminal, prints: str) -> None:
    """Press Enter and see what the line prints."""
    terminal.press("Enter")
    terminal.see(f"\n{prints}\n>")
    terminal.press("C-l")


def kept_becomes(learned: Learned, *expected: Row) -> None:
    """Wait until these are kept, oldest first."""

    def kept() -> list[Row]:
        return learned.forget(only_look=True)[::-1]

    wait_for(lambda: kept() == list(expected), lambda: f"for {expected}; there are {kept()}")


def test_what_becomes_of_answers_is_kept(terminal: Terminal, learned: Learned, kind: ShellKind) -> None:
    """Run as it came, changed and run, taken back, thrown away, passed over: with the next request at the latest."""
    ask(terminal, "one")
    enter(terminal, "one")
    ask(terminal, "two")
    terminal.type(" more")
    enter(terminal, "two more")
    ask(terminal, "three")
    terminal.press(kind.undo)
    terminal.line_becomes("three")
    terminal.press("C-g")
    terminal.line_becomes("echo three")
    terminal.press("C-c")
    ask(terminal, "four")
    enter(terminal, "four")
    ask(terminal, "five")
    kept_becomes(
        learned,
        Row("one", "echo one", "accepted", "echo one"),
        Row("two", "echo two", "corrected", "echo two more"),
        Row("three", "echo three", "undone", ""),
        Row("three", "echo three", "dropped", ""),
        Row("four", "echo four", "accepted", "echo four"),
    )


def test_an_alternative_passes_over_the_answer_before(terminal: Terminal, script: Script, learned: Learned) -> None:
    """The first was not what was wanted; the one that was run is."""
    script.say("one", "echo first")
    script.say(other_request("one", ["echo"]), "printf second")
    terminal.type("one")
    terminal.press("C-g")
    terminal.line_becomes("echo first")
    terminal.press("C-g")
    terminal.line_becomes("printf second")
    terminal.press("Enter")
    ask(terminal, "two")
    kept_becomes(
        learned, Row("one", "echo first", "dropped", ""), Row("one", "printf second", "accepted", "printf second")
    )


def test_a_command_of_several_lines_is_one(
    terminal: Terminal, script: Script, learned: Learned, kind: ShellKind
) -> None:
    """As it was offered, as it was run."""
    command = kind.loop("a b", "echo in $name")
    script.say("one", f"```sh\n{command}\n```")
    terminal.type("one")
    terminal.press("C-g")
    terminal.line_becomes(command)
    enter(terminal, "in a\nin b")
    ask(terminal, "two")
    kept_becomes(learned, Row("one", command, "accepted", command))


def test_a_comment_line_that_asks_is_no_end_of_its_answer(terminal: Terminal, learned: Learned) -> None:
    """`# words` and Enter asks; the next Enter runs."""
    terminal.type("# one")
    terminal.see("# one")
    terminal.press("Enter")
    terminal.line_becomes("echo one")
    enter(terminal, "one")
    ask(terminal, "two")
    kept_becomes(learned, Row("one", "echo one", "accepted", "echo one"))


@pytest.mark.parametrize("kind", [BASH], ids=["bash"], indirect=True)
def test_it_is_noticed_without_our_enter(open_shell: OpenShell, learned: Learned, kind: ShellKind) -> None:
    """Where `# words` and Enter is turned off, bash tells by its history what was run."""
    terminal = open_shell(after=kind.set("CARO_COMMENT", "off"))
    ask(terminal, "one")
    terminal.type(" more")
    enter(terminal, "one more")
    ask(terminal, "two")
    kept_becomes(learned, Row("one", "echo one", "corrected", "echo one more"))


def test_what_the_history_does_not_get_is_not_told(open_shell: OpenShell, learned: Learned, kind: ShellKind) -> None:
    """A request or a command behind a blank, where the shell keeps such lines to its user."""
    terminal = open_shell(after=KEEPS_BLANKS_OUT[kind.name])
    terminal.line_becomes("")
    terminal.type(" one")
    terminal.press("C-g")
    terminal.line_becomes("echo one")
    enter(terminal, "one")
    ask(terminal, "two")
    terminal.press("C-a")
    terminal.type(" ")
    enter(terminal, "two")
    ask(terminal, "three")
    enter(terminal, "three")
    ask(terminal, "four")
    kept_becomes(learned, Row("three", "echo three", "accepted", "echo three"))


@pytest.mark.parametrize("where", ["variable", "file"])
def test_learning_can_be_turned_off(open_shell: OpenShell, home: Home, kind: ShellKind, where: str) -> None:
    """By `learn`, as every setting: then the shell remembers nothing at all."""
    if where == "file":
        home.write_config('learn = "off"')
    terminal = open_shell(before=kind.set("CARO_LEARN", "off") if where == "variable" else "")
    ask(terminal, "one")
    enter(terminal, "one")
    terminal.type('echo "<$_caro_outcomes>" | tr -cd "<>a-z"; echo')
    terminal.press("Enter")
    terminal.see("\n<>\n")
