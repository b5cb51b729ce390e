"""Neighbours: the prompts, hooks and keys of others, loaded before and after caro. docs/shells.md has what was seen.

fzf is real and installed; the others here stand for a kind: what they do to a line editor is what starship, atuin,
zsh-vi-mode and their like do. The real ones are tried when CARO_TEST_NEIGHBOURS names a directory: every NAME.zsh,
NAME.bash and NAME.fish in it is what a user's rc file would source to have NAME.
"""

import os
import re
from pathlib import Path
from typing import NamedTuple

import pytest
from shell_kinds import BASH, FISH, KINDS, ZSH, ShellKind
from terminal import OpenShell, Terminal, wait_for
from user_home import Home, Script, need, need_program

from caro_shell.prompt import fix_request, refinement_request

REQUEST = "show the five largest files here"
COMMAND = "du -a . | sort -rn"
FIRST_ROW = "a row of the prompt"
FZF = "/usr/share/doc/fzf/examples/key-bindings"


class Neighbour(NamedTuple):
    """Somebody else's lines in the rc file of one kind of shell."""

    name: str
    kind: ShellKind
    lines: str


ZSH_MANY_ROWS = f"""
setopt prompt_subst; PROMPT='{FIRST_ROW}'$'\\n''$(print -rn -- ">") '; RPROMPT='$(print -rn -- right)'
zle-keymap-select() {{ zle reset-prompt }}; zle -N zle-keymap-select
"""
# As oh-my-zsh's: the hooks of the line editor are theirs, with names that know of nobody else.
ZSH_HOOKS = """
zle-line-init() { zle reset-prompt; zle -R }; zle -N zle-line-init
zle-line-finish() { print -n '' }; zle -N zle-line-finish
autoload -Uz url-quote-magic bracketed-paste-magic
zle -N self-insert url-quote-magic; zle -N bracketed-paste bracketed-paste-magic
bindkey ' ' magic-space; bindkey -s '\\el' 'ls\\n'
setopt prompt_subst interactive_comments share_history hist_verify
"""
# As zsh-vi-mode's: nothing is done until the first prompt; then hooks are wrapped, and lists of theirs made anew.
ZSH_LATE = """
zvm_after_init_commands=()
late_wrap() {
  local -a known=($(zle -l -L $1))
  (( $#known == 4 )) && eval "late_$1() { ${known[4]}; $2 }" || eval "late_$1() { $2 }"
  zle -N $1 late_$1
}
late_precmd() {
  precmd_functions=(${precmd_functions:#late_precmd})
  late_wrap zle-line-init 'zle vi-insert; zle reset-prompt'
  late_wrap zle-line-pre-redraw 'print -n'
  bindkey -v
  bindkey -M viins '^_' undo '^U' backward-kill-line '^R' history-incremental-search-backward
  local command; for command in $zvm_after_init_commands; do eval $command; done
}
precmd_functions+=(late_precmd)
"""
# As zsh-history-substring-search and old highlighters: a function around every widget that is there, which removes all
# highlights.
ZSH_WRAPS = """
zmodload zsh/zleparameter
for name in ${(k)widgets}; do
  case $name:$widgets[$name] in
    ([._]*|orig-*|which-command:*|run-help:*|*:completion:*) continue ;;
    (*:builtin) before=.$name ;;
    (*) before=orig-$name; zle -A $name $before ;;
  esac
  eval "theirs-$name() { zle $before -- \\"\\$@\\" && region_highlight=() }"
  zle -N $name theirs-$name
done
"""
BASH_MANY_ROWS = f"""
PS1='\\[\\e[32m\\]{FIRST_ROW}\\[\\e[0m\\]\\n\\[\\e[1m\\]> \\[\\e[0m\\]'
"""
BASH_ARRAY = """
PROMPT_COMMAND=("${PROMPT_COMMAND[@]}" 'theirs=$?' 'false')
"""
# What many write to share a history between terminals.
BASH_HISTORY = """
HISTCONTROL=ignoreboth:erasedups
PROMPT_COMMAND="history -a; history -c; history -r${PROMPT_COMMAND:+; $PROMPT_COMMAND}"
"""
# As starship's: whoever was in PROMPT_COMMAND is called from it, and finds that the command went well.
BASH_TAKES_PROMPT_COMMAND = """
theirs_before="$PROMPT_COMMAND"
theirs() { local status=$?; eval "$theirs_before"; PS1='> '; }
PROMPT_COMMAND=theirs
PS0='${theirs_time:$((theirs_time=SECONDS,0)):0}'
"""
# As bash-preexec's, which atuin needs: what runs is told by the DEBUG trap, but not what a key runs.
BASH_DEBUG = """
preexec_file=$HOME/preexec theirs_armed=
theirs_debug() {
  [[ -z ${READLINE_POINT+is set} && -n $theirs_armed && $BASH_COMMAND != theirs_* ]] || return 0
  theirs_armed=
  HISTTIMEFORMAT='' builtin history 1 >>"$preexec_file"
}
trap 'theirs_debug' DEBUG
PROMPT_COMMAND="${PROMPT_COMMAND:+$PROMPT_COMMAND; }theirs_armed=1"
"""
FISH_MANY_ROWS = f"""
function fish_prompt; printf '%s\\n> ' '{FIRST_ROW}'; end
function fish_right_prompt; printf right; end
"""
FISH_HOOKS = """
function theirs_before --on-event fish_preexec; set -g theirs_ran $argv[1]; end
function theirs_after --on-event fish_postexec; false; end
function theirs_prompt --on-event fish_prompt; false; end
"""
STAND_INS = [
    Neighbour("many-rows", ZSH, ZSH_MANY_ROWS),
    Neighbour("hooks", ZSH, ZSH_HOOKS),
    Neighbour("late", ZSH, ZSH_LATE),
    Neighbour("wraps", ZSH, ZSH_WRAPS),
    Neighbour("many-rows", BASH, BASH_MANY_ROWS),
    Neighbour("array", BASH, BASH_ARRAY),
    Neighbour("history", BASH, BASH_HISTORY),
    Neighbour("takes-prompt-command", BASH, BASH_TAKES_PROMPT_COMMAND),
    Neighbour("debug", BASH, BASH_DEBUG),
    Neighbour("many-rows", FISH, FISH_MANY_ROWS),
    Neighbour("hooks", FISH, FISH_HOOKS),
]
FZFS = [Neighbour("fzf", kind, "") for kind in KINDS]


