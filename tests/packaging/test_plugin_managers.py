"""The entries for plugin managers, put where each manager puts them; the program is the one of the installed wheel."""

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from distributions import TREE, Environment, install, sdist_and_wheel
from user_home import Home, need_program

PLUGIN = "caro-shell.plugin.zsh"
LOADED = "print -r -- $CARO_PYTHON ${+functions[_caro_load]} ${functions_source[_caro_load]}"


@dataclass(frozen=True)
class User:
    """A home, and a `caro` on PATH that came as a wheel."""

    home: Path
    environ: dict[str, str]
    environment: Environment

    def run(self, *words: str) -> list[str]:
        """Return what a shell prints, which says nothing else."""
        done = subprocess.run(words, env=self.environ, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
        return done.stdout.split()


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """One environment for the tests of this file."""
    return install(sdist_and_wheel()[1], tmp_path_factory.mktemp("plugins") / "venv")


@pytest.fixture
def user(home: Home, environment: Environment) -> User:
    """Somebody with `caro` on PATH by a link, as pipx and uv make one."""
    (home.path / "bin").mkdir()
    (home.path / "bin" / "caro").symlink_to(environment.caro)
    path = f"{home.path}/bin:{home.environ['PATH']}"
    return User(home.path, {**home.environ, "PATH": path}, environment)


def oh_my_zsh(user: User) -> str:
    """A link in the directory of custom plugins, whose file is sourced by its own name."""
    custom = user.home / ".oh-my-zsh" / "custom" / "plugins" / "caro-shell"
    custom.parent.mkdir(parents=True)
    custom.symlink_to(TREE)
    return f"source {custom / PLUGIN}"


def zinit(_user: User) -> str:
    """Sourced inside a function, with options of the manager's own."""
    return f"load() {{ emulate -LR zsh; setopt extendedglob warncreateglobal; builtin source {TREE / PLUGIN} }}; load"


def antidote(user: User) -> str:
    """A static file that adds the directory to fpath and sources the plugin."""
    static = user.home / ".zsh_plugins.zsh"
    static.write_text(f"fpath+=( {TREE} )\nsource {TREE / PLUGIN}\n")
    return f"source {static}"


@pytest.mark.parametrize("manager", [oh_my_zsh, zinit, antidote], ids=lambda manager: manager.__name__)
def test_a_zsh_manager_loads_the_key(user: User, manager: Callable[[User], str]) -> None:
    """The interpreter is that of the `caro` on PATH, the script that of the plugin; nothing is printed."""
    need_program("zsh")
    found = user.run("zsh", "-f", "-i", "-c", f"{manager(user)}; {LOADED}")
    assert found[:2] == [str(user.environment.python), "1"]
    assert Path(found[2]).is_relative_to(TREE / "shell")


def test_fisher_copies_the_entry_alone(user: User) -> None:
    """What it has copied finds the script in the package of the `caro` on PATH."""
    need_program("fish")
    conf_d = user.home / ".config" / "fish" / "conf.d"
    conf_d.mkdir(parents=True)
    shutil.copy(TREE / "conf.d" / "caro-shell.fish", conf_d)
    tell = "echo $CARO_PYTHON; functions -q _caro_load; and echo loaded; functions -D _caro_load"
    found = user.run("fish", "--interactive", "--command", tell)
    assert found[:2] == [str(user.environment.python), "loaded"]
    assert Path(found[2]).is_relative_to(user.environment.root)
