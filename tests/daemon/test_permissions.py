"""The runtime directory and the socket are the user's alone, and found without the environment's help."""

import os
import stat
from pathlib import Path

import pytest
from commands import caro, end, start_python
from user_home import Home, need

from caro_shell import paths

WITH_UMASK_0 = "import os, sys; os.umask(0); from caro_shell.cli import main; sys.exit(main(['x']))"


def mode(path: "str | Path") -> int:
    """Return the permission bits."""
    return stat.S_IMODE(os.lstat(path).st_mode)


def test_everything_is_private_whatever_the_umask(home: Home) -> None:
    """Directory 0700; socket, locks and log 0600; nobody else may replace the directory either."""
    assert end(start_python(home, ["-c", WITH_UMASK_0])).stdout == "echo x\n"
    assert mode(home.runtime) == 0o700
    assert mode(Path(home.runtime).parent) == 0o700
    files = {path.name: mode(path) for path in Path(home.runtime).iterdir()}
    assert files == dict.fromkeys(("caro.sock", "daemon.lock", "spawn.lock", "daemon.log"), 0o600)


def test_a_directory_that_others_may_enter_is_mended(home: Home) -> None:
    """It is ours, so its mode is ours to set; a client mends it before it trusts the socket inside."""
    caro(home, "x")
    Path(home.runtime).chmod(0o777)
    assert caro(home, "y").stdout == "echo y\n"
    assert mode(home.runtime) == 0o700


@pytest.mark.parametrize("kind", ["link", "file", "dangling link"])
def test_a_directory_that_is_none_is_refused(home: Home, kind: str) -> None:
    """A symbolic link may point anywhere; nothing is followed, nothing is made."""
    elsewhere = home.path / "elsewhere"
    if kind == "link":
        elsewhere.mkdir()
    runtime = Path(home.runtime)
    runtime.parent.mkdir(parents=True)
    if kind == "file":
        runtime.touch()
    else:
        runtime.symlink_to(elsewhere)
    said = caro(home, "x")
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr.startswith(f"caro: {runtime} is not a directory.\n")
    assert not elsewhere.exists() or not list(elsewhere.iterdir())


def test_a_lock_or_log_that_is_a_link_is_not_followed(home: Home) -> None:
    """Nobody but the user can put one there; if something did, it is not written through."""
    target = home.path / "precious"
    target.write_text("precious")
    for name in ("daemon.lock", "daemon.log", "spawn.lock"):
        link = Path(paths.ensure_private_dir(home.runtime), name)
        link.unlink(missing_ok=True)
        link.symlink_to(target)
        assert caro(home, "x").returncode == 1
        link.unlink()
    assert target.read_text() == "precious"


def test_somebody_elses_directory_is_refused(home: Home) -> None:
    """Whoever owns the directory owns the socket."""
    if os.getuid() != 0:
        need("only root can give a directory away")
    Path(home.runtime).mkdir(parents=True)
    os.chown(home.runtime, 65534, 65534)
    said = caro(home, "x")
    assert (said.returncode, said.stdout) == (1, "")
    assert (
        said.stderr == f"caro: {home.runtime} belongs to another user.\n      Set CARO_RUNTIME_DIR to one of yours.\n"
    )


def test_a_home_that_cannot_be_written_is_one_sentence(home: Home) -> None:
    """The system's own reason, and what to do."""
    said = caro(home, "x", HOME="/proc/1")
    assert (said.returncode, said.stdout) == (1, "")
    assert "/proc/1/.local/state/caro/run cannot be used" in said.stderr
    assert "CARO_RUNTIME_DIR" in said.stderr


def test_clients_from_different_environments_meet(home: Home) -> None:
    """Neither TMPDIR nor XDG_RUNTIME_DIR nor the state directory decide where the socket is."""
    caro(home, "x")
    pid = home.daemon_pid()
    other = {name: str(home.path) for name in ("TMPDIR", "XDG_RUNTIME_DIR", "XDG_STATE_HOME", "XDG_CACHE_HOME")}
    assert caro(home, "y", **other).stdout == "echo y\n"
    assert home.daemon_pid() == pid


def test_a_home_with_a_long_name_works(home: Home) -> None:
    """The socket's name has a limit; past it another directory of the user takes its place."""
    deep = home.path / ("d" * 100)
    deep.mkdir()
    home.environ["HOME"] = str(deep)
    assert caro(home, "x").stdout == "echo x\n"
    assert home.runtime.startswith(f"/tmp/caro-{os.getuid()}-")  # noqa: S108  the name is the promise
    assert mode(home.runtime) == 0o700
    home.kill_daemon()
    for path in Path(home.runtime).iterdir():
        path.unlink()
    Path(home.runtime).rmdir()


def test_a_directory_of_ones_own_choice_is_used(home: Home) -> None:
    """CARO_RUNTIME_DIR, which the client hands to the daemon it starts."""
    home.environ["CARO_RUNTIME_DIR"] = str(home.path / "mine")
    assert caro(home, "x").stdout == "echo x\n"
    assert (home.path / "mine" / "caro.sock").exists()
    assert not (home.path / ".local" / "state").exists()


def test_a_directory_that_was_removed_is_no_obstacle_for_the_key(home: Home) -> None:
    """The user may stand in a directory that is gone."""
    code = (
        "import os, sys; os.mkdir('gone'); os.chdir('gone'); os.rmdir('../gone');"
        "from caro_shell import keypress; sys.exit(keypress.main('stream'))"
    )
    said = end(
        start_python(home, ["-I", "-c", f"import os; os.chdir({str(home.path)!r}); {code}"]),
        "shell\tbash\0left\tlist\0",
    )
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout.endswith("done\techo list\0")


def test_root_in_somebody_elses_home_makes_nothing_there(home: Home) -> None:
    """`sudo -s` keeps HOME on some systems; what root makes there, its owner cannot use."""
    if os.getuid() != 0:
        need("only root can give a directory away")
    foreign = home.path / "theirs"
    foreign.mkdir()
    os.chown(foreign, 65534, 65534)
    said = caro(home, "x", HOME=str(foreign))
    assert (said.returncode, said.stdout) == (1, "")
    assert f"caro: {foreign} belongs to another user." in said.stderr
    assert list(foreign.iterdir()) == []


@pytest.mark.parametrize("mode", ["detach", "wait"])
def test_a_client_that_cannot_go_on_says_why(home: Home, mode: str) -> None:
    """To the shell, which shows it: nobody sees a client's stderr."""
    code = f"import sys; from caro_shell import keypress; sys.exit(keypress.main({mode!r}))"
    fields = "shell\tbash\0left\tlist\0terminal\t/dev/null\0"
    said = end(start_python(home, ["-c", code], HOME="/dev/null/x"), fields)
    assert (said.returncode, said.stderr) == (1, "")
    assert said.stdout.startswith("error\t/dev/null/x")
    assert "Set CARO_RUNTIME_DIR" in said.stdout