def real_ones() -> list[Neighbour]:
    """Return what is in CARO_TEST_NEIGHBOURS; nothing without it."""
    directory = os.environ.get("CARO_TEST_NEIGHBOURS", "")
    kinds = {f".{kind.name}": kind for kind in KINDS}
    found = sorted(Path(directory).iterdir()) if directory else []
    return [Neighbour(file.stem, kinds[file.suffix], f"source '{file}'") for file in found if file.suffix in kinds]


def fzf_lines(kind: ShellKind) -> str:
    """Return the line that gives a shell the keys of fzf, as its packages say; skips (fails in CI) without it."""
    need_program("fzf")
    file = Path(f"{FZF}.{kind.name}")
    if file.exists():
        return f"source {file}" + ("; fzf_key_bindings" if kind == FISH else "")
    if Path("/usr/share/fish/vendor_functions.d/fzf_key_bindings.fish").exists() and kind == FISH:
        return "fzf_key_bindings"
    need(f"the keys of fzf for {kind.name} are not installed")
    return ""


def beside(*neighbours: Neighbour) -> pytest.MarkDecorator:
    """Run a test for each neighbour, loaded before and after caro."""
    return pytest.mark.parametrize(
        ("neighbour", "order"),
        [
            pytest.param(one, order, id=f"{one.kind.name}-{one.name}-{order}")
            for one in neighbours
            for order in ("before", "after")
        ],
    )


@pytest.fixture
def kind(neighbour: Neighbour) -> ShellKind:
    """The neighbour's shell."""
    need_program("tmux")
    need_program(neighbour.kind.argv[0])
    return neighbour.kind


@pytest.fixture
def terminal(open_shell: OpenShell, neighbour: Neighbour, order: str) -> Terminal:
    """A shell with both; the prompt may be anybody's."""
    lines = fzf_lines(neighbour.kind) if neighbour.name == "fzf" else neighbour.lines
    terminal = open_shell(**{order: lines}, says="")
    terminal.line_becomes("")
    return terminal


def run(terminal: Terminal, command: str) -> None:
    """Type a command, see it, run it, and wait for the next prompt."""
    terminal.type(command)
    terminal.see(command)
    press_enter(terminal)
    terminal.line_becomes("")


def press_enter(terminal: Terminal) -> None:
    """Press Enter and wait until it shows; a key that comes at once would make a pasted line of it."""
    before = terminal.screen()
    terminal.press("Enter")
    wait_for(lambda: terminal.screen() != before, terminal.screen)


def first_rows(terminal: Terminal) -> int:
    """Return how many prompts of several rows are on the screen."""
    return terminal.screen().count(FIRST_ROW)


