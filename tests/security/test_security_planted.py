"""What others may have put where caro's own files belong: one clear sentence; nothing followed, nothing awaited."""

import os
import shutil
import socket
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from commands import caro, end, start_python
from other_user import OTHER_UID, OtherUser, can_be
from user_home import Home

from caro_shell import answer_files, lifecycle, paths, sqlite_file
from caro_shell.config import file as config_file
from caro_shell.danger import judge_here
from caro_shell.errors import ConfigError, DaemonError
from caro_shell.private_file import open_private

PRESS = "import sys; from caro_shell import keypress; sys.exit(keypress.main('stream'))"
PRECIOUS = "precious\n"
KINDS = ("link", "hard link", "fifo", "theirs", "directory")
FILES = ("daemon.lock", "spawn.lock", "daemon.log")
ROOT_ONLY = pytest.mark.skipif(not can_be(), reason="only root can be another user for a while")


@pytest.fixture
def other() -> Iterator[OtherUser]:
    """Somebody else, who has been here before."""
    with OtherUser() as somebody:
        yield somebody


@pytest.fixture
def precious(home: Home) -> Path:
    """A file of the user's that a careless program would spoil."""
    path = home.path / "precious"
    path.write_text(PRECIOUS)
    return path


def put(kind: str, path: Path, target: Path) -> None:
    """Put at `path` what somebody may have left there; what only root can make is skipped for others."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if kind == "link":
        path.symlink_to(target)
    elif kind == "hard link":
        path.hardlink_to(target)
    elif kind == "fifo":
        os.mkfifo(path, 0o666)
    elif kind == "directory":
        path.mkdir()
    else:
        if not can_be():
            pytest.skip("only root can give a file away")
        path.write_text("1")
        os.chown(path, OTHER_UID, OTHER_UID)
        path.chmod(0o666)


SAID = {
    "link": "is not a plain file.",
    "hard link": "is a file that has another name, too.",
    "fifo": "is not a plain file.",
    "directory": "is not a plain file.",
    "theirs": "belongs to another user.",
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_of_ours_is_opened_with_care(kind: str, tmp_path: Path) -> None:
    """Whatever lies there: refused at once, with its path; what it stands for is as it was."""
    target, path = tmp_path / "precious", tmp_path / "file"
    target.write_text(PRECIOUS)
    put(kind, path, target)
    for flags in (os.O_RDWR | os.O_CREAT, os.O_WRONLY | os.O_CREAT | os.O_APPEND, os.O_RDONLY):
        with pytest.raises(DaemonError, match=SAID[kind]) as told:
            open_private(str(path), flags)
        assert told.value.message.startswith(f"{path} ")
        assert told.value.hint == "Remove it: caro makes its own."
    assert (target.read_text(), stat.S_IMODE(target.stat().st_mode) & 0o600) == (PRECIOUS, 0o600)


@pytest.mark.parametrize("kind", [*KINDS, "link to nothing"])
@pytest.mark.parametrize("end_of_name", ["", "-wal", "-shm", "-journal"])
def test_a_store_opens_nothing_that_was_planted(kind: str, end_of_name: str, tmp_path: Path) -> None:
    """What was learnt, and the index: neither the file nor what SQLite keeps beside it."""
    target, path = tmp_path / "precious", tmp_path / "store" / "file.sqlite3"
    if kind == "link to nothing":
        put("link", Path(f"{path}{end_of_name}"), target)
    else:
        target.write_text(PRECIOUS)
        put(kind, Path(f"{path}{end_of_name}"), target)
    with pytest.raises(DaemonError, match=r"is not a plain file|another name|another user"):
        sqlite_file.open_file(path, 0.0, "CREATE TABLE IF NOT EXISTS one (two TEXT)", 1)
    assert not target.exists() if kind == "link to nothing" else target.read_text() == PRECIOUS


def test_a_directory_that_was_open_to_all_is_not_trusted_for_what_is_in_it(home: Home, precious: Path) -> None:
    """It is closed to others; of what lies in it by then, each thing is refused by its name, and spoils nothing."""
    runtime = Path(paths.ensure_private_dir(home.runtime))
    for name in FILES:
        for kind in KINDS:
            if kind == "theirs" and not can_be():
                continue
            runtime.chmod(0o777)
            put(kind, runtime / name, precious)
            with pytest.raises(DaemonError) as told:
                lifecycle.start(home.runtime, home.environ)
            assert str(told.value).startswith(f"{runtime / name} {SAID[kind].removesuffix('.')}")
            assert stat.S_IMODE(runtime.stat().st_mode) == 0o700
            (runtime / name).rmdir() if kind == "directory" else (runtime / name).unlink()
            for made in FILES:
                (runtime / made).unlink(missing_ok=True)
    assert precious.read_text() == PRECIOUS


def test_a_lock_that_is_no_lock_is_one_sentence_for_everybody(home: Home) -> None:
    """The key, `caro`, and what asks about the daemon: none of them waits for somebody to write into a FIFO."""
    put("fifo", Path(paths.ensure_private_dir(home.runtime), "daemon.lock"), home.path)
    put("fifo", Path(home.runtime, "daemon.log"), home.path)
    said = f"{home.runtime}/daemon.lock is not a plain file."
    told = caro(home, "x")
    assert (told.returncode, told.stdout) == (1, "")
    assert told.stderr == f"caro: {said}\n      Remove it: caro makes its own.\n"
    pressed = end(start_python(home, ["-c", PRESS]), "shell\tbash\0left\tx\0")
    assert pressed.stdout.endswith(f"error\t{said} Remove it: caro makes its own.\0")
    assert said in caro(home, "daemon", "stop").stderr
    assert f"{home.runtime}/daemon.log is not a plain file." in caro(home, "daemon", "logs").stderr
    Path(home.runtime, "daemon.lock").unlink()


@pytest.mark.parametrize("kind", ["link", "fifo", "link to their socket"])
def test_what_is_no_socket_of_ours_is_not_connected_to(home: Home, kind: str, precious: Path) -> None:
    """It is replaced, as what an earlier daemon left is; where a link leads, nobody is asked anything."""
    path = Path(paths.ensure_private_dir(home.runtime), "caro.sock")
    with socket.socket(socket.AF_UNIX) as theirs:
        theirs.bind(str(home.path / "s"))
        theirs.listen()
        theirs.setblocking(False)
        put(kind.partition(" ")[0], path, home.path / "s" if "their" in kind else precious)
        assert caro(home, "x").stdout == "echo x\n"
        with pytest.raises(BlockingIOError):
            theirs.accept()
    assert stat.S_ISSOCK(path.lstat().st_mode)
    assert precious.read_text() == PRECIOUS


def test_a_directory_in_the_sockets_place_is_one_sentence(home: Home) -> None:
    """Nothing is removed that may hold something."""
    Path(paths.ensure_private_dir(home.runtime), "caro.sock").mkdir()
    told = caro(home, "x")
    assert told.stderr.startswith(f"caro: {home.runtime}/caro.sock is a directory.\n")


@ROOT_ONLY
def test_nobody_is_told_what_was_typed_by_a_planted_socket(home: Home, other: OtherUser) -> None:
    """Somebody listens in a directory that was open to all: the client says whose it is, and says nothing to it."""
    home.path.chmod(0o755)
    runtime = Path(paths.ensure_private_dir(home.runtime))
    for part in (runtime, runtime.parent, runtime.parent.parent, runtime.parent.parent.parent):
        part.chmod(0o755)
    runtime.chmod(0o777)
    path = runtime / "caro.sock"
    assert other.do("plant", "socket", path) == "done"
    said = f"{path} belongs to another user."
    for words in (["x"], ["daemon", "status"], ["last"]):
        assert caro(home, *words).stderr.startswith(f"caro: {said}\n"), words
    pressed = end(start_python(home, ["-c", PRESS]), "shell\tbash\0left\tmy orchid files\0")
    assert pressed.stdout == f"error\t{said} Remove it: caro makes its own.\0"
    assert other.do("heard", path) == "nobody"


@pytest.fixture
def long_home(home: Home) -> Iterator[Home]:
    """A home whose name is too long for a socket, so that a directory in /tmp takes its place, where all may write."""
    deep = home.path / ("d" * 100)
    deep.mkdir()
    home.environ["HOME"] = str(deep)
    yield home
    with suppress(OSError):
        home.kill_daemon()
    runtime = Path(home.runtime)
    if runtime.is_symlink():
        runtime.unlink()
    shutil.rmtree(runtime, ignore_errors=True)


@ROOT_ONLY
@pytest.mark.parametrize("kind", ["directory", "link"])
def test_a_directory_in_tmp_that_somebody_has_made_first_is_refused(
    long_home: Home, other: OtherUser, kind: str
) -> None:
    """Its name can be guessed. Nothing in it is opened, no matter what is asked; its owner learns nothing."""
    runtime = long_home.runtime
    assert runtime.startswith("/tmp/caro-0-")  # noqa: S108  the name is the promise
    said = f"{runtime} is not a directory."
    if kind == "link":
        mine = long_home.path / "mine"
        mine.mkdir(mode=0o700)
        assert other.do("plant", "link", runtime, mine) == "done"
    else:
        said = f"{runtime} belongs to another user."
        assert other.do("plant", "directory", runtime, "777") == "done"
        assert other.do("plant", "socket", f"{runtime}/caro.sock") == "done"
        assert other.do("plant", "fifo", f"{runtime}/daemon.log") == "done"
        assert other.do("plant", "fifo", f"{runtime}/daemon.lock") == "done"
        assert other.do("lock", f"{runtime}/daemon.lock") == "done"
    asked = [["x"], *(["daemon", verb] for verb in ("start", "restart", "run"))]
    asked += [["daemon", verb] for verb in ("stop", "status", "logs")] if kind == "directory" else []
    for words in asked:
        told = caro(long_home, *words)
        assert told.returncode == 1, words
        assert told.stderr.startswith(f"caro: {said}\n"), words
    pressed = end(start_python(long_home, ["-c", PRESS]), "shell\tbash\0left\tmy orchid files\0")
    assert pressed.stdout.startswith(f"error\t{said} ")
    if kind == "directory":
        assert other.do("heard", f"{runtime}/caro.sock") == "nobody"
        Path(runtime, "daemon.lock").unlink()
    else:
        assert list(mine.iterdir()) == []


@ROOT_ONLY
def test_a_directory_below_somebody_elses_is_refused(home: Home, other: OtherUser) -> None:
    """Whoever owns the parent can exchange what is in it between a look and the use."""
    theirs = f"/tmp/caro-theirs-{os.getpid()}"  # noqa: S108  where both may write
    assert other.do("plant", "directory", theirs, "777") == "done"
    try:
        told = caro(home, "x", CARO_RUNTIME_DIR=f"{theirs}/run")
        assert (told.returncode, told.stdout) == (1, "")
        assert told.stderr.startswith(f"caro: {theirs} belongs to another user.\n")
        assert list(Path(theirs).iterdir()) == []
    finally:
        shutil.rmtree(theirs)


@pytest.mark.parametrize("part", ["", ".local", ".local/state"])
def test_a_place_where_everybody_may_exchange_our_directory_is_refused(home: Home, part: str) -> None:
    """Between the home and the runtime directory; a sticky bit is enough, as for /tmp."""
    paths.ensure_private_dir(home.runtime)
    place = home.path / part
    before = stat.S_IMODE(place.stat().st_mode)
    place.chmod(0o777)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("HOME", str(home.path))
        with pytest.raises(DaemonError, match=f"Everybody may change what is in {place}.$") as told:
            paths.ensure_private_dir(home.runtime)
        assert told.value.hint == f"Try: chmod o-w {place}"
        place.chmod(0o1777)
        assert paths.ensure_private_dir(home.runtime) == home.runtime
    place.chmod(before)


def test_what_lies_above_the_home_is_the_systems_business(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home on a disk that everybody may write works as before."""
    (tmp_path / "disk" / "ada").mkdir(parents=True)
    (tmp_path / "disk").chmod(0o777)
    monkeypatch.setenv("HOME", str(tmp_path / "disk" / "ada"))
    runtime = paths.runtime_dir({"HOME": str(tmp_path / "disk" / "ada"), "CARO_RUNTIME_DIR": ""})
    assert paths.ensure_private_dir(runtime) == runtime


