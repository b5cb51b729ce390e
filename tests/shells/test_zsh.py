"""What is zsh's alone: its plugins, its traps, its other widgets, and what sourcing costs."""

import subprocess
import sys
from pathlib import Path

import pytest
from shell_kinds import ZSH, ShellKind
from terminal import OpenShell, Terminal, wait_for
from user_home import SUPPORT, Home, Script, need, need_program

from caro_shell.prompt import explanation_request, fix_request

SCRIPT = SUPPORT.parent.parent / "shell" / "caro.zsh"
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
    home = script.directory.parent
    wait_for(lambda: (home / "ticks").exists() and len((home / "ticks").read_text()) > 1, terminal.screen)
    script.open_gate("go")
    terminal.line_becomes(COMMAND)


# --- Enter, and those who have made it theirs ------------------------------------------------------------------------


def enter(terminal: Terminal, text: str) -> None:
    """Type a line, see it, and press Enter: a line that was never on the screen counts as pasted."""
    terminal.type(text)
    terminal.see(text)
    terminal.press("Enter")


@pytest.mark.parametrize("order", ["before", "after"])
def test_enter_with_autosuggestions_and_syntax_highlighting(open_shell: OpenShell, script: Script, order: str) -> None:
    """No suggestion stays behind a line that runs, or behind a request."""
    terminal = open_shell(**{order: sourced("zsh-autosuggestions", "zsh-syntax-highlighting")})
    enter(terminal, "echo one two three")
    terminal.see("\none two three\n>")
    terminal.type("echo one")
    terminal.see("> echo one two three", last=True)
    terminal.press("Enter")
    screen = terminal.see("\none\n>")
    assert screen.endswith("> echo one\none\n>")
    enter(terminal, "# the first request")
    terminal.line_becomes("echo the first request")
    terminal.press("C-u")
    script.say("the", {"wait": "go"}, COMMAND)
    enter(terminal, "# the")
    script.happened("waiting go")
    terminal.see("> # the  … thinking", last=True)
    script.open_gate("go")
    terminal.line_becomes(COMMAND)


def test_a_suggestion_survives_an_explanation(open_shell: OpenShell, script: Script) -> None:
    """What another plugin shows behind the line is back when the explanation goes."""
    terminal = open_shell(after=sourced("zsh-autosuggestions"))
    script.say(explanation_request("echo one"), "It prints one.")
    enter(terminal, "echo one two three")
    terminal.see("\none two three\n>")
    terminal.type("echo one")
    terminal.see("> echo one two three", last=True)
    terminal.press("M-g")
    terminal.see("It prints one.")
    terminal.press("Right")
    terminal.see_gone("It prints one.")
    terminal.line_becomes("echo one two three")


WRAPPERS = {
    "accept-line made new": "accept-line() { [[ -o extended_glob ]] && BUFFER+=' wrapped'; zle .accept-line }\n"
    "zle -N accept-line",
    "a widget on the key": "theirs() { [[ -o extended_glob ]] && BUFFER+=' wrapped'; zle accept-line }\n"
    "zle -N theirs; bindkey '^M' theirs",
}


@pytest.mark.parametrize("order", ["before", "after"])
@pytest.mark.parametrize("way", WRAPPERS)
def test_whoever_has_enter_is_called(open_shell: OpenShell, script: Script, way: str, order: str) -> None:
    """A plugin's own Enter runs for every line but a request, and finds the user's options."""
    terminal = open_shell(**{order: f"setopt extended_glob\n{WRAPPERS[way]}"})
    enter(terminal, "echo it is")
    terminal.see("\nit is wrapped\n>")
    script.say(REQUEST, COMMAND)
    enter(terminal, f"# {REQUEST}")
    terminal.line_becomes(COMMAND)


def test_enter_that_types_text_is_left_alone(open_shell: OpenShell) -> None:
    """A macro on Enter (bindkey -s) is no widget to be called; it goes on as it was."""
    terminal = open_shell(before="bindkey -s '^M' ' typed^J'")
    enter(terminal, "echo it is")
    terminal.see("\nit is typed\n>")


def test_enter_in_a_history_search_runs_the_line(terminal: Terminal, script: Script) -> None:
    """Ctrl-R, a few letters, Enter: found and run, as ever."""
    enter(terminal, "echo before")
    terminal.see("before\n>")
    terminal.press("C-r")
    terminal.type("bef")
    terminal.see("bck-i-search: bef")
    terminal.press("Enter")
    terminal.see("> echo before\nbefore\n> echo before\nbefore\n>")
    assert script.events() == []