@beside(*STAND_INS, *FZFS, *real_ones())
def test_the_key_beside_a_neighbour(terminal: Terminal, script: Script, kind: ShellKind) -> None:
    """Status, ghost text, the answer and its one undo; typing and Ctrl-C while waiting. The prompt is where it was."""
    rows = first_rows(terminal)
    script.say(REQUEST, "du -a .", {"wait": "go"}, " | sort -rn")
    terminal.type(REQUEST)
    terminal.press("C-g")
    terminal.see("→ du -a .")
    assert first_rows(terminal) == rows, terminal.screen()
    script.open_gate("go")
    assert terminal.line_becomes(COMMAND).cursor == len(COMMAND)
    assert "→" not in terminal.screen()
    terminal.press(kind.undo)
    terminal.line_becomes(REQUEST)
    assert first_rows(terminal) == rows, terminal.screen()
    script.say(f"{REQUEST} now", {"wait": "more"}, COMMAND)
    terminal.type(" now")
    terminal.press("C-g")
    script.happened("waiting more")
    terminal.type(", please")
    script.open_gate("more")
    terminal.see(f"→ {COMMAND}   (once more to take it)")
    assert terminal.line().text == f"{REQUEST} now, please"
    terminal.press("C-g")
    terminal.line_becomes(COMMAND)
    terminal.press("C-u")
    terminal.line_becomes("")
    script.say("another thing", {"wait": "never"}, COMMAND)
    terminal.type("another thing")
    terminal.press("C-g")
    script.happened("waiting never")
    terminal.press("C-c")
    script.happened("cancelled another thing")
    assert terminal.line().text == "another thing"
    assert first_rows(terminal) == rows, terminal.screen()


@beside(*STAND_INS, *FZFS, *real_ones())
def test_enter_beside_a_neighbour(terminal: Terminal, script: Script, kind: ShellKind) -> None:
    """A request by Enter, every other Enter as ever, the status of what ran, and a fix of it; then explain."""
    script.say(REQUEST, f"echo got {kind.status}")
    run(terminal, "sh -c 'exit 7'")
    terminal.type(f"# {REQUEST}")
    terminal.see(f"# {REQUEST}")
    press_enter(terminal)
    terminal.line_becomes(f"echo got {kind.status}")
    press_enter(terminal)
    terminal.see("\ngot 7\n")
    terminal.line_becomes("")
    script.say(fix_request("sh -c 'exit 3'", 3, []), COMMAND)
    run(terminal, "sh -c 'exit 3'")
    terminal.press("C-g")
    terminal.line_becomes(COMMAND)
    script.say("Do not write a command this time*", "It sorts the sizes.")
    terminal.press("M-g")
    terminal.see("It sorts the sizes.")
    terminal.type("X")
    terminal.see_gone("It sorts the sizes.")
    assert terminal.line() == (f"{COMMAND}X", len(COMMAND) + 1)


@beside(*(one for one in STAND_INS if one.name == "debug"))
def test_hooks_are_told_what_runs_and_nothing_else(terminal: Terminal, script: Script, home: Home) -> None:
    """A neighbour that listens for commands hears of those that the user ran, not of what keys do."""
    told = home.path / "preexec"
    run(terminal, "true first")
    script.say(REQUEST, COMMAND)
    terminal.type(f"# {REQUEST}")
    terminal.see(f"# {REQUEST}")
    press_enter(terminal)
    terminal.line_becomes(COMMAND)
    terminal.press("C-u")
    run(terminal, "true second")
    heard = [re.sub(r"^ *\d+[* ] ", "", line) for line in told.read_text().splitlines()]
    assert heard[-2:] == ["true first", "true second"]


def open_search(terminal: Terminal) -> None:
    """Press Ctrl-R and wait for fzf, which says how much it has found."""
    terminal.press("C-r")
    wait_for(lambda: re.search(r"\d+/\d+", terminal.screen()), terminal.screen)


@beside(*FZFS)
def test_the_history_search_of_fzf(terminal: Terminal, script: Script) -> None:
    """Ctrl-R, found, Enter: the line is there, and the key works on it; Ctrl-G in the search leaves it, no more."""
    run(terminal, "echo before one")
    open_search(terminal)
    terminal.type("before")
    wait_for(lambda: re.search(r"^ +1/\d+", terminal.screen(), re.MULTILINE), terminal.screen)
    terminal.press("Enter")
    terminal.line_becomes("echo before one")
    script.say(refinement_request("", "echo before one", "twice"), "echo before two")
    terminal.type(" # twice")
    terminal.press("C-g")
    terminal.line_becomes("echo before two")
    open_search(terminal)
    terminal.press("C-g")
    terminal.line_becomes("echo before two")
    assert [event for event in script.events() if event.startswith("ask")] == ["ask echo before one\\n# twice"]


@beside(*FZFS)
def test_an_answer_does_not_reach_fzf(terminal: Terminal, script: Script, home: Home, kind: ShellKind) -> None:
    """What comes while fzf is on the screen waits: nothing is typed into its search, and nothing is lost."""
    run(terminal, "echo before one")
    script.say(REQUEST, {"wait": "go"}, COMMAND)
    terminal.type(REQUEST)
    terminal.press("C-g")
    script.happened("waiting go")
    open_search(terminal)
    script.open_gate("go")
    if kind != ZSH:
        wait_for(home.has_answer, terminal.screen)
    terminal.type("X")
    terminal.see(f"{REQUEST}X")
    terminal.press("C-g")
    terminal.line_becomes(COMMAND)
