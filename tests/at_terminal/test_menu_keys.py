"""`caro REQUEST` at a terminal: the command, what is said of it, and each key of the menu."""

import re

import pytest
from caro_screen import MENU, caro_screen, own_rules
from user_home import Home, Script, need_program

pytestmark = pytest.mark.usefixtures("tmux")


# SGR (ECMA-48, xterm): a colour in front or behind, other than the terminal's own.
COLOUR = re.compile(r"\x1b\[(?:\d+;)*(?:[34][0-7]|[34]8;|9[0-7]|10[0-7])")


@pytest.fixture
def tmux() -> None:
    """The screen."""
    need_program("tmux")


def test_the_command_stays_and_the_menu_goes(home: Home, script: Script) -> None:
    """Its risk is said in words; Enter runs nothing, a paste neither; q leaves with status 0."""
    script.say("show it", "printf '%s\\n' ran")
    with caro_screen(home, "show", "it") as terminal:
        shown = terminal.see(MENU)
        assert "\nprintf '%s\\n' ran\nsafe.\n" in f"\n{shown}\n"
        terminal.press("Enter")
        terminal.paste("rrr\n")
        terminal.press("q")
        left = terminal.see("[status 0]")
        assert MENU not in left
        assert "printf '%s\\n' ran\nsafe.\n[status 0]" in left


def test_run_gives_the_command_the_terminal_and_passes_its_status_on(home: Home, script: Script) -> None:
    """A full-screen program works, with the keys that are its own."""
    need_program("less")
    (home.path / "poem").write_text("shall I compare thee\n" * 100)
    script.say("read it", f"less {home.path}/poem; exit 7")
    with caro_screen(home, "read it") as terminal:
        terminal.see(MENU)
        terminal.press("r")
        terminal.see("shall I compare thee")
        terminal.press("G")
        terminal.see("(END)")
        terminal.press("q")
        terminal.see("[status 7]")


def test_ctrl_c_while_it_runs_is_the_commands(home: Home, script: Script) -> None:
    """A command that deals with it goes on; one that does not ends, and caro tells the status of that."""
    script.say("wait", "trap 'echo caught' INT; echo started; sleep 1000; trap - INT; echo again; sleep 1000")
    with caro_screen(home, "wait") as terminal:
        terminal.see(MENU)
        terminal.press("r")
        terminal.see("\nstarted")
        terminal.press("C-c")
        terminal.see("\nagain")
        terminal.press("C-c")
        terminal.see("[status 130]")
        assert "caught\nagain" in terminal.screen()


def test_ctrl_c_while_it_thinks_cancels(home: Home, script: Script) -> None:
    """The engine is told; the exit status is 130."""
    script.say("think", "ls ", {"wait": "answer"}, "-l")
    with caro_screen(home, "think") as terminal:
        terminal.see("… thinking")
        terminal.see("\nls")
        script.happened("waiting answer")
        terminal.press("C-c")
        terminal.see("[status 130]")
        assert "thinking" not in terminal.screen()
    script.happened("cancelled think")


def test_what_is_typed_while_it_thinks_chooses_nothing(home: Home, script: Script) -> None:
    """It is shown, so that nobody wonders; the menu begins with the next key."""
    script.say("think", {"wait": "answer"}, "echo ran $((1 + 1))")
    with caro_screen(home, "think") as terminal:
        terminal.see("… thinking")
        terminal.type("rrr")
        terminal.see("thinking  rrr")
        script.open_gate("answer")
        terminal.see(MENU)
        terminal.press("q")
        assert "ran 2" not in terminal.see("[status 0]")


def test_edit_in_place(home: Home, script: Script) -> None:
    """Enter takes it, Alt-Enter begins a line; what was left by Ctrl-C is there again; what is written runs."""
    script.say("say it", "echo 'one'")
    with caro_screen(home, "say it") as terminal:
        terminal.see(MENU)
        terminal.press("e")
        terminal.see_gone(MENU)
        terminal.type(" two")
        terminal.see("echo 'one' two")
        # A string is in colour while it is edited.
        assert "\x1b[32m'one'" in terminal.screen(colours=True)
        terminal.press("C-c")
        terminal.see(MENU)
        terminal.press("e")
        terminal.see_gone(MENU)
        terminal.see("echo 'one' two", last=True)
        terminal.type("; echo three $((2 + 2)")
        terminal.see("echo three $((2 + 2)", last=True)
        terminal.press("Enter")
        assert "note: bash cannot read it" in " ".join(terminal.see(MENU).split())
        terminal.press("e")
        terminal.see_gone(MENU)
        terminal.see("echo three $((2 + 2)", last=True)
        terminal.type(")")
        terminal.press("M-Enter")
        terminal.type("echo four")
        terminal.see("echo four", last=True)
        terminal.press("Enter")
        terminal.see(MENU)
        terminal.press("r")
        assert "\none two\nthree 4\nfour\n" in terminal.see("[status 0]")


