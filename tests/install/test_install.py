"""install.sh from beginning to end: a fresh home, the real model, and everything gone again."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from machine import REQUEST, TINY, Machine, Tree, program, tiny_weights
from user_home import need, need_program

pytestmark = pytest.mark.install

# Not UTF-8, and no end of the last line.
RC = b"# \xe9t\xe9\nalias ll='ls -l'\nexport GREETING=hello"
BASHRC = b"[[ $- == *i* ]] || return\n"
# Each shell without files of its own; what it is asked: the status, and whether caro's script has been read.
SHELLS = {
    "zsh": (["zsh", "-f", "-i"], "print $?; ((${+functions[_caro_load]})) && print loaded"),
    "bash": (["bash", "--norc", "--noprofile", "-i"], "echo $?; declare -F _caro_load >/dev/null && echo loaded"),
    "fish": (["fish", "--no-config", "-i"], "echo $status; functions -q _caro_load; and echo loaded"),
}


@dataclass(frozen=True)
class Installation:
    """A machine with caro on it, and how it came there."""

    machine: Machine
    before: Tree
    done: subprocess.CompletedProcess[str]

    @property
    def rc(self) -> Path:
        """The user's rc file, a link into a directory of dotfiles."""
        return self.machine.home / ".zshrc"

    @property
    def data(self) -> Path:
        """Where everything was put."""
        return self.machine.home / ".local" / "share" / "caro"

    def daemon(self) -> int:
        """Return the process id of the daemon that answered."""
        return int((self.machine.home / ".local" / "state" / "caro" / "run" / "daemon.lock").read_text())


@pytest.fixture(scope="module")
def installed() -> Iterator[Installation]:
    """One installation for the tests of this file, which run in their order; the last one takes it away."""
    need_program("zsh")
    weights = tiny_weights()
    machine = Machine()
    machine.environ["XDG_DATA_HOME"] = str(machine.home / ".local" / "share")
    dotfile = machine.home / "dotfiles" / "zshrc"
    dotfile.parent.mkdir()
    dotfile.write_bytes(RC)
    dotfile.chmod(0o640)
    (machine.home / ".zshrc").symlink_to("dotfiles/zshrc")
    (machine.home / ".bashrc").write_bytes(BASHRC)
    before = machine.tree()
    done = machine.install("--yes", "--shell", "zsh", "--model", str(weights))
    yield Installation(machine, before, done)
    machine.install("--uninstall", "--yes")
    shutil.rmtree(machine.directory)


def one_command(text: str) -> str:
    """Return the one line of `text`, a find command for Python files."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    assert len(lines) == 1, text
    assert lines[0].startswith("find ")
    assert ".py" in lines[0]
    return lines[0]


def is_alive(process: int) -> bool:
    """Tell whether there is such a process; one that only waits to be reaped is dead."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{process}/stat")
    return not (stat.exists() and ") Z " in stat.read_text())


def test_install_ends_with_a_real_answer(installed: Installation) -> None:
    """It says what it will do, does it, and shows a request answered by the model it has fetched."""
    assert installed.done.returncode == 0, installed.done.stdout + installed.done.stderr
    plan, _, rest = installed.done.stdout.partition("making an environment")
    assert "~/.local/share/caro/venv" in plan
    assert "~/.zshrc" in plan
    answer = rest.partition(f'$ caro "{REQUEST}"')[2].partition("done")[2].partition("caro is installed.")[0]
    one_command("\n".join(answer.splitlines()[1:]))


def test_the_linked_command_answers(installed: Installation) -> None:
    """~/.local/bin/caro prints the command and nothing else on stdout."""
    done = installed.machine.run(str(installed.machine.home / ".local" / "bin" / "caro"), REQUEST)
    assert done.returncode == 0, done.stderr
    assert done.stdout == one_command(done.stdout) + "\n"


def test_the_rc_file_keeps_its_text_its_mode_and_its_link(installed: Installation) -> None:
    """What the user wrote stands before the block, in the file that the link leads to."""
    assert installed.rc.is_symlink()
    assert installed.rc.read_bytes().startswith(RC + b"\n# >>> caro >>>")
    assert installed.rc.stat().st_mode & 0o777 == 0o640


def source(machine: Machine, shell: str, rc: Path) -> list[str]:
    """Return the status after sourcing `rc` in a shell, and whether that has loaded caro; nothing is printed.

    Where that is permitted it runs in a process-id space of its own: no process is started meanwhile.
    """
    words, tell = SHELLS[shell]
    need_program(shell)
    space = ["unshare", "--pid", "--fork"]
    if subprocess.run([*space, "true"], capture_output=True, check=False).returncode:
        need("unshare --pid is not permitted")
    # fish makes its data directory.
    space += ["env", f"XDG_DATA_HOME={machine.directory}/data"]
    ask = "command sh -c 'echo $$'"
    done = machine.run_at_terminal(*space, *words, "-c", f"{ask}; source {rc}; {tell}; {ask}; true")
    before, *told, after = done.stdout.split()
    assert int(after) == int(before) + 1, done.stdout
    assert done.stderr == ""
    return told


