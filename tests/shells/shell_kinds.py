"""The shells of the contract suite: how each is started, what it sources, and its keys."""

from pathlib import Path
from typing import NamedTuple


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

    @property
    def rc(self) -> Path:
        """The test's own settings: a prompt, and a key that dumps the line."""
        return Path(__file__).parent / f"rc.{self.name}"

    def set(self, variable: str, value: str) -> str:
        """Return the line of rc that sets a variable."""
        return f"set -g {variable} '{value}'" if self.name == "fish" else f"{variable}='{value}'"


ZSH = ShellKind(
    name="zsh",
    argv=("zsh", "-f", "-i"),
    undo="C-_",
    vi_mode="bindkey -v",
    source="source",
    strict="setopt err_exit no_unset warn_create_global warn_nested_var ksh_arrays sh_word_split no_rcs",
)
BASH = ShellKind(
    name="bash",
    argv=("bash", "--norc", "--noprofile", "-i"),
    undo="C-_",
    vi_mode="set -o vi",
    source="source",
    strict="set -eu",
)
FISH = ShellKind(
    name="fish",
    argv=("fish", "--no-config", "-i"),
    undo="C-z",
    vi_mode="fish_vi_key_bindings",
    source="source",
    strict="true",
)
KINDS = (ZSH, BASH, FISH)