def test_an_answer_is_not_left_through_a_link(tmp_path: Path) -> None:
    """The file in which bash and fish find it is a new one."""
    target, path = tmp_path / "precious", tmp_path / "run" / "answer.1.2"
    target.write_text(PRECIOUS)
    path.parent.mkdir(0o700)
    Path(f"{path}.new").symlink_to(target)
    with pytest.raises(DaemonError, match="File exists"):
        answer_files.write(str(path), b"done\tls\0")
    assert target.read_text() == PRECIOUS


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("fifo", "cannot be read: It is not a plain file."),
        ("directory", "cannot be read: Is a directory."),
        ("writable", "cannot be read: Everybody may write it (chmod o-w)."),
    ],
)
def test_settings_that_somebody_else_may_have_written_are_not_read(kind: str, said: str, tmp_path: Path) -> None:
    """They name the Python file of an engine; nobody waits for a FIFO, least of all the daemon."""
    path = tmp_path / "config.toml"
    if kind == "writable":
        path.write_text("model = 'tiny'\n")
        path.chmod(0o666)
    else:
        put(kind, path, tmp_path)
    with pytest.raises(ConfigError) as told:
        config_file.read(str(path))
    assert told.value.message == f"{path} {said}"


def test_a_configuration_of_dotfiles_is_a_link_and_is_read(tmp_path: Path) -> None:
    """And so is the empty one that people name to be rid of theirs."""
    (tmp_path / "real").write_text("model = 'tiny'\n")
    (tmp_path / "config.toml").symlink_to(tmp_path / "real")
    assert config_file.read(str(tmp_path / "config.toml")).values == {"model": "tiny"}
    assert config_file.read(os.devnull).values == {}


