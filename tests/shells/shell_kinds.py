"""The shells of the contract suite: how each is started, what it sources, and its keys."""

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from user_home import Home, need_program


class ShellKind(NamedTuple):
    """A shell as the suite sees it."""

    name: str
    argv: tuple[str, ...]
    """How it is started without any of the user's files."""
    undo: str
    """The key that undoes one change, by tmux's name."""
    vi_mode: str
    """The command that turns vi keys on."""
    source: str
    """The command that reads a file."""
    strict: str
    """The options a careful user may have set."""
    status: str
    """The variable that has the exit status of the last command."""
    search: str
    """What a history search shows on the screen."""
    ctrl_g: str
    """What the shell's own Ctrl-G leaves of the line `gone`."""
    comments: str = "true"
    """The command that lets a `#` begin a comment on the command line."""
    no_comments: str = "true"
    """The command that makes it a word like any other, where there is one."""
    below: str = "\n"
    """What is between the line and what caro shows for it."""

    @property
    def rc(self) -> Path:
        """The test's own settings: a prompt, and a key that dumps the line."""
        return Path(__file__).parent / f"rc.{self.name}"

    def set(self, variable: str, value: str) -> str:
        """Return the line of rc that sets a variable."""
        return f"set -g {variable} '{value}'" if self.name == "fish" else f"{variable}='{value}'"

    def loop(self, over: str, body: str) -> str:
        """Return a command of several lines: `body` for each `name` in `over`."""
        if self.name == "fish":
            return f"for name in {over}\n  {body}\nend"
        return f"for name in {over}; do\n  {body}\ndone"


ZSH = ShellKind(
    name="zsh",
    argv=("zsh", "-f", "-i"),
    undo="C-_",
    vi_mode="bindkey -v",
    source="source",
    strict="setopt err_exit no_unset warn_create_global warn_nested_var ksh_arrays sh_word_split no_rcs",
    status="$?",
    search="bck-i-search: ",
    ctrl_g="",
    comments="setopt interactive_comments",
    no_comments="unsetopt interactive_comments",
    below="",
)
BASH = ShellKind(
    name="bash",
    argv=("bash", "--norc", "--noprofile", "-i"),
    undo="C-_",
    vi_mode="set -o vi",
    source="source",
    strict="set -eu",
    status="$?",
    search="(reverse-i-search)`",
    ctrl_g="gone",
    no_comments="shopt -u interactive_comments",
)
FISH = ShellKind(
    name="fish",
    # The home is empty; fish's own configuration is what makes it the fish people use.
    argv=("fish", "-i", "-C", "set -g fish_greeting"),
    undo="C-z",
    vi_mode="fish_vi_key_bindings",
    source="source",
    # There are no such options; but functions of the user's may stand in the place of most builtins.
    strict="for name in printf count path commandline; function $name; end; end",
    status="$status",
    # It begins with what is on the line.
    search="search: echo",
    ctrl_g="gone",
)
# CARO_TEST_FISH=/path/of/another/fish, and so for each: the suite with another version of a shell.
KINDS = tuple(
    kind._replace(argv=(os.environ.get(f"CARO_TEST_{kind.name.upper()}", kind.argv[0]), *kind.argv[1:]))
    for kind in (ZSH, BASH, FISH)
)
ZSH, BASH, FISH = KINDS


def need_shell(kind: ShellKind) -> ShellKind:
    """Return a kind whose shell is here, and tmux beside it; else the test is skipped, and fails in CI."""
    need_program("tmux")
    need_program(kind.argv[0])
    return kind


def init_lines(shell: str, home: Home) -> str:
    """Return what `caro init` prints, as a user would put it into the rc file."""
    done = subprocess.run(
        [sys.executable, "-m", "caro_shell", "init", shell],
        env=home.environ,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout
