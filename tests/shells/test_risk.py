"""Danger is shown before Enter, in every shell: a note, a warning, or a command that Enter cannot run."""

import pytest
from shell_kinds import ShellKind
from terminal import OpenShell, Terminal, wait_for
from user_home import Home, Script

REQUEST = "do it"
# No such disk exists, so that nothing is lost should a shell run it after all.
DEADLY = "mkfs.ext4 /dev/sdzz9"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("rm notes.txt", "caro: note: this deletes notes.txt."),
        ("git reset --hard", "caro: careful: this throws away changes that are in no commit."),
    ],
    ids=["moderate", "high"],
)
def test_what_a_command_would_do_is_said_below_it(terminal: Terminal, script: Script, command: str, said: str) -> None:
    """The command stands on the line as it is; the reason stands below."""
    script.say(REQUEST, command)
    terminal.type(REQUEST)
    terminal.press("C-g")
    terminal.line_becomes(command)
    terminal.see(said)


def test_a_harmless_command_comes_without_a_word(terminal: Terminal, script: Script) -> None:
    """Wolf is not cried."""
    script.say(REQUEST, "ls -la")
    terminal.type(REQUEST)
    terminal.press("C-g")
    terminal.line_becomes("ls -la")
    assert "caro:" not in terminal.screen()


def test_what_does_not_work_here_is_said_and_tried_again(
    open_shell: OpenShell, script: Script, kind: ShellKind
) -> None:
    """The model is told what is missing; the answer that works comes, else the first one with a note."""
    terminal = open_shell(after=kind.set("CARO_PROOF", "on"))
    script.say(REQUEST, "grpe x .")
    script.say(f"{REQUEST}\nThere is no*", "grpe x .")
    terminal.type(REQUEST)
    terminal.press("C-g")
    terminal.line_becomes("grpe x .")
    terminal.see("caro: `grpe` is not installed")
    script.say(f"{REQUEST} now\nThere is no*", "grep x .")
    script.say(f"{REQUEST} now", "grpe x .")
    terminal.press("C-c")
    terminal.type(f"{REQUEST} now")
    terminal.press("C-g")
    terminal.line_becomes("grep x .")


@pytest.mark.parametrize("commented", [True, False])
def test_enter_cannot_run_a_critical_command(
    open_shell: OpenShell, script: Script, kind: ShellKind, home: Home, *, commented: bool
) -> None:
    """It arrives behind `# ` with its reason, also where the shell knows no comments at its prompt."""
    terminal = open_shell(
        before=kind.comments if commented else kind.no_comments, after=kind.set("CARO_COMMENT", "off")
    )
    ran = home.path / "ran"
    script.say(REQUEST, f"{DEADLY}; touch {ran}")
    terminal.type(REQUEST)
    terminal.press("C-g")
    wait_for(lambda: terminal.line().text.startswith("# "), lambda: f"for the comment\n{terminal.screen()}")
    assert DEADLY in terminal.line().text
    terminal.see("DANGER: this makes a new file system")
    terminal.press("Enter")
    terminal.type(f"touch {home.path}/after")
    terminal.press("Enter")
    wait_for((home.path / "after").exists, lambda: f"for the next command\n{terminal.screen()}")
    assert not ran.exists()