@pytest.mark.parametrize("kind", ["fifo", "writable"])
def test_rules_that_somebody_else_may_have_written_lower_nothing(kind: str, tmp_path: Path) -> None:
    """The user's own rules of danger: that they are not asked is said with the command."""
    path = tmp_path / "danger.toml"
    if kind == "writable":
        path.write_text("")
        path.chmod(0o666)
    else:
        put(kind, path, tmp_path)
    judged = judge_here("ls", "bash", "/", {"HOME": str(tmp_path), "CARO_CONFIG": str(tmp_path / "config.toml")})
    assert judged.level == "moderate"
    assert "your own rules are not asked" in judged.reasons[-1].sentence


def test_a_fifo_in_the_place_of_the_settings_holds_nobody(home: Home) -> None:
    """From the daemon's own mouth: it answers, and everything else goes on."""
    assert caro(home, "x").stdout == "echo x\n"
    path = home.path / ".config" / "caro" / "config.toml"
    put("fifo", path, path)
    told = caro(home, "y")
    assert told.returncode == 1
    assert "is not a plain file" in told.stderr
    path.unlink()
    assert caro(home, "z").stdout == "echo z\n"


@pytest.mark.parametrize("place", ["cwd", "PYTHONPATH"])
def test_no_module_that_lies_about_is_imported(home: Home, place: str) -> None:
    """A project's `zmq.py` or `json.py` beside the user, or where PYTHONPATH points, is not the daemon's."""
    planted = home.path / "project"
    planted.mkdir()
    ran = home.path / "ran"
    for name in ("zmq", "platformdirs", "tree_sitter", "caro_shell"):
        (planted / f"{name}.py").write_text(f"open({str(ran)!r}, 'w').write('ran')\n")
    more = {"PYTHONPATH": str(planted)} if place == "PYTHONPATH" else {}
    # As the shells call it, with -I.
    code = f"import os, sys; {'os.chdir(' + repr(str(planted)) + '); ' if place == 'cwd' else ''}"
    pressed = end(start_python(home, ["-I", "-c", code + PRESS], **more), "shell\tbash\0left\tx\0")
    assert pressed.stdout.endswith("done\techo x\0")
    assert not ran.exists()