def test_enter_in_a_menu_takes_the_choice(open_shell: OpenShell, home: Home) -> None:
    """In a completion menu Enter ends the menu and runs nothing."""
    terminal = open_shell(before="autoload -Uz compinit && compinit -D\nzstyle ':completion:*' menu select")
    for name in ("file-one", "file-two"):
        (home.path / name).touch()
    enter(terminal, f"cd {home.path}")
    terminal.line_becomes("")
    terminal.type("echo file-")
    terminal.press("Tab")
    terminal.see("file-two")
    terminal.press("Tab", "Tab")
    terminal.press("Enter")
    wait_for(lambda: terminal.line().text.strip() in {"echo file-one", "echo file-two"}, terminal.screen)


def test_the_last_line_of_a_pasted_block_asks_nothing(open_shell: OpenShell, script: Script) -> None:
    """A comment that was never on the screen before its Enter was not typed by hand."""
    terminal = open_shell(before="setopt interactive_comments")
    terminal.type("# a comment\necho it ran\n# another one\n")
    terminal.see("\nit ran\n")
    terminal.line_becomes("")
    assert script.events() == []


def test_vared_keeps_its_enter(terminal: Terminal, script: Script) -> None:
    """A variable that is edited may begin with a # too."""
    enter(terminal, "word=; vared -p 'word: ' word; print -r got $word")
    terminal.see("\nword:")
    terminal.type("# a value")
    terminal.see("word: # a value")
    terminal.press("Enter")
    terminal.see("got # a value")
    assert script.events() == []


# --- other widgets and traps -----------------------------------------------------------------------------------------


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
    script.say(explanation_request("ls"), "It lists files.")
    terminal.type("ls")
    terminal.press("M-g")
    terminal.see("It lists files.")
    terminal.press("C-c")
    terminal.see_gone("It lists files.")
    assert terminal.line() == ("ls", 2)
    assert "trapped" not in terminal.screen()
    terminal.press("C-c")
    terminal.see("trapped")


def test_an_explanation_without_job_control(open_shell: OpenShell, script: Script) -> None:
    """Ctrl-C reaches the shell as well then, and costs nothing either."""
    terminal = open_shell(after="setopt no_monitor")
    script.say(explanation_request("ls"), "It lists files.")
    terminal.type("ls")
    terminal.press("M-g")
    terminal.see("It lists files.")
    terminal.press("C-c")
    terminal.see_gone("It lists files.")
    assert terminal.line() == ("ls", 2)


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


# --- keys ------------------------------------------------------------------------------------------------------------


def test_a_longer_key_of_somebody_is_seen(open_shell: OpenShell) -> None:
    """fzf-git binds sequences that begin with Ctrl-G: taking the key would make each of them wait."""
    told = "caro: Ctrl-G is taken by fzf-git (fzf-git-files-widget). Set CARO_KEY to another key (CARO_KEY='ctrl-x g')"
    theirs = "theirs() { LBUFFER+=theirs }; zle -N fzf-git-files-widget theirs; bindkey '^G^F' fzf-git-files-widget"
    terminal = open_shell(before=theirs, says=told)
    terminal.press("C-g", "C-f")
    terminal.line_becomes("theirs")


def test_a_key_in_a_keymap_that_nobody_uses_is_no_matter(open_shell: OpenShell, script: Script) -> None:
    """Only the owner in the user's own keymap is named."""
    terminal = open_shell(before="x() { }; zle -N x; bindkey -M viins '^G' x; bindkey -e")
    script.say(REQUEST, COMMAND)
    terminal.type(REQUEST)
    terminal.press("C-g")
    terminal.line_becomes(COMMAND)
    assert "is taken by" not in terminal.screen()


def test_the_users_own_choice_for_the_key_is_left(open_shell: OpenShell) -> None:
    """Also a widget of zsh's, when somebody has put it on Ctrl-G."""
    terminal = open_shell(before="bindkey '^G' backward-kill-word", says="caro: Ctrl-G is taken by backward-kill-word.")
    terminal.type("echo gone")
    terminal.press("C-g")
    terminal.line_becomes("echo ")


def test_a_comment_behind_the_command_needs_an_option(open_shell: OpenShell, script: Script) -> None:
    """Without it zsh would run the comment: nothing is added, and that is said once."""
    terminal = open_shell(before="CARO_KEEP_REQUEST=comment")
    script.say(REQUEST, COMMAND)
    terminal.type(REQUEST)
    terminal.press("C-g")
    terminal.line_becomes(COMMAND)
    terminal.see("caro: keep_request=comment needs: setopt interactive_comments")
    terminal.press("C-u")
    terminal.type("another")
    terminal.press("C-g")
    terminal.line_becomes("echo another")
    assert "keep_request" not in terminal.screen()


# --- options, aliases, sourcing --------------------------------------------------------------------------------------


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


# --- the entry for plugin managers -----------------------------------------------------------------------------------

PLUGIN = SUPPORT.parent.parent / "caro-shell.plugin.zsh"
FIND = f"source {PLUGIN}; source {PLUGIN}; print -r -- ${{CARO_PYTHON-}}; print -r -- ${{+functions[_caro_load]}}"
# pip starts an interpreter with a long path through /bin/sh; Python takes the line for a string.
THROUGH_SH = """#!/bin/sh\n'''exec' '{}' "$0" "$@"\n' '''"""


def sourced_plugin(home: Home, *lines: str) -> tuple[list[str], str]:
    """Return the interpreter it found, whether caro was loaded, and what it said."""
    need_program("zsh")
    words = ["zsh", "-f", "-i", "-c", "\n".join((*lines, FIND))]
    done = subprocess.run(words, env=home.environ, capture_output=True, text=True, check=True)
    return done.stdout.split("\n")[:2], done.stderr


def program(path: Path, *lines: str) -> Path:
    """Write a file that can be run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([*lines, ""]))
    path.chmod(0o755)
    return path


def test_the_plugin_takes_the_interpreter_it_is_told(home: Home) -> None:
    """CARO_PYTHON, set before, is what runs."""
    assert sourced_plugin(home, "CARO_PYTHON=/bin/sh") == (["/bin/sh", "1"], "")


def test_the_plugin_finds_the_environment_that_caro_is_in(home: Home) -> None:
    """A link on PATH to a program of a virtual environment leads to the interpreter beside it."""
    python = program(home.path / "venv" / "bin" / "python")
    caro = program(home.path / "venv" / "bin" / "caro", "#!/bin/sh")
    (home.path / "venv" / "pyvenv.cfg").touch()
    (home.path / "bin").mkdir()
    (home.path / "bin" / "caro").symlink_to(caro)
    assert sourced_plugin(home, f"path=({home.path}/nowhere {home.path}/bin /bin)") == ([str(python), "1"], "")


@pytest.mark.parametrize("first", ["#!{}", "#!{} -I", THROUGH_SH], ids=["plain", "with an option", "through sh"])
def test_the_plugin_reads_the_first_line_of_caro(home: Home, first: str) -> None:
    """Elsewhere the interpreter is the one that `caro` names itself."""
    python = program(home.path / "elsewhere" / "python3.12")
    program(home.path / "bin" / "caro", first.format(python), "import sys")
    assert sourced_plugin(home, f"path=({home.path}/bin /bin)") == ([str(python), "1"], "")


def test_the_plugin_says_once_that_there_is_no_interpreter(home: Home) -> None:
    """A `caro` that is no Python program: one sentence, nothing is loaded, nothing is started."""
    program(home.path / "bin" / "caro", "#!/bin/sh", f"touch {home.path}/started")
    found, said = sourced_plugin(home, f"path=({home.path}/bin)")
    assert found == ["", "0"]
    assert said == "caro: no `caro` with a Python interpreter is on PATH. Run ./install.sh, or set CARO_PYTHON.\n"
    assert not (home.path / "started").exists()


def test_the_key_works_by_way_of_the_plugin(home: Home, script: Script, kind: ShellKind) -> None:
    """What a plugin manager sources is all that is needed."""
    rc = home.path / "rc"
    rc.write_text(f"{kind.rc.read_text()}\nCARO_PYTHON={sys.executable}\nsource {PLUGIN}\n")
    script.say(REQUEST, COMMAND)
    with Terminal(kind.argv, home.environ) as terminal:
        terminal.type(f" source {rc}; clear; echo ready")
        terminal.press("Enter")
        terminal.see("ready\n>")
        terminal.type(REQUEST)
        terminal.press("C-g")
        terminal.line_becomes(COMMAND)
