"""Explain: below the line, until the next key, and nothing of the line is touched. One list for every shell."""

import pytest
from pictures import keep_picture
from shell_kinds import ShellKind
from terminal import OpenShell, Terminal, wait_for
from user_home import Script

from caro_shell.prompt import explanation_request

LINE = "ls -l src"
ASKED = explanation_request(LINE, ["src"])
WORDS = "It lists what is in src, one entry to a line, with the owner, the size and the time of its last change."
SAID = (f"{WORDS}\n", "1. the directory that is listed\n")


@pytest.fixture
def explained(script: Script) -> Script:
    """The scripted engine, which knows what LINE means."""
    script.say(ASKED, *SAID)
    return script


def test_the_explanation_is_below_the_line_until_the_next_key(
    terminal: Terminal, explained: Script, kind: ShellKind
) -> None:
    """It is shown at the next key's cost alone: that key does what it always does, once."""
    terminal.type(LINE)
    terminal.press("M-g")
    screen = terminal.see("said by the model small")
    assert f"> {LINE}\n" in screen
    below = screen.partition(f"> {LINE}\n")[2].split("\n")
    assert below[:6] == [
        f"~ {WORDS}",
        "",
        LINE,
        below[3],
        "   -l      use a long listing format",
        f"      src  {SAID[1][3:-1]}".replace("the", "~ the", 1),
    ]
    keep_picture(terminal, kind, "explain")
    terminal.type("X")
    terminal.see_gone(WORDS)
    assert terminal.line() == (f"{LINE}X", len(LINE) + 1)


def test_line_cursor_and_undo_are_untouched(terminal: Terminal, explained: Script, kind: ShellKind) -> None:
    """The cursor stays where it is in the middle of the line, and one undo takes back the user's own last change."""
    terminal.type("ls src")
    terminal.press("C-b", "C-b", "C-b")
    terminal.type("-l ")
    terminal.line_becomes(LINE)
    terminal.press("M-g")
    terminal.see(WORDS)
    terminal.press("Left")
    terminal.see_gone(WORDS)
    assert terminal.line() == (LINE, len("ls -l ") - 1)
    terminal.press(kind.undo)
    wait_for(lambda: terminal.line().text != LINE, terminal.screen)
    assert WORDS not in terminal.line().text


def test_escape_and_g_is_the_same_key(terminal: Terminal, explained: Script) -> None:
    """Esc g, as terminals without an Alt key need it."""
    terminal.type(LINE)
    terminal.press("Escape", "g")
    terminal.see(WORDS)


def test_it_is_wrapped_to_a_narrow_window(open_shell: OpenShell, explained: Script, kind: ShellKind) -> None:
    """Words are not cut where the window ends."""
    terminal = open_shell(size=(36, 12))
    terminal.type(LINE)
    terminal.see(f"> {LINE}")
    terminal.press("M-g")
    screen = terminal.see("change.")
    below = screen.partition(f"> {LINE}\n")[2].partition("\n\n")[0]
    assert " ".join(below.split()) == f"~ {WORDS}"
    keep_picture(terminal, kind, "explain-narrow")
    terminal.type("X")
    terminal.see_gone("change.")
    assert terminal.line().text == f"{LINE}X"


def test_a_line_that_wraps_keeps_its_rows(open_shell: OpenShell, script: Script) -> None:
    """The explanation begins below the last row of a line that is longer than the window is wide."""
    terminal = open_shell(size=(36, 16))
    line = "ls -l src/one src/two src/three src/four"
    script.say(explanation_request(line, line.split()[2:]), WORDS)
    terminal.type(line)
    terminal.press("C-a")
    terminal.press("M-g")
    screen = terminal.see("change.")
    assert line in screen.replace("\n", "")
    terminal.press("C-e")
    terminal.see_gone("change.")
    assert terminal.line() == (line, len(line))
    assert line in terminal.screen().replace("\n", "")


def test_at_the_bottom_of_the_screen(open_shell: OpenShell, explained: Script) -> None:
    """Room is made by scrolling: the line goes up with the screen, and is still the line afterwards."""
    terminal = open_shell(size=(60, 16))
    terminal.type("seq 30")
    terminal.press("Enter")
    terminal.see("\n30\n>")
    terminal.type(LINE)
    # fish 4 draws nothing while there are keys to be read.
    terminal.see(f"> {LINE}")
    terminal.press("M-g")
    screen = terminal.see("change.")
    assert screen.count(f"> {LINE}") == 1
    terminal.type("X")
    terminal.see_gone("change.")
    screen = terminal.see(f"> {LINE}X", last=True)
    assert screen.count(f"> {LINE}") == 1
    assert "\n30\n" in screen


