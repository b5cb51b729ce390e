"""What is zsh's alone: its plugins, its traps, its other widgets, and what sourcing costs."""

import subprocess

import pytest
from shell_kinds import ZSH, ShellKind
from terminal import OpenShell, Terminal, wait_for
from user_home import SUPPORT, Home, Script, need, need_program
from zsh_tools import enter, sourced

from caro_shell.prompt import fix_request

SCRIPT = SUPPORT.parent.parent / "shell" / "caro.zsh"
REQUEST = "show the five largest files here"
COMMAND = "du -a . | sort -rn | head -n 5"


@pytest.fixture
def kind() -> ShellKind:
    """Only zsh, here."""
    need_program("tmux")
    need_program("zsh")
    return ZSH


@pytest.mark.parametrize("order", ["before", "after"])
def test_with_autosuggestions_and_syntax_highlighting(open_shell: OpenShell, script: Script, order: str) -> None:
    """Point 15: both plugins loaded, in either order; suggestion and ghost text do not disturb each other."""
    terminal = open_shell(**{order: sourced("zsh-autosuggestions", "zsh-syntax-highlighting")})
    terminal.type("show the five oldest files")
    terminal.press("Enter")
    terminal.see("command not found")
    script.say("show the five", {"wait": "go"}, COMMAND)
    terminal.type("show the five")
    terminal.see("show the five oldest files\n", last=True)
    terminal.press("C-g")
    terminal.see("show the five  …", last=True)
    script.happened("waiting go")
    script.open_gate("go")
    terminal.line_becomes(COMMAND)
    terminal.press("C-_")
    terminal.line_becomes("show the five")


def test_typing_while_waiting_with_autosuggestions(open_shell: OpenShell, script: Script) -> None:
    """Points 9 and 15: the offer comes although the other plugin draws in the same place."""
    terminal = open_shell(after=sourced("zsh-autosuggestions"))
    script.say(REQUEST, {"wait": "go"}, COMMAND)
    terminal.type(REQUEST)
    terminal.press("C-g")
    script.happened("waiting go")
    terminal.type(" now")
    script.open_gate("go")
    terminal.see("(once more to take it)")
    assert terminal.line().text == f"{REQUEST} now"
    terminal.press("C-g")
    terminal.line_becomes(COMMAND)


@pytest.mark.parametrize("trap", ["TRAPINT() { print trapped; return 130 }", "trap 'print trapped' INT"])
def test_the_users_own_interrupt_trap_comes_back(open_shell: OpenShell, script: Script, trap: str) -> None:
    """After a request, however it ended, Ctrl-C does what the user's trap says."""
    terminal = open_shell(before=trap)
    script.say(REQUEST, {"wait": "go"}, COMMAND)
    terminal.type(REQUEST)
    terminal.press("C-g")
    script.happened("waiting go")
    terminal.press("C-c")
    script.happened(f"cancelled {REQUEST}")
    assert terminal.line().text == REQUEST
    assert "trapped" not in terminal.screen()
    terminal.press("C-u")
    terminal.type("sh -c 'echo on; exec sleep 1000'")
    terminal.press("Enter")
    terminal.see("\non")
    terminal.press("C-c")
    terminal.see("trapped")


def test_ctrl_c_without_a_request_is_the_shells_own(terminal: Terminal, script: Script) -> None:
    """When nothing is pending, Ctrl-C drops the line as always."""
    terminal.type("warm up")
    terminal.press("C-g")
    terminal.line_becomes("echo warm up")
    terminal.press("C-c")
    terminal.line_becomes("")


def test_a_prompt_that_is_redrawn_keeps_the_request(open_shell: OpenShell, script: Script) -> None:
    """A prompt with a clock (TMOUT and reset-prompt) loses neither line nor answer."""
    terminal = open_shell(after="TMOUT=1; TRAPALRM() { zle && zle reset-prompt; print -n x >> $HOME/ticks }")
    script.say(REQUEST, {"wait": "go"}, COMMAND)
    terminal.type(REQUEST)
    terminal.press("C-g")
    script.happened("waiting go")
    home = script.directory.parent
    wait_for(lambda: (home / "ticks").exists() and len((home / "ticks").read_text()) > 1, terminal.screen)
    script.open_gate("go")
    terminal.line_becomes(COMMAND)


