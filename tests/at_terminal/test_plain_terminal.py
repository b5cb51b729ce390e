"""Plain: what a screen reader reads, and a terminal that cannot draw shows: lines and questions."""

import pytest
from caro_screen import caro_screen, own_rules
from user_home import Home, Script, need_program

ASKS = "c copy, q quit:"
pytestmark = pytest.mark.usefixtures("tmux")


@pytest.fixture
def tmux() -> None:
    """The screen."""
    need_program("tmux")


def test_lines_and_questions(home: Home, script: Script) -> None:
    """The same things, by words; nothing is drawn twice, nothing is in colour."""
    script.say("list", "ls -l 'a b'")
    script.say("Do not write a command this time*", "It lists files.")
    with caro_screen(home, "--plain", "list", size=(100, 60)) as terminal:
        assert "Command: ls -l 'a b'\nsafe.\n" in terminal.see(ASKS)
        answers = {"what": ASKS, "explain": "It lists files.", "n": "\nsafe.\nnote: This is answer 2."}
        for answer, said in answers.items():
            terminal.see(ASKS, last=True)
            terminal.type(answer)
            terminal.press("Enter")
            terminal.see(said)
        terminal.see(ASKS, last=True)
        assert terminal.screen(colours=True) == terminal.screen()
        terminal.type("q")
        terminal.press("Enter")
        terminal.see("[status 0]")
    for more in ({"CARO_MENU": "plain"}, {"CARO_TEST_TERM": "dumb"}):
        with caro_screen(home, "list", size=(100, 40), more=more) as terminal:
            assert "Command: ls -l 'a b'\nsafe.\n" in terminal.see(ASKS)


def test_edit_refine_and_run(home: Home, script: Script) -> None:
    """A command is edited on a line that begins with it; before a dangerous one is run, the word is asked for."""
    own_rules(home)
    script.say("say", "echo one")
    script.say("# say\necho one more\n# louder", "echo high $((6 * 7))")
    with caro_screen(home, "--plain", "say", size=(100, 40)) as terminal:
        for answer, question, text, said in (
            ("edit", "Edit the command: echo one", " more", "Command: echo one more"),
            ("refine", "change:", "louder", "high: this shouts high."),
            ("run", "Type run and Enter to run it:", "run", "\nhigh 42\n[status 0]"),
        ):
            terminal.see(ASKS, last=True)
            terminal.type(answer)
            terminal.press("Enter")
            terminal.see(question, last=True)
            terminal.type(text)
            terminal.press("Enter")
            terminal.see(said)


def test_a_conversation(home: Home, script: Script) -> None:
    """With the same words behind a slash; Ctrl-C while it thinks brings the request back."""
    script.say("think", {"wait": "answer"}, "ls")
    with caro_screen(home, "--plain", size=(100, 40)) as terminal:
        terminal.see("\ncaro>", last=True)
        terminal.type("think")
        terminal.press("Enter")
        terminal.see("Thinking.")
        terminal.press("C-c")
        terminal.see("\ncaro> think", last=True)
        script.open_gate("answer")
        terminal.press("Enter")
        terminal.see("Command: ls")
        terminal.see(ASKS, last=True)
        terminal.type("run")
        terminal.press("Enter")
        terminal.see("\ncaro>", last=True)
        terminal.press("C-d")
        terminal.see("[status 0]")


def test_a_command_of_several_lines_is_edited_in_an_editor(home: Home, script: Script) -> None:
    """A line editor would show them as one."""
    script.say("say", "for x in 1 2; do\n  echo $x\ndone")
    editor = home.path / "editor"
    editor.write_text('#!/bin/sh\nsed -i s/echo/printf/ "$1"\n')
    editor.chmod(0o755)
    with caro_screen(home, "--plain", "say", size=(100, 40), more={"EDITOR": str(editor)}) as terminal:
        assert "Command:\nfor x in 1 2; do\n  echo $x\ndone\n" in terminal.see(ASKS)
        terminal.type("e")
        terminal.press("Enter")
        terminal.see("Command:\nfor x in 1 2; do\n  printf $x\ndone")
