"""What is zsh's alone: its plugins, its traps, its other widgets, and what sourcing costs."""

import subprocess
from pathlib import Path

import pytest
from shell_kinds import ZSH, ShellKind
from terminal import OpenShell, Terminal
from user_home import SUPPORT, Home, Script, need, need_program

PLUGINS = {
    "zsh-autosuggestions": "/usr/share/zsh-autosuggestions/zsh-autosuggestions.zsh",
    "zsh-syntax-highlighting": "/usr/share/zsh-syntax-highlighting/zsh-syntax-highlighting.zsh",
}
REQUEST = "show the five largest files here"
COMMAND = "du -a . | sort -rn | head -n 5"


@pytest.fixture
def kind() -> ShellKind:
    """Only zsh, here."""
    need_program("tmux")
    need_program("zsh")
    return ZSH


def sourced(*names: str) -> str:
    """Return the lines of rc that load plugins; skips (fails in CI) when one is not installed."""
    for name in names:
        if not Path(PLUGINS[name]).exists():
            need(f"{name} is not installed")
    return "\n".join(f"source {PLUGINS[name]}" for name in names)


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
    from terminal import wait_for

    home = script.directory.parent
    wait_for(lambda: (home / "ticks").exists() and len((home / "ticks").read_text()) > 1, terminal.screen)
    script.open_gate("go")
    terminal.line_becomes(COMMAND)


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
    lines = f"CARO_PYTHON=/bin/sh; source {SUPPORT.parent.parent}/shell/caro.zsh"
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
    script = f"set -eu; CARO_PYTHON=/bin/sh; source {SUPPORT.parent.parent}/shell/caro.zsh; print end"
    done = subprocess.run(["zsh", "-f", "-c", script], env=home.environ, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("end\n", "")
