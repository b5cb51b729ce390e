"""Enter and the keys in zsh, where plugins have made them theirs."""

import pytest
from shell_kinds import ZSH, ShellKind
from terminal import OpenShell, Terminal, wait_for
from user_home import Home, Script, need_program
from zsh_tools import enter, sourced

REQUEST = "show the five largest files here"
COMMAND = "du -a . | sort -rn | head -n 5"


@pytest.fixture
def kind() -> ShellKind:
    """Only zsh, here."""
    need_program("tmux")
    need_program("zsh")
    return ZSH


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
    script.say("Do not write a command this time*", "It prints one.")
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
