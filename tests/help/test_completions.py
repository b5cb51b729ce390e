"""The Tab behind `caro`, pressed in real shells: verbs, options, models, settings, files, and names that are kept."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from shell_kinds import KINDS, ShellKind, init_lines, need_shell
from terminal import OpenShell, Terminal, wait_for
from user_home import Home, need_program

# zsh has completions only where its user asks for them.
_BEFORE = {"zsh": "autoload -Uz compinit && compinit -D -u"}


@pytest.fixture(params=KINDS, ids=[kind.name for kind in KINDS])
def kind(request: pytest.FixtureRequest) -> ShellKind:
    """Each shell in turn; one that is missing skips, and fails in CI."""
    return need_shell(request.param)


@pytest.fixture
def open_completing(kind: ShellKind, home: Home) -> Iterator[OpenShell]:
    """A shell with caro loaded by its init lines, `before` them whatever a test wants there."""
    # fish completes no command that it does not find.
    home.environ["PATH"] = f"{Path(sys.executable).parent}:{home.environ['PATH']}"
    with ExitStack() as stack:

        def opened(before: str = "") -> Terminal:
            rc = home.path / f"rc.{kind.name}"
            rc.write_text(f"{kind.rc.read_text()}\n{before}\n{init_lines(kind.name, home)}\n")
            terminal = stack.enter_context(Terminal(kind.argv, home.environ))
            terminal.type(f" {kind.source} {rc}; cd {home.path}; clear; echo ready")
            terminal.press("Enter")
            terminal.see("ready\n>")
            return terminal

        yield opened


def tab_completes(terminal: Terminal, typed: str, line: str) -> None:
    """Type, press Tab, and see the line become another; then empty it."""
    terminal.type(typed)
    terminal.press("Tab")
    # Which blanks stand behind a word that is the only one is the shell's own affair.
    wait_for(lambda: terminal.line().text.rstrip() == line, terminal.screen)
    terminal.press("C-e", "C-u")
    terminal.line_becomes("")


def test_tab_completes_what_caro_takes(open_completing: OpenShell, kind: ShellKind, home: Home) -> None:
    """One shell, many places: verbs and verbs below them, options and their values, models, settings, files, names."""
    (home.path / "weights-of-mine.gguf").touch()
    (home.path / "bundle-of-models").mkdir()
    config = home.path / ".config" / "caro"
    config.mkdir(parents=True)
    (config / "abbreviations").write_text("# kept\nbiggest\tdu -a . | sort -rn\ngs\tgit status\n")
    terminal = open_completing(_BEFORE.get(kind.name, ""))
    for typed, line in (
        ("caro mod", "caro models"),
        ("caro models req", "caro models requantize"),
        ("caro --bat", "caro --batch"),
        ("caro models pull --no-l", "caro models pull --no-last-resort"),
        ("caro models pull --source ind", "caro models pull --source index"),
        ("caro init fi", "caro init fish"),
        ("caro models use smal", "caro models use small"),
        ("caro models requantize small:q6", "caro models requantize small:q6_k"),
        ("caro models requantize tiny q4", "caro models requantize tiny q4_0"),
        ("caro config get base", "caro config get base_url"),
        ("caro models pull --from weights-", "caro models pull --from weights-of-mine.gguf"),
        ("caro models import bundle-", "caro models import bundle-of-models/"),
        ("caro abbr rm big", "caro abbr rm biggest"),
    ):
        tab_completes(terminal, typed, line)


def test_a_request_is_left_alone(open_completing: OpenShell, kind: ShellKind) -> None:
    """Behind words that are no verb nothing is offered: neither a verb nor a file."""
    terminal = open_completing(_BEFORE.get(kind.name, ""))
    terminal.type("caro please mod")
    terminal.press("Tab")
    terminal.type("!")
    terminal.line_becomes("caro please mod!")


def test_the_users_own_completion_stays(open_completing: OpenShell, kind: ShellKind) -> None:
    """Whoever completes `caro` already goes on doing so."""
    own = {
        "zsh": f"{_BEFORE['zsh']}; _own() {{ compadd own-word }}; compdef _own caro",
        "bash": "complete -W own-word caro",
        "fish": "complete -c caro -f -a own-word",
    }
    terminal = open_completing(own[kind.name])
    tab_completes(terminal, "caro own", "caro own-word")


def test_compinit_may_come_after_caro(home: Home) -> None:
    """zsh: plugin managers run it late, some after the first prompt."""
    need_program("tmux")
    need_program("zsh")
    kind = KINDS[0]
    rc = home.path / "rc.zsh"
    rc.write_text(f"{kind.rc.read_text()}\n{init_lines('zsh', home)}\n")
    with Terminal(kind.argv, home.environ) as terminal:
        terminal.type(f" source {rc}; clear; echo ready")
        terminal.press("Enter")
        terminal.see("ready\n>")
        terminal.type(f"{_BEFORE['zsh']}; clear; echo late")
        terminal.press("Enter")
        terminal.see("late\n>")
        tab_completes(terminal, "caro unin", "caro uninstall")
