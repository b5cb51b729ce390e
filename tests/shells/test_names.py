"""What the user's shell knows by a name: its aliases reach the judge, its functions the proof."""

import pytest
from shell_kinds import FISH, ZSH, ShellKind
from terminal import OpenShell, Terminal, wait_for
from user_home import Home, Script

REQUEST = "do it"
# No such disk exists, so that nothing is lost should a shell run it after all.
DISK = "/dev/sdzz9"
DANGER = "DANGER: this makes a new file system"


def answer_becomes_a_comment(terminal: Terminal, request: str = REQUEST) -> None:
    """Press the key on `request`, and wait for a command that Enter cannot run."""
    terminal.type(request)
    terminal.press("C-g")
    wait_for(lambda: terminal.line().text.startswith("# "), lambda: f"for the comment\n{terminal.screen()}")
    terminal.see(DANGER)


def enter(terminal: Terminal, command: str) -> None:
    """Run a command that prints nothing, and see its end."""
    terminal.type(f"{command}; echo entered")
    terminal.press("Enter")
    terminal.see("\nentered\n>")
    terminal.press("C-l")


def test_an_alias_is_judged_by_what_it_means(terminal: Terminal, script: Script) -> None:
    """Also one that was made since the last press, with quotes in it, and behind another command."""
    script.say(REQUEST, f"echo hi && newdisk {DISK}")
    terminal.type(REQUEST)
    terminal.press("C-g")
    terminal.line_becomes(f"echo hi && newdisk {DISK}")
    terminal.press("C-u")
    enter(terminal, """alias newdisk='mkfs.ext4 -L "it is"'""")
    answer_becomes_a_comment(terminal)


def test_a_function_is_no_unknown_command(open_shell: OpenShell, script: Script, kind: ShellKind) -> None:
    """The proof objects to what is not there, and not to what the user has made; nor does it ask once more then."""
    terminal = open_shell(after=kind.set("CARO_PROOF", "on"))
    script.say(REQUEST, "deploy prod")
    script.say(f"{REQUEST}\nThere is no*", "deploy prod")
    terminal.type(REQUEST)
    terminal.press("C-g")
    terminal.line_becomes("deploy prod")
    terminal.see("caro: `deploy` is not installed")
    terminal.press("C-u")
    enter(terminal, "function deploy; end" if kind.name == "fish" else "deploy() { :; }")
    script.say("and again", "deploy staging")
    terminal.type("and again")
    terminal.press("C-g")
    terminal.line_becomes("deploy staging")
    assert "is not installed" not in terminal.screen()
    assert not [event for event in script.events() if event.startswith("ask and again\\nThere is no")]


def test_a_shell_with_too_many_functions_tells_its_aliases(
    open_shell: OpenShell, script: Script, kind: ShellKind
) -> None:
    """A request has 64 KiB at most: where there is no room for the functions, the rest is told all the same."""
    many = {
        "zsh": "for i in {1..3000}; do functions[a_function_of_a_rather_long_name_$i]=true; done",
        "bash": 'for i in {1..3000}; do eval "a_function_of_a_rather_long_name_$i() { true; }"; done',
        "fish": "for i in (seq 1500); function a_function_of_a_rather_long_name_of_sixty_characters_$i; end; end",
    }
    aliases = "for i in {1..400}; do alias al$i='echo'; done" if kind.name != "fish" else ""
    terminal = open_shell(before=f"{many[kind.name]}\n{aliases}\nalias newdisk='mkfs.ext4'")
    script.say(REQUEST, f"newdisk {DISK}")
    answer_becomes_a_comment(terminal)


@pytest.mark.parametrize("kind", [ZSH], ids=["zsh"], indirect=True)
@pytest.mark.parametrize("command", [f"ls OVER {DISK}", f"{DISK}.disk"], ids=["global", "suffix"])
def test_zsh_has_aliases_that_stand_anywhere(terminal: Terminal, script: Script, command: str) -> None:
    """Global ones are replaced in the middle of a command, suffix ones open the file that is named."""
    enter(terminal, "alias -g OVER='; mkfs.ext4'; alias -s disk='mkfs.ext4'")
    script.say(REQUEST, command)
    answer_becomes_a_comment(terminal)


@pytest.mark.parametrize("kind", [FISH], ids=["fish"], indirect=True)
def test_fish_keeps_aliases_in_files(terminal: Terminal, script: Script, home: Home) -> None:
    """`alias --save` makes a function that is loaded when it is first used; it is known before that."""
    enter(terminal, "alias --save newdisk='mkfs.ext4' 2>/dev/null; functions --erase newdisk")
    assert (home.path / ".config/fish/functions/newdisk.fish").exists()
    script.say(REQUEST, f"newdisk {DISK}")
    answer_becomes_a_comment(terminal)