def test_an_answer_waits_for_the_end_of_a_history_search(terminal: Terminal, script: Script) -> None:
    """The search line stays in sight while records come; when the search ends they are read."""
    enter(terminal, "echo before")
    terminal.see("before\n>")
    script.say(REQUEST, {"wait": "go"}, "du ", {"wait": "more"}, "-a")
    terminal.type(REQUEST)
    terminal.press("C-g")
    script.happened("waiting go")
    terminal.press("C-r")
    terminal.type("bef")
    terminal.see("bck-i-search: bef")
    script.open_gate("go")
    script.happened("waiting more")
    script.open_gate("more")
    terminal.type("o")
    terminal.see("bck-i-search: befo")
    assert "du" not in terminal.screen().replace(REQUEST, "")
    terminal.press("C-g")
    terminal.line_becomes("du -a")


def offer(terminal: Terminal, script: Script) -> None:
    """Let an answer come for a line that has changed meanwhile."""
    script.say(REQUEST, {"wait": "go"}, COMMAND)
    terminal.type(REQUEST)
    terminal.press("C-g")
    script.happened("waiting go")
    terminal.type(" now")
    script.open_gate("go")
    terminal.see("(once more to take it)")


def test_ctrl_c_takes_an_offer_off_the_line(terminal: Terminal, script: Script) -> None:
    """The line is dropped as always; what was offered does not stay behind it."""
    offer(terminal, script)
    terminal.press("C-c")
    terminal.line_becomes("")
    assert f"> {REQUEST} now\n>" in terminal.screen()


@pytest.mark.parametrize("trap", ["TRAPINT() { print trapped; return 130 }", "trap 'print trapped' INT"])
def test_the_users_trap_takes_ctrl_c_on_an_offer(open_shell: OpenShell, script: Script, trap: str) -> None:
    """It does what it always does; the offer goes first."""
    terminal = open_shell(before=trap)
    offer(terminal, script)
    terminal.press("C-c")
    screen = terminal.see("trapped")
    assert "once more" not in screen


@pytest.mark.parametrize("trap", ["TRAPINT() { print trapped; return 130 }", "trap 'print trapped' INT"])
def test_an_explanation_leaves_the_users_trap(open_shell: OpenShell, script: Script, trap: str) -> None:
    """The first Ctrl-C ends the explanation, the second is the user's own."""
    terminal = open_shell(before=trap)
    script.say("Do not write a command this time*", "It lists files.")
    terminal.type("ls src")
    terminal.press("M-g")
    terminal.see("It lists files.")
    terminal.press("C-c")
    terminal.see_gone("It lists files.")
    assert terminal.line() == ("ls src", 6)
    assert "trapped" not in terminal.screen()
    terminal.press("C-c")
    terminal.see("trapped")


def test_an_explanation_without_job_control(open_shell: OpenShell, script: Script) -> None:
    """Ctrl-C reaches the shell as well then, and costs nothing either."""
    terminal = open_shell(after="setopt no_monitor")
    script.say("Do not write a command this time*", "It lists files.")
    terminal.type("ls src")
    terminal.press("M-g")
    terminal.see("It lists files.")
    terminal.press("C-c")
    terminal.see_gone("It lists files.")
    assert terminal.line() == ("ls src", 6)


def test_a_line_that_zsh_did_not_understand_is_fixed(terminal: Terminal, script: Script) -> None:
    """A parse error ran nothing, so no hook tells of it; the accepted line does."""
    script.say(fix_request("echo )", 1, []), "echo fixed")
    enter(terminal, "sh -c 'exit 3'")
    terminal.line_becomes("")
    enter(terminal, "echo )")
    terminal.see("parse error")
    terminal.line_becomes("")
    terminal.press("C-g")
    terminal.line_becomes("echo fixed")


