"""`caro` alone at a terminal: several turns, words behind a slash, and nothing lost that was typed."""

import stat
from pathlib import Path

import pytest
from caro_screen import MENU, caro_screen
from terminal import Terminal
from user_home import Home, Script, need_program

from caro_shell import paths
from caro_shell.terminal.conversation import COMMANDS

pytestmark = pytest.mark.usefixtures("tmux")
PROMPT = "\ncaro>"


@pytest.fixture
def tmux() -> None:
    """The screen."""
    need_program("tmux")


def say(terminal: Terminal, line: str) -> None:
    """Type a line at an empty prompt."""
    terminal.see(PROMPT, last=True)
    terminal.type(line)
    terminal.press("Enter")


def kept(home: Home) -> Path:
    """Return the file of the requests."""
    return Path(paths.history_file(home.environ))


def test_several_turns(home: Home, script: Script) -> None:
    """`# words` change the command above, as often as one likes; other words are a new request; Ctrl-D leaves."""
    script.say("search x", "grep -r x .")
    script.say("# search x\ngrep -r x .\n# only in src", "grep -r x src")
    script.say("# search x, only in src\ngrep -r x src\n# count them", "grep -rc x src")
    with caro_screen(home, size=(100, 30)) as terminal:
        say(terminal, "search x")
        for change, command in (("only in src", "grep -r x src\nsafe."), ("count them", "grep -rc x src\nsafe.")):
            terminal.see(MENU)
            terminal.press("q")
            say(terminal, f"# {change}")
            terminal.see(command)
        terminal.see(MENU)
        terminal.press("Enter")
        say(terminal, "list all")
        terminal.see("\necho list all\nsafe.")
        terminal.see(MENU)
        terminal.press("Escape")
        terminal.see(PROMPT, last=True)
        terminal.press("C-d")
        terminal.see("[status 0]")


def test_nothing_that_was_typed_is_lost(home: Home, script: Script) -> None:
    """Ctrl-C while it thinks, an error, and keys that came too early: the words stand at the prompt again."""
    script.say("think", "ls ", {"wait": "never"})
    script.say("fail", {"fail": "The engine has no fuel."})
    script.say("slow", {"wait": "slow"}, "ls -l")
    with caro_screen(home) as terminal:
        say(terminal, "think")
        terminal.see("… thinking")
        script.happened("waiting never")
        terminal.press("C-c")
        terminal.see(f"{PROMPT} think", last=True)
        script.happened("cancelled think")
        terminal.press("C-c")
        # The first line of it has gone, and the arrow key brings it back.
        terminal.see(PROMPT, last=True)
        terminal.press("Up")
        terminal.see(f"{PROMPT} think", last=True)
        terminal.press("C-c")
        say(terminal, "fail")
        terminal.see("caro: The engine has no fuel.")
        terminal.see(f"{PROMPT} fail", last=True)
        terminal.press("C-u")
        say(terminal, "slow")
        terminal.see("… thinking")
        terminal.type("next words")
        terminal.see("next words")
        script.open_gate("slow")
        terminal.see(MENU)
        terminal.press("q")
        terminal.see(f"{PROMPT} next words", last=True)


def test_a_command_that_fails_can_be_mended(home: Home, script: Script) -> None:
    """Ctrl-C ends the command alone; `/fix` asks for a better one."""
    script.say("wait", "echo started; sleep 1000")
    script.say("break", "exit 3")
    script.say("This command failed with exit status 3: exit 3*", "exit 0")
    with caro_screen(home) as terminal:
        say(terminal, "/fix")
        terminal.see("Nothing that was run here has failed.")
        say(terminal, "wait")
        terminal.see(MENU)
        terminal.press("r")
        terminal.see("\nstarted")
        terminal.press("C-c")
        terminal.see("It ended with status 130.")
        say(terminal, "break")
        terminal.see(MENU)
        terminal.press("r")
        terminal.see("It ended with status 3. /fix asks for a better one.")
        say(terminal, "/fix")
        terminal.see("\nexit 0\nsafe.")
        terminal.see(MENU)
        terminal.press("r")
        terminal.see(PROMPT, last=True)


def test_words_behind_a_slash(home: Home, script: Script) -> None:
    """Each does what it says; another one is a slip, and what begins with a path is a request."""
    script.say("list", "ls -l 'a b'")
    script.say("Do not write a command this time*", "It lists files.")
    with caro_screen(home, size=(100, 60)) as terminal:
        say(terminal, "/explain")
        terminal.see("There is no command yet.")
        say(terminal, "/last")
        terminal.see("Nothing has been asked since the daemon started.")
        say(terminal, "/shell tcsh")
        terminal.see("One of: zsh, bash, fish.")
        say(terminal, "/shell fish")
        terminal.see("Commands are for fish, and run by it.")
        say(terminal, "/model tiny")
        terminal.see("Answers come from tiny.")
        say(terminal, "list")
        terminal.see(MENU)
        terminal.press("q")
        say(terminal, "/explain")
        terminal.see("It lists files.")
        say(terminal, "/last")
        terminal.see("scripted · tiny")
        say(terminal, "/hel")
        terminal.see("There is no /hel.")
        terminal.see(PROMPT, last=True)
        terminal.type("/hel\t")
        terminal.see("caro> /help", last=True)
        terminal.press("Enter")
        for word in (*COMMANDS, "# words"):
            terminal.see(f"\n{word} ")
        say(terminal, "/usr/bin list it")
        terminal.see("/usr/bin list it\nsafe.")
        terminal.see(MENU)
        terminal.press("q")
        say(terminal, "/quit")
        terminal.see("[status 0]")
    assert "load tiny" in script.events()


def test_the_requests_are_kept_for_this_user_alone(home: Home) -> None:
    """In a file of mode 0600; not one that begins with a blank, or has a secret in it. Ctrl-R finds them next time."""
    with caro_screen(home) as terminal:
        for line in ("list the pears", " list the plums", "use token=ghp_0123456789abcdefghijABCDEFGHIJ012345"):
            say(terminal, line)
            terminal.see(MENU)
            terminal.press("q")
        terminal.see(PROMPT, last=True)
        terminal.press("C-d")
        terminal.see("[status 0]")
    assert kept(home).read_text() == "list the pears\n"
    assert stat.S_IMODE(kept(home).stat().st_mode) == 0o600
    with caro_screen(home) as terminal:
        terminal.see(PROMPT, last=True)
        terminal.press("C-r")
        terminal.type("pea")
        terminal.see("list the pears")
        terminal.press("Enter")
        terminal.press("Enter")
        terminal.see("\necho list the pears")
        terminal.see(MENU)


def test_a_file_that_somebody_has_planted_is_not_written(home: Home) -> None:
    """A link in the place of the requests is refused in a sentence."""
    kept(home).parent.mkdir(parents=True, exist_ok=True)
    kept(home).symlink_to(home.path / "elsewhere")
    with caro_screen(home) as terminal:
        terminal.see("is not a plain file.")
        terminal.see("[status 1]")
    assert not (home.path / "elsewhere").exists()


def test_vi_keys_edit_a_line(home: Home) -> None:
    """Where the settings say so."""
    with caro_screen(home, more={"CARO_EDITING": "vi"}) as terminal:
        terminal.see(PROMPT, last=True)
        terminal.type("list xall")
        terminal.leave_insert_mode("list xall")
        terminal.type("bx")
        terminal.see("caro> list all", last=True)
        terminal.press("Enter")
        terminal.see("\necho list all")
        terminal.see(MENU)