def test_a_key_while_the_model_thinks_ends_it(terminal: Terminal, script: Script) -> None:
    """Nobody has to wait for an explanation: the key is acted on at once, and the request is cancelled."""
    script.say(ASKED, {"wait": "go"}, WORDS)
    terminal.type(LINE)
    terminal.press("M-g")
    terminal.see("  …")
    script.happened("waiting go")
    terminal.type("X")
    terminal.see_gone("…")
    assert terminal.line().text == f"{LINE}X"
    wait_for(lambda: any(event.startswith("cancelled") for event in script.events()), terminal.screen)
    script.open_gate("go")
    terminal.type("Y")
    assert terminal.line().text == f"{LINE}XY"
    assert WORDS not in terminal.screen()


def test_what_the_manuals_say_is_there_before_the_model_has_said_anything(terminal: Terminal, script: Script) -> None:
    """Below its own place in the command; what the model is asked about is left open until then."""
    script.say(ASKED, {"wait": "go"}, *SAID)
    terminal.type(LINE)
    terminal.press("M-g")
    script.happened("waiting go")
    screen = terminal.see("   -l      use a long listing format")
    assert "      src  …" in screen
    script.open_gate("go")
    terminal.see("      src  ~ the directory that is listed")


def test_the_model_is_not_asked_what_the_manuals_say(terminal: Terminal, script: Script) -> None:
    """Then there is nothing to wait for, and no daemon is started for it."""
    terminal.type("ls -l")
    terminal.press("M-g")
    terminal.see("   -l  use a long listing format")
    terminal.type("X")
    terminal.see_gone("long listing")
    assert terminal.line().text == "ls -lX"
    assert script.events() == []


@pytest.mark.parametrize("when", ["thinking", "shown"])
def test_ctrl_c_ends_the_explanation_and_nothing_else(terminal: Terminal, script: Script, when: str) -> None:
    """The line is there, the shell too; the next Ctrl-C is the shell's own."""
    script.say(ASKED, *([{"wait": "go"}] if when == "thinking" else []), WORDS)
    terminal.type(LINE)
    terminal.press("M-g")
    if when == "thinking":
        script.happened("waiting go")
    else:
        terminal.see(WORDS)
    terminal.press("C-c")
    terminal.see_gone("…" if when == "thinking" else WORDS)
    assert terminal.line() == (LINE, len(LINE))
    script.open_gate("go")
    terminal.type("X")
    assert terminal.line().text == f"{LINE}X"
    terminal.press("C-c")
    terminal.line_becomes("")


def test_an_engine_that_fails_is_said_below_the_line(terminal: Terminal, script: Script) -> None:
    """The reason stands where the explanation would, until the next key."""
    script.say(ASKED, {"fail": "The engine has no fuel."})
    terminal.type(LINE)
    terminal.press("M-g")
    terminal.see("caro: The engine has no fuel.")
    terminal.type("X")
    terminal.see_gone("no fuel")
    assert terminal.line().text == f"{LINE}X"


def test_a_pending_request_is_ended_first(terminal: Terminal, explained: Script) -> None:
    """Whoever asks what the line means no longer waits for another one: no answer comes into the explanation."""
    explained.say(LINE, {"wait": "go"}, "echo late")
    explained.say("find src", {"wait": "go"}, "echo late")
    terminal.type("find src")
    terminal.press("C-g")
    explained.happened("waiting go")
    explained.say(explanation_request("find src", ["src"]), WORDS)
    terminal.press("M-g")
    terminal.see(WORDS)
    explained.happened("cancelled find src")
    explained.open_gate("go")
    terminal.type("X")
    terminal.see_gone(WORDS)
    assert terminal.line().text == "find srcX"
    assert "late" not in terminal.screen()


def test_the_conversation_goes_on_behind_an_explanation(terminal: Terminal, explained: Script) -> None:
    """An answer that was explained is still the untouched answer: a press asks for the next one."""
    from caro_shell.prompt import other_request

    explained.say("show src", LINE)
    explained.say(other_request("show src", ["ls"]), "find src")
    terminal.type("show src")
    terminal.press("C-g")
    terminal.line_becomes(LINE)
    terminal.press("M-g")
    terminal.see(WORDS)
    terminal.press("C-g")
    terminal.line_becomes("find src")


def test_in_vi_command_mode(open_shell: OpenShell, explained: Script, kind: ShellKind) -> None:
    """Point 14: the key explains there too, and the next key is a command."""
    terminal = open_shell(after=kind.vi_mode)
    terminal.type(LINE)
    terminal.leave_insert_mode(LINE)
    terminal.press("M-g")
    terminal.see(WORDS)
    terminal.press("x")
    terminal.see_gone(WORDS)
    terminal.line_becomes(LINE[:-1])
