"""Another local user can neither connect, read nor observe anything, even where the home lets everybody in."""

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from commands import end, start_python
from other_user import OtherUser, can_be
from shell_kinds import KINDS, ShellKind, init_lines
from terminal import Terminal, wait_for
from user_home import Home, Script, need_program
from wire import Wire

from caro_shell import paths
from caro_shell.learned import Learned
from caro_shell.learned.rows import Row
from caro_shell.retrieval import index
from caro_shell.retrieval.background import Order
from caro_shell.retrieval.build import build
from caro_shell.retrieval.sources import Machine

WORD = "orchid"
"""A word of a request; nobody else may ever see it."""
REQUEST = f"list my {WORD} files"
PRESS = f"shell\tbash\0left\t{REQUEST}\0"
WITH_UMASK_0 = "import os, sys; os.umask(0); from caro_shell import keypress; sys.exit(keypress.main('stream'))"
OURS = (".local/state/caro", ".cache/caro", ".local/share/caro", ".config/caro")


@pytest.fixture
def open_home(home: Home) -> Home:
    """A home that everybody may enter and read, as many systems make it, with a place for temporary files."""
    home.path.chmod(0o755)
    (home.path / "tmp").mkdir()
    (home.path / "tmp").chmod(0o1777)
    home.environ |= {"TMPDIR": str(home.path / "tmp"), "CARO_LEARN": "on"}
    return home


@pytest.fixture
def other() -> Iterator[OtherUser]:
    """Somebody else, who has an account on this machine and nothing more."""
    if not can_be():
        pytest.skip("only root can be another user for a while")
    with OtherUser() as somebody:
        yield somebody


@pytest.fixture
def waiting(open_home: Home, script: Script) -> Iterator[Home]:
    """A home in which a request has come as far as the model, with the loosest umask, and goes on at the end."""
    script.say(REQUEST, {"wait": "end"}, f"cat {WORD}")
    client = start_python(open_home, ["-c", WITH_UMASK_0])
    assert client.stdin is not None
    client.stdin.write(PRESS)
    client.stdin.close()
    client.stdin = None
    script.happened("waiting end")
    (open_home.path / "client").write_text(str(client.pid))
    yield open_home
    script.open_gate("end")
    assert end(client).stdout.endswith(f"done\tcat {WORD}\0")


def keep_what_was_learnt(home: Home) -> None:
    """Have the daemon's store hold a request."""
    with closing(Learned(paths.learned_file(home.environ))) as learned:
        learned.keep("bash", [{"request": REQUEST, "command": f"cat {WORD}", "fate": "accepted"}])
        wait_for(lambda: learned.forget(only_look=True), lambda: "for what was learnt to be kept")
        assert learned.forget(only_look=True) == [Row(REQUEST, f"cat {WORD}", "accepted", f"cat {WORD}")]


def too_open(home: Home) -> list[str]:
    """Return what of caro's in a home has a mode that lets anybody else do anything."""
    found = [path for place in OURS for path in [home.path / place, *(home.path / place).rglob("*")]]
    return [
        f"{stat.S_IMODE(path.lstat().st_mode):o} {path}"
        for path in found
        if os.path.lexists(path) and not path.is_symlink() and path.lstat().st_mode & 0o077
    ]


def test_nobody_else_connects(waiting: Home, other: OtherUser) -> None:
    """Neither plainly nor by ZeroMQ, whatever kind of socket; the user's own client has its answer afterwards."""
    socket = f"{waiting.runtime}/caro.sock"
    assert other.do("connect", socket) == "EACCES"
    assert other.do("ask", socket, "DEALER") == "refused"
    assert other.do("ask", socket, "REQ") == "refused"


def test_nobody_else_connects_even_where_the_modes_say_everybody_may(waiting: Home, other: OtherUser) -> None:
    """The kernel tells the daemon who is there, and it hangs up on others before a byte is said."""
    Path(waiting.runtime).chmod(0o777)
    for above in (".local", ".local/state", ".local/state/caro"):
        (waiting.path / above).chmod(0o755)
    socket = Path(waiting.runtime, "caro.sock")
    socket.chmod(0o777)
    try:
        assert other.do("connect", socket) == "said b''"
        assert other.do("ask", socket, "DEALER") == "refused"
        assert other.do("ask", socket, "REQ") == "refused"
    finally:
        Path(waiting.runtime).chmod(0o700)
        socket.chmod(0o600)
    with Wire(waiting) as wire:
        assert wire.ask("status")["waiting"] == 1


def test_nobody_else_reaches_a_file_of_ours(waiting: Home, other: OtherUser) -> None:
    """Socket, locks, log, learned store, index, prefixes, tools, configuration: not read, listed, changed or linked."""
    keep_what_was_learnt(waiting)
    cache = waiting.path / ".cache" / "caro"
    with closing(index.open_index(cache / "knowledge" / "index.sqlite3", 1.0)):
        pass
    paths.ensure_private_dir(str(cache / "prefixes"))
    (cache / "prefixes" / "one.prefix").touch(0o600)
    ours = [Path(waiting.runtime, name) for name in ("caro.sock", "daemon.lock", "daemon.log", "spawn.lock")]
    ours += [Path(paths.learned_file(waiting.environ)), cache / "knowledge" / "index.sqlite3"]
    ours += [Path(waiting.runtime), cache / "prefixes", cache / "prefixes" / "one.prefix"]
    for path in ours:
        assert path.exists()
        assert set(other.do("reach", path).values()) <= {"EACCES", "EPERM"}, path
    for place in OURS:
        assert other.do("reachable", waiting.path / place) == []
    assert too_open(waiting) == []


def test_the_key_of_a_server_is_nobody_elses(open_home: Home, other: OtherUser) -> None:
    """`api_key` beside the configuration file: one that others may read is refused, one of mode 0600 they cannot."""
    key = open_home.path / ".config" / "caro" / "api_key"
    key.parent.mkdir(parents=True)
    key.write_text(WORD)
    key.chmod(0o600)
    assert set(other.do("reach", key).values()) <= {"EACCES", "EPERM", "ENOTDIR"}
    key.chmod(0o644)
    asks = {"CARO_ENGINE": "openai", "CARO_BASE_URL": "http://127.0.0.1:9/v1"}
    told = end(start_python(open_home, ["-m", "caro_shell", "x"], **asks))
    assert f"caro: Others may read the key file {key}.\n" in told.stderr


def test_what_exists_only_during_a_request_is_nobody_elses(waiting: Home, other: OtherUser) -> None:
    """While a request waits for the model, no temporary file of it can be opened, and none lies in a common place."""
    assert list((waiting.path / "tmp").iterdir()) == []
    common = [Path(tempfile.gettempdir()), Path("/dev/shm"), Path("/var/tmp")]  # noqa: S108  what is looked through
    for place in common:
        for path in place.glob("*"):
            if path.is_file() and not path.is_symlink() and path.stat().st_size < 1_000_000:
                assert WORD.encode() not in path.read_bytes() or other.do("reach", path)["read"] == "EACCES"
    assert other.do("reachable", waiting.path / ".local" / "state" / "caro") == []


def test_an_answer_that_waits_for_its_shell_is_nobody_elses(open_home: Home, other: OtherUser) -> None:
    """In bash and fish the answer lies in a file until the shell has taken it."""
    code = "import os, sys; os.umask(0); from caro_shell import keypress; sys.exit(keypress.main('wait'))"
    told = end(start_python(open_home, ["-c", code]), f"{PRESS}terminal\t/dev/null\0pid\t{os.getpid()}\0")
    answer = Path(told.stdout.split(" ", 1)[1].strip())
    assert WORD in answer.read_text()
    assert stat.S_IMODE(answer.stat().st_mode) == 0o600
    assert set(other.do("reach", answer).values()) == {"EACCES"}
    answer.unlink()


def test_nothing_that_was_typed_is_seen_from_outside(waiting: Home, other: OtherUser) -> None:
    """Neither `ps` nor /proc shows a word of the request; the daemon's and the client's insides stay shut."""
    assert other.do("processes", WORD) == []
    for pid in (waiting.daemon_pid(), int((waiting.path / "client").read_text())):
        assert set(other.do("inside", pid).values()) <= {"EACCES", "EPERM"}


@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
def test_a_key_press_shows_nothing_of_the_line_to_others(
    kind: ShellKind, open_home: Home, script: Script, other: OtherUser
) -> None:
    """In every shell: what runs while the answer is awaited has no word of the line in its arguments."""
    need_program("tmux")
    need_program(kind.argv[0])
    script.say(WORD, {"wait": "end"}, "true")
    rc = open_home.path / f"rc.{kind.name}"
    rc.write_text(f"{kind.rc.read_text()}\n{init_lines(kind.name, open_home)}\n")
    with Terminal(kind.argv, open_home.environ) as terminal:
        terminal.type(f" {kind.source} {rc}; clear; echo ready")
        terminal.press("Enter")
        terminal.see("ready\n>")
        # The test's own tmux has what it types among its arguments: a letter at a time says nothing.
        for letter in WORD:
            terminal.type(letter)
        terminal.press("C-g")
        script.happened("waiting end")
        assert other.do("processes", WORD) == []
        assert other.do("reachable", open_home.path / ".local" / "state" / "caro") == []
        assert too_open(open_home) == []
        script.open_gate("end")
        terminal.line_becomes("true")


def test_what_is_indexed_in_spare_time_is_nobody_elses(open_home: Home, other: OtherUser) -> None:
    """The file with what the manuals say, and with the user's history where that is wanted."""
    (open_home.path / ".bash_history").write_text(f"cat {WORD}.txt\n")
    (open_home.path / ".bash_history").chmod(0o600)
    (open_home.path / "empty").mkdir()
    file = open_home.path / ".cache" / "caro" / "knowledge" / "index.sqlite3"
    before = os.umask(0)
    try:
        order = Order(str(file), str(open_home.path / "empty"), history=True)
        build(order, Machine(order.path, str(open_home.path)), "any")
    finally:
        os.umask(before)
    assert WORD.encode() in b"".join(path.read_bytes() for path in file.parent.iterdir())
    assert too_open(open_home) == []
    assert other.do("reachable", open_home.path / ".cache" / "caro") == []


def test_what_caro_makes_is_the_users_alone_whatever_the_umask(open_home: Home) -> None:
    """Also the directories above: whoever may write one of them could put another file in the place of ours."""
    code = (
        "import os, sys; os.umask(0); from caro_shell.cli import main\n"
        "for words in (['x'], ['config', 'set', 'comment', 'off'], ['abbr', 'add', 'gs', 'git status'], "
        "['daemon', 'logs'], ['forget', 'x']):\n    assert main(words) == 0"
    )
    told = end(start_python(open_home, ["-c", code]))
    assert (told.returncode, told.stdout.splitlines()[:1]) == (0, ["echo x"]), told.stderr
    assert too_open(open_home) == []
    theirs = [path for path in open_home.path.rglob("*") if path.is_relative_to(open_home.path / "script")]
    writable = [
        path
        for path in open_home.path.rglob("*")
        if path not in (open_home.path / "tmp", *theirs) and not path.is_symlink() and path.stat().st_mode & 0o022
    ]
    assert writable == []
