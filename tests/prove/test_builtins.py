"""The shells' builtins are data; the shells here are asked whether it is true."""

import subprocess

import pytest
from user_home import need_program

from caro_shell.prompt import SHELLS
from caro_shell.prove.names import builtins_of

ASK = {
    "bash": ["bash", "--norc", "--noprofile", "-c", "compgen -b; compgen -k"],
    "zsh": ["zsh", "-f", "-c", "print -rl -- ${(k)builtins} ${(k)reswords}"],
    "fish": ["fish", "--no-config", "-c", "builtin -n"],
}
# fish translates its own messages with it.
UNSAID = {"_"}


@pytest.mark.parametrize("shell", SHELLS)
def test_what_a_shell_runs_itself_is_known(shell: str) -> None:
    """All of it."""
    need_program(shell)
    said = subprocess.run(ASK[shell], capture_output=True, text=True, check=True).stdout.split()
    assert set(said) - UNSAID <= builtins_of(shell)
