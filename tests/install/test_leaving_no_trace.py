"""`caro setup`, and every way to leave: each file of the home is the same bytes afterwards, in the same modes."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from distributions import Environment, install, sdist_and_wheel
from machine import Machine, Tree, program
from terminal import wait_for
from user_home import SUPPORT, need_program

pytestmark = pytest.mark.install

# Where each shell's user keeps such lines, and what stood there: no UTF-8 and no last end of a line; the ends of lines
# of another system; nothing, not even the file.
ZSHRC = b"# \xe9t\xe9\nalias ll='ls -l'\nexport GREETING=hello"
BASHRC = b"alias gs='git status'\r\n\r\n"
SHELLS = {"zsh": "dotfiles/zshrc", "bash": ".bashrc", "fish": ".config/fish/config.fish"}


@dataclass
class User:
    """Somebody's machine, with an environment that has caro."""

    machine: Machine
    environment: Environment
    before: Tree

    def caro(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run the command with nobody at the terminal."""
        return self.machine.run(str(self.environment.caro), *words)

    def rc(self, shell: str) -> Path:
        """Return a shell's own file."""
        return self.machine.home / SHELLS[shell]

    @property
    def data(self) -> Path:
        """Return where caro keeps what it has fetched and noted."""
        return self.machine.home / ".local" / "share" / "caro"

    def changes(self) -> dict[str, object]:
        """Return what is different from before, by path."""
        after = self.machine.tree()
        return {
            name: after.get(name)
            for name in self.before.keys() | after.keys()
            if self.before.get(name) != after.get(name)
        }


def make_user(place: str) -> User:
    """Return a user with rc files, a cache of another program's, and caro in `place` below the machine's directory."""
    machine = Machine()
    home = machine.home
    machine.environ |= {
        "XDG_DATA_HOME": str(home / ".local" / "share"),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "CARO_ENGINE": f"{SUPPORT / 'scripted_engine.py'}:ScriptedEngine",
        "CARO_TEST_SCRIPT": str(machine.directory),
        "SHELL": "/bin/zsh",
    }
    for name in ("systemctl", "launchctl"):
        program(machine.programs / name, "exit 0")
    (home / "dotfiles").mkdir()
    (home / "dotfiles" / "zshrc").write_bytes(ZSHRC)
    (home / "dotfiles" / "zshrc").chmod(0o640)
    (home / ".zshrc").symlink_to("dotfiles/zshrc")
    (home / ".bashrc").write_bytes(BASHRC)
    (home / ".cache" / "others").mkdir(parents=True)
    (home / ".config").mkdir(mode=0o700)
    before = machine.tree()
    return User(machine, install(sdist_and_wheel()[1], machine.directory / place), before)


def by_pipx() -> User:
    """Return a user whose caro pipx has put somewhere; what says so is all that is pipx's here."""
    user = make_user("pipx/venvs/caro-shell")
    root = user.environment.root
    (root / "pipx_metadata.json").write_text("{}")
    program(user.machine.programs / "pipx", f'[ "$*" = "uninstall caro-shell" ] && mv {root} {root}.gone')
    return user


def by_the_installer() -> User:
    """Return a user whose environment is noted as install.sh notes it; that takes neither llama.cpp nor a model."""
    user = make_user("home/.local/share/caro/venv")
    bin_, root = user.machine.home / ".local" / "bin", user.environment.root
    bin_.mkdir()
    (bin_ / "caro").symlink_to(user.environment.caro)
    made = [bin_, bin_.parent, root.parent, root.parent.parent]
    notes = [f"venv {root}", f"link {bin_ / 'caro'}", *(f"dir {path}" for path in made)]
    (root.parent / "installed").write_text("\n".join([*notes, ""]))
    return user


WAYS = {
    "caro uninstall, by pipx": (by_pipx, "caro"),
    "caro uninstall, by install.sh": (by_the_installer, "caro"),
    "install.sh --uninstall": (by_the_installer, "install.sh"),
}


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> Iterator[tuple[User, str]]:
    """Each kind of installation with each of its ways out."""
    make, out = WAYS[request.param]
    user = make()
    yield user, out
    if user.environment.caro.exists():
        user.caro("daemon", "stop")
    shutil.rmtree(user.machine.directory)


@pytest.fixture
def user() -> Iterator[User]:
    """Somebody whose caro came by pipx."""
    made = by_pipx()
    yield made
    shutil.rmtree(made.machine.directory)


def leave(user: User, out: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Take everything away again."""
    if out == "caro":
        return user.caro("uninstall", *words)
    return user.machine.install("--uninstall", *words)


def use(user: User) -> int:
    """Have caro do whatever leaves something behind; return the daemon's process id."""
    assert user.caro("daemon", "install").returncode == 0
    assert user.caro("daemon", "start").returncode == 0
    state = user.machine.home / ".local" / "state" / "caro"
    for end in ("", "-wal", "-shm"):
        (state / f"learned.sqlite3{end}").touch()
    cache = user.machine.home / ".cache" / "caro" / "prefixes"
    cache.mkdir(parents=True)
    (cache / "of-a-prompt").write_bytes(b"\0" * 10)
    return int((state / "run" / "daemon.lock").read_text())


def is_gone(process: int) -> bool:
    """Tell whether a process has ended; one that nobody has reaped yet has."""
    stat = Path(f"/proc/{process}/stat")
    alive = subprocess.run(
        ["ps", "-p", str(process), "-o", "stat="], capture_output=True, text=True, check=False
    ).stdout
    return not stat.exists() if not alive else alive.startswith("Z")


def test_setting_up_and_leaving_changes_nothing(way: tuple[User, str]) -> None:
    """Three shells, a daemon that runs, a warm-up at login, caches and what was learnt: every way out undoes all of it.

    A second time, it finds nothing and says so.
    """
    user, out = way
    for shell in SHELLS:
        done = user.caro("setup", "--yes", "--shell", shell, "--model", "none")
        assert done.returncode == 0, done.stdout + done.stderr
        assert user.rc(shell).read_bytes().count(b"# >>> caro >>>") == 1
    assert user.rc("zsh").read_bytes().startswith(ZSHRC)
    assert user.rc("bash").read_bytes().startswith(BASHRC)
    daemon = use(user)
    done = leave(user, out, "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert user.changes() == {}
    wait_for(lambda: is_gone(daemon), lambda: f"for the daemon {daemon} to leave")
    assert not user.environment.root.exists()
    again = user.machine.install("--uninstall", "--yes")
    assert (again.returncode, again.stderr) == (0, "")
    assert user.changes() == {}


def test_without_a_terminal_it_says_what_to_do_and_does_nothing(user: User) -> None:
    """Neither a rc file nor a model is touched where nobody was asked, and nobody said --yes."""
    before = user.machine.tree()
    done = user.caro("setup")
    assert done.returncode == 1
    assert "  model   small, 1.12 GB, into ~/.local/share/caro/models: " in done.stdout
    assert "  shell   one marked block in ~/.zshrc, for Ctrl-G\n" in done.stdout
    assert done.stderr.endswith("If this is what you want: caro setup --yes\n")
    done = user.caro("uninstall")
    assert done.returncode == 1
    assert "caro uninstall --yes [--keep-models]" in done.stderr
    assert user.machine.tree() == before


def test_at_the_terminal_it_asks_before_each(user: User) -> None:
    """No to the first question changes nothing; no to the second prints the lines instead of writing them."""
    need_program("zsh")
    caro = [str(user.environment.caro), "setup", "--shell", "zsh", "--model", "none"]
    done = user.machine.run_at_terminal(*caro, typed="n\n")
    assert (done.returncode, done.stderr) == (1, "caro: Nothing was changed.\n")
    assert user.changes() == {}
    done = user.machine.run_at_terminal(*caro, typed="y\nn\n")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "put these lines into ~/.zshrc:" in done.stdout
    assert f"CARO_PYTHON={user.environment.python}" in done.stdout
    assert user.rc("zsh").read_bytes() == ZSHRC


def models(user: User) -> tuple[Path, Path]:
    """Put two files where models are: one that a pull has established, and one that is somebody's own."""
    directory = user.data / "models"
    directory.mkdir(parents=True, exist_ok=True)
    for name in ("pulled", "mine"):
        (directory / f"{name}.gguf").write_bytes(b"GGUF")
    (directory / "pulled.gguf.verified").write_text(json.dumps({}))
    return directory / "pulled.gguf", directory / "mine.gguf"


def test_models_go_only_when_that_was_said(user: User) -> None:
    """They are named first; kept, a later run still knows them. What no pull has put there is never deleted."""
    user.caro("setup", "--yes", "--no-rc", "--model", "none")
    pulled, mine = models(user)
    caro = [str(user.environment.caro), "uninstall"]
    done = user.machine.run_at_terminal(*caro, typed="y\nn\nn\n")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "pulled.gguf" in done.stdout.partition("Remove the models too?")[0]
    assert "mine.gguf" not in done.stdout
    assert pulled.exists()
    assert "The program itself is left: pipx uninstall caro-shell" in done.stdout
    done = user.caro("uninstall", "--yes", "--keep-models")
    assert done.returncode == 0
    assert pulled.exists()
    done = user.machine.install("--uninstall", "--yes")
    assert done.returncode == 0
    assert not pulled.exists()
    assert mine.exists()
    assert "stays: it holds models" in done.stdout


def test_what_the_user_wrote_stays_and_is_named(user: User) -> None:
    """Settings and abbreviations are theirs; so are the lines that they put around ours meanwhile."""
    user.caro("setup", "--yes", "--shell", "bash", "--model", "none")
    user.caro("config", "set", "key", "ctrl-t")
    bashrc = user.rc("bash")
    bashrc.write_bytes(b"first=1\n" + bashrc.read_bytes() + b"last=1\n")
    done = user.caro("uninstall", "--yes")
    assert done.returncode == 0, done.stderr
    assert "~/.config/caro/config.toml is yours, and stays." in done.stdout
    assert bashrc.read_bytes() == b"first=1\n" + BASHRC + b"last=1\n"
    assert set(user.changes()) == {".bashrc", ".config/caro", ".config/caro/config.toml"}


def test_a_caro_beside_the_installers_is_sent_to_that_one(user: User) -> None:
    """Two of them would take each other's lines out."""
    user.data.mkdir(parents=True)
    (user.data / "installed").write_text(f"venv {user.data}/venv\n")
    before = user.machine.tree()
    for verb in ("setup", "uninstall"):
        done = user.caro(verb, "--yes")
        assert done.returncode == 1
        assert done.stderr.startswith("caro: install.sh has put another caro into ~/.local/share/caro.\n")
        assert f"{user.data}/venv/bin/caro' {verb}" in done.stderr
    assert user.machine.tree() == before


@pytest.mark.parametrize("words", [["setup", "now"], ["setup", "--shell", "tcsh"], ["uninstall", "--purge"]])
def test_wrong_words_are_a_usage_error(user: User, words: list[str]) -> None:
    """The verbs look at them before anything else."""
    done = user.caro(*words)
    assert done.returncode == 2
    assert f"Try: caro {words[0]} --help" in done.stderr