def test_next_goes_round(home: Home, script: Script) -> None:
    """Another answer below the first; after the last one the first again, and that is said."""
    script.say("list", "ls -la")
    with caro_screen(home, "list") as terminal:
        terminal.see("ls -la")
        terminal.see(MENU)
        terminal.press("n")
        terminal.see("note: This is answer 2.")
        terminal.see(MENU)
        for _answer in range(9):
            terminal.press("n")
            terminal.see_gone(MENU)
            if "this is the first again" in terminal.see(MENU):
                break
        assert "this is the first again" in terminal.screen()
        terminal.press("q")
        terminal.see("[status 0]")


def test_refine_changes_the_command_by_words(home: Home, script: Script) -> None:
    """As a comment behind it on the shell's line does."""
    script.say("search for x", "grep -r x .")
    script.say("*", "grep -r x src")
    with caro_screen(home, "search for x") as terminal:
        terminal.see(MENU)
        terminal.press("f")
        terminal.see("change:")
        terminal.type("only in src")
        terminal.press("Enter")
        terminal.see("grep -r x src\nsafe.")
        terminal.see(MENU)
        terminal.press("q")
        terminal.see("[status 0]")


def test_copy_hands_it_to_tmux(home: Home, script: Script) -> None:
    """And says to whom it was handed; the menu stays."""
    script.say("list", "ls -la 'a b'")
    with caro_screen(home, "list") as terminal:
        terminal.see(MENU)
        terminal.press("c")
        terminal.see("Copied: handed to tmux and the terminal")
        terminal.see(MENU)
        assert terminal.copied() == "ls -la 'a b'"
        terminal.press("q")
        terminal.see("[status 0]")


def test_high_risk_wants_a_word(home: Home, script: Script) -> None:
    """Any other answer runs nothing, and the menu is there again."""
    own_rules(home)
    script.say("shout", "echo high $((6 * 7))")
    with caro_screen(home, "shout") as terminal:
        terminal.see("high: this shouts high.")
        terminal.see(MENU)
        for answer in ("y", "C-c", "run"):
            terminal.press("r")
            terminal.see("Type run and Enter to run it:", last=True)
            if answer == "C-c":
                terminal.press("C-c")
            else:
                terminal.type(answer)
                terminal.press("Enter")
            if answer != "run":
                terminal.see("It was not run.")
                terminal.see(MENU)
                assert "high 42" not in terminal.screen()
        assert "\nhigh 42\n" in terminal.see("[status 0]")


def test_critical_is_not_run_without_force(home: Home, script: Script) -> None:
    """It says what to do; with --force it wants the word."""
    own_rules(home)
    script.say("shout", "echo critical $((6 * 7))")
    with caro_screen(home, "shout") as terminal:
        terminal.see("critical: this shouts critical.")
        terminal.see(MENU)
        terminal.press("r")
        terminal.see("start caro with --force.")
        terminal.see(MENU)
        terminal.press("q")
        assert "critical 42" not in terminal.see("[status 0]")
    with caro_screen(home, "--force", "shout") as terminal:
        terminal.see(MENU)
        terminal.press("r")
        terminal.see("Type run and Enter to run it:", last=True)
        terminal.type("run")
        terminal.press("Enter")
        assert "\ncritical 42\n" in terminal.see("[status 0]")


def test_an_edited_command_is_judged_again(home: Home, script: Script) -> None:
    """What was harmless when the model wrote it need not be any more. Ctrl-C at the menu leaves with 130."""
    own_rules(home)
    script.say("say", "echo low")
    with caro_screen(home, "say") as terminal:
        terminal.see(MENU)
        terminal.press("e")
        terminal.see_gone(MENU)
        terminal.press("C-w")
        terminal.type("critical")
        terminal.press("Enter")
        terminal.see("critical: this shouts critical.")
        terminal.see(MENU)
        terminal.press("r")
        terminal.see("This is not run here.")
        terminal.see(MENU)
        terminal.press("C-c")
        terminal.see("[status 130]")


def test_what_goes_wrong_behind_the_menu_is_said_there(home: Home, script: Script) -> None:
    """One sentence, and the menu is there again with the command."""
    script.say("list", "ls .")
    with caro_screen(home, "list") as terminal:
        terminal.see(MENU)
        script.say("Do not write a command this time*", {"fail": "The engine has no fuel."})
        terminal.press("x")
        terminal.see("caro: The engine has no fuel.")
        terminal.see("Mend it.")
        terminal.see(MENU)
        terminal.press("r")
        terminal.see("[status 0]")


def test_the_menu_is_whole_at_any_width(home: Home, script: Script) -> None:
    """No word of it is cut, in colours or without."""
    script.say("list", f"ls {'x' * 30}")
    for columns, no_colour in ((20, "1"), (40, "1"), (80, ""), (200, "1"), (300, "1")):
        with caro_screen(home, "list", size=(columns, 24), more={"NO_COLOR": no_colour}) as terminal:
            shown = terminal.see(MENU)
            for label in ("[r]un", "[e]dit", "[n]ext", "re[f]ine", "e[x]plain", "[c]opy"):
                assert label in shown
            assert "x" * 30 in shown.replace("\n", "")
            assert bool(COLOUR.search(terminal.screen(colours=True))) == (not no_colour)