def test_sh_glob_does_no_harm(open_shell: OpenShell, script: Script) -> None:
    """The hooks that come with zsh do not get along with this option; its users see nothing of that."""
    terminal = open_shell(after="setopt sh_glob")
    script.say(REQUEST, COMMAND)
    terminal.type(REQUEST)
    terminal.press("C-g")
    terminal.line_becomes(COMMAND)
    assert terminal.screen().endswith(f"ready\n> {COMMAND}")


def test_aliases_of_builtins_do_no_harm(open_shell: OpenShell, script: Script) -> None:
    """A user may have aliased anything before caro is sourced."""
    words = ("builtin", "typeset", "local", "emulate", "zle", "exec", "print", "read", "case", "if", "return")
    terminal = open_shell(before="\n".join(f"alias {word}='echo ALIASED {word}'" for word in words if word != "if"))
    script.say(REQUEST, COMMAND)
    terminal.type(REQUEST)
    terminal.press("C-g")
    terminal.line_becomes(COMMAND)
    assert "ALIASED" not in terminal.screen()


def test_sourcing_leaves_the_users_options_alone(open_shell: OpenShell, home: Home) -> None:
    """No option changes by loading caro."""
    terminal = open_shell(before=f"setopt > {home.path}/before", after=f"setopt > {home.path}/after")
    terminal.see(">")
    assert (home.path / "before").read_text() == (home.path / "after").read_text()


def test_sourcing_starts_no_process(home: Home) -> None:
    """In a process-id space of its own, the ids before and after sourcing follow on each other."""
    need_program("zsh")
    allowed = subprocess.run(["unshare", "--pid", "--fork", "true"], capture_output=True, check=False).returncode == 0
    if not allowed:
        need("unshare --pid is not permitted")
    lines = f"CARO_PYTHON=/bin/sh; source {SCRIPT}"
    ask = "command sh -c 'echo $$'"
    script = f"setopt zle; {ask}; {lines}; _caro_on_first_prompt; {ask}; true"
    done = subprocess.run(
        ["unshare", "--pid", "--fork", "zsh", "-f", "-i", "-c", script],
        env=home.environ,
        capture_output=True,
        text=True,
        check=True,
    )
    before, after = map(int, done.stdout.split())
    assert after == before + 1


def test_a_script_that_sources_it_is_left_alone(home: Home) -> None:
    """Without a line editor nothing is set up and nothing is printed."""
    need_program("zsh")
    script = f"set -eu; CARO_PYTHON=/bin/sh; source {SCRIPT}; print end"
    done = subprocess.run(["zsh", "-f", "-c", script], env=home.environ, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("end\n", "")


def test_sourcing_is_quick(home: Home) -> None:
    """3 ms in an interactive shell: the best of several, since others use this machine too."""
    need_program("zsh")
    lines = f"CARO_PYTHON=/bin/sh; zmodload zsh/datetime; a=$EPOCHREALTIME; source {SCRIPT}; b=$EPOCHREALTIME"
    words = ["zsh", "-f", "-i", "-c", f"{lines}; print $(((b - a) * 1000)) ${{+functions[_caro_load]}}"]
    said = [
        subprocess.run(words, env=home.environ, capture_output=True, text=True, check=True).stdout.split()
        for _ in range(10)
    ]
    assert {loaded for _time, loaded in said} == {"1"}
    assert min(float(time) for time, _loaded in said) <= 3.0


def test_what_vared_edits_is_none_of_our_business(terminal: Terminal, script: Script) -> None:
    """There the key leaves the editor, as it does without caro."""
    terminal.type("SECRET='my password'; vared SECRET")
    terminal.press("Enter")
    terminal.see("\nmy password")
    terminal.press("M-g", "C-g")
    terminal.see("my password\n>", last=True)
    terminal.line_becomes("")
    assert script.events() == []
