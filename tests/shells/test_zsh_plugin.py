"""The entry for plugin managers, caro-shell.plugin.zsh."""

import subprocess
import sys
from pathlib import Path

import pytest
from shell_kinds import ZSH, ShellKind
from terminal import Terminal
from user_home import SUPPORT, Home, Script, need_program

REQUEST = "show the five largest files here"
COMMAND = "du -a . | sort -rn | head -n 5"
PLUGIN = SUPPORT.parent.parent / "caro-shell.plugin.zsh"
FIND = f"source {PLUGIN}; source {PLUGIN}; print -r -- ${{CARO_PYTHON-}}; print -r -- ${{+functions[_caro_load]}}"
# pip starts an interpreter with a long path through /bin/sh; Python takes the line for a string.
THROUGH_SH = """#!/bin/sh\n'''exec' '{}' "$0" "$@"\n' '''"""


@pytest.fixture
def kind() -> ShellKind:
    """Only zsh, here."""
    need_program("tmux")
    need_program("zsh")
    return ZSH


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
