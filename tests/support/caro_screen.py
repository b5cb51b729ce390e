"""`caro` on a screen of its own, as a person has it."""

import sys
from collections.abc import Mapping
from pathlib import Path

from terminal import Terminal
from user_home import Home

MENU = "[q]uit"
# The status is seen, whoever has got a Ctrl-C, and the screen stays to be looked at.
# tmux sets TERM by itself.
_AND_STATUS = 'trap : INT; TERM="${CARO_TEST_TERM:-$TERM}" "$@"; echo "[status $?]"; exec cat'


def caro_screen(home: Home, *words: str, size: tuple[int, int] = (80, 24), more: Mapping[str, str] = {}) -> Terminal:
    """Return a terminal on which `caro` runs with `words`, and then its exit status is shown; `more` is environment."""
    environ = {**home.environ, "SHELL": "/bin/bash", **more}
    return Terminal(("sh", "-c", _AND_STATUS, "sh", sys.executable, "-m", "caro_shell", *words), environ, size)


def own_rules(home: Home) -> None:
    """Have `echo high` judged high and `echo critical` critical: nothing that a test runs may do harm."""
    rule = '[[rule]]\nid = "own-{0}"\nsays = "shouts {0}"\ncommand = "echo"\nwords = "^{0}"\nlevel = "{0}"\n'
    home.write_config()
    Path(home.path, ".config", "caro", "danger.toml").write_text(rule.format("high") + rule.format("critical"))