def test_sourcing_the_block_prints_nothing_and_starts_no_process(installed: Installation) -> None:
    """The script is read, by the lines that the installer has written."""
    assert source(installed.machine, "zsh", installed.rc) == ["0", "loaded"]


def test_the_block_is_silent_when_the_files_are_gone(installed: Installation) -> None:
    """A shell still starts without a word after somebody has removed the environment by hand."""
    aside = installed.data.with_name("aside")
    installed.data.rename(aside)
    try:
        assert source(installed.machine, "zsh", installed.rc) == ["0"]
    finally:
        aside.rename(installed.data)


def test_a_second_run_mends_the_environment_and_keeps_the_rest(installed: Installation) -> None:
    """A Python that is gone comes back, the old daemon leaves, the model in use and the rc file's bytes stay.

    It is for another shell this time: that one gets the key too.
    """
    rc, config = installed.rc.read_bytes(), installed.machine.home / ".config" / "caro" / "config.toml"
    assert 'model = "tiny"' in config.read_text()
    daemon = installed.daemon()
    (installed.data / "venv" / "bin" / "python").unlink()
    (installed.data / "venv" / "bin" / "python3").unlink()
    done = installed.machine.install("--yes", "--shell", "bash")
    assert done.returncode == 0, done.stdout + done.stderr
    assert installed.rc.read_bytes() == rc
    bashrc = installed.machine.home / ".bashrc"
    assert bashrc.read_bytes().startswith(BASHRC + b"# >>> caro >>>")
    assert source(installed.machine, "bash", bashrc) == ["0", "loaded"]
    assert not is_alive(daemon)
    assert [path.name for path in (installed.data / "models").glob("*.gguf")] == [TINY]


def test_uninstall_leaves_the_home_as_it_was(installed: Installation) -> None:
    """Every file, mode and link is as before the first run, and nothing has been added."""
    daemon = installed.daemon()
    for end in ("", "-wal", "-shm", ".broken"):
        # What the daemon has learnt from a shell.
        (installed.machine.home / f".local/state/caro/learned.sqlite3{end}").touch()
    for name in ("systemctl", "launchctl"):
        program(installed.machine.programs / name, "exit 0")
    at_login = installed.machine.run(str(installed.machine.home / ".local" / "bin" / "caro"), "daemon", "install")
    assert at_login.returncode == 0, at_login.stderr
    assert list(installed.machine.home.rglob("caro*.service")) or list(installed.machine.home.rglob("caro*.plist"))
    done = installed.machine.install("--uninstall", "--yes")
    assert done.returncode == 0, done.stderr
    assert not is_alive(daemon)
    assert installed.machine.tree() == installed.before


@pytest.fixture
def machine() -> Iterator[Machine]:
    """A machine of the test's own."""
    made = Machine()
    yield made
    shutil.rmtree(made.directory)


def test_with_a_prefix_everything_is_below_it(machine: Machine) -> None:
    """A directory with a blank and a quote in its name; the home stays empty, and the lines for the key say where."""
    weights = tiny_weights()
    prefix = machine.directory / "it's mine"
    there = {"CARO_MODELS_DIR": str(weights.parent)}
    words = ["--yes", "--no-rc", "--shell", "fish", "--model", "tiny", "--prefix", str(prefix)]
    done = machine.install(*words, environ=there)
    try:
        assert done.returncode == 0, done.stdout + done.stderr
        answer = machine.run(str(prefix / "bin" / "caro"), REQUEST, environ=there)
        one_command(answer.stdout)
        # What can be found out again is in the user's cache directory, wherever caro is.
        assert {name.split("/")[0] for name in machine.tree()} <= {".cache"}
        lines = done.stdout.partition("put these lines into ~/.config/fish/config.fish:")[2].partition(
            "To take it away"
        )[0]
        rc = machine.directory / "rc.fish"
        rc.write_text(lines)
        assert source(machine, "fish", rc) == ["0", "loaded"]
        show = ["fish", "--no-config", "-c", f"source {rc}; echo $CARO_MODELS_DIR; echo $CARO_CONFIG"]
        told = machine.run(*show, environ={"XDG_DATA_HOME": f"{machine.directory}/data"})
        assert told.stdout == f"{prefix}/models\n{prefix}/config.toml\n"
    finally:
        gone = machine.install("--uninstall", "--yes", "--prefix", str(prefix), environ=there)
    assert gone.returncode == 0, gone.stderr
    assert not prefix.exists()
    assert weights.is_file()
