"""What may become of the runtime directory and what is in it: a sentence with the reason; then all is well again."""

import os
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from commands import caro, daemons_started, end, start, start_python
from other_user import OTHER_UID
from processes import STAYS, clients_of, files_of, processes_of
from shell_kinds import BASH, init_lines
from small_disk import SmallDisk
from terminal import Terminal, wait_for
from user_home import Home, Script, need_program

from caro_shell import answer_files

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="disks are mounted as on Linux")


def pressed(mode: str) -> list[str]:
    """Return Python's words for a client as a shell starts it."""
    return ["-c", f"import sys; from caro_shell import keypress; sys.exit(keypress.main({mode!r}))"]


def fields() -> str:
    """Return a press of this process, as if it were a shell."""
    return f"shell\tbash\0left\twords\0terminal\t/dev/null\0pid\t{os.getpid()}\0"


@pytest.fixture
def disk(home: Home) -> Iterator[SmallDisk]:
    """The small disk that the runtime directory of `home` is on."""
    with SmallDisk(home) as small:
        yield small


FULL = "cannot be used: No space left on device."


def test_a_full_disk_before_the_first_request(home: Home, disk: SmallDisk) -> None:
    """The reason and what to do, at once; and nothing half-written is in the way when there is room."""
    disk.fill()
    said = disk.caro("words")
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr == f"caro: {home.runtime} {FULL}\n      Make room on its disk, then try again.\n"
    assert "error\t" in disk.run(pressed("stream"), fields()).stdout
    disk.make_room()
    assert disk.caro("words").stdout == "echo words\n"


def test_a_disk_that_becomes_full(home: Home, disk: SmallDisk) -> None:
    """What needs no file goes on; where the answer goes through one, its shell is told, and no piece of it is left."""
    assert disk.caro("x").stdout == "echo x\n"
    disk.fill()
    assert disk.caro("words").stdout == "echo words\n"
    assert disk.run(pressed("stream"), fields()).stdout.endswith("done\techo words\0")
    said = disk.run(pressed("wait"), fields())
    assert (said.returncode, said.stdout) == (
        1,
        f"error\t{home.runtime} {FULL} Make room on its disk, then try again.\n",
    )
    assert disk.caro("daemon", "restart").returncode == 0
    assert disk.caro("words").stdout == "echo words\n"
    assert disk.files() - STAYS == {"caro.sock"}


def test_a_key_press_on_a_full_disk_keeps_the_line(home: Home, disk: SmallDisk, script: Script) -> None:
    """There bash and fish find their answers: that there is none is said, and the next press asks anew."""
    need_program("tmux")
    need_program(BASH.argv[0])
    assert disk.caro("x").stdout == "echo x\n"
    rc = home.path / "rc.bash"
    rc.write_text(f"{BASH.rc.read_text()}\n{init_lines('bash', home)}\n")
    script.say("words", {"wait": "go"}, "ls -l")
    with Terminal(disk.words(*BASH.argv), home.environ) as terminal:
        terminal.type(f" source {rc}; clear; echo ready")
        terminal.press("Enter")
        terminal.see("ready\n>")
        terminal.type("words")
        terminal.press("C-g")
        script.happened("waiting go")
        disk.fill()
        script.open_gate("go")
        terminal.see("No space left on device")
        disk.make_room()
        terminal.line_becomes("words")
        wait_for(lambda: not clients_of(home), lambda: str(processes_of(home)))
        assert disk.files() - STAYS == {"caro.sock"}
        terminal.press("C-g")
        terminal.line_becomes("ls -l")


def test_a_read_only_disk(home: Home, disk: SmallDisk) -> None:
    """Without a daemon there is a sentence; one that runs already serves, says how it is, and can be ended."""
    disk.make_read_only()
    said = disk.caro("words")
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr.startswith(f"caro: {home.runtime}/spawn.lock cannot be used: Read-only file system.\n")
    disk.make_writable()
    assert disk.caro("words").stdout == "echo words\n"
    disk.make_read_only()
    assert disk.caro("words").stdout == "echo words\n"
    assert '"state": "ready"' in disk.caro("daemon", "status", "--json").stdout
    said = disk.run(pressed("wait"), fields())
    assert said.stdout.startswith(f"error\t{home.runtime} cannot be used: Read-only file system.")
    assert disk.caro("daemon", "stop").returncode == 0
    disk.make_writable()
    assert disk.caro("words").stdout == "echo words\n"


def a_file(path: Path) -> None:
    """Put a file in a socket's place."""
    path.write_text("rubbish")


def a_link(path: Path) -> None:
    """Put a link there, to somewhere where somebody listens."""
    elsewhere = path.with_name("elsewhere")
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(elsewhere))
    path.symlink_to(elsewhere)


@pytest.mark.parametrize("put", [a_file, a_link])
def test_a_socket_that_is_replaced_under_its_daemon(home: Home, put: Callable[[Path], None]) -> None:
    """The daemon that nobody can reach leaves, and the next one puts its own in that place."""
    caro(home, "x")
    before, path = home.daemon_pid(), Path(home.runtime, "caro.sock")
    path.unlink()
    put(path)
    assert caro(home, "words").stdout == "echo words\n"
    assert home.daemon_pid() != before
    assert list(processes_of(home)) == [home.daemon_pid()]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_socket_that_is_given_away_under_its_daemon(home: Home) -> None:
    """Whoever owns it may have made it: the client says whose it is, and all is well when that is mended."""
    caro(home, "x")
    path, before = Path(home.runtime, "caro.sock"), home.daemon_pid()
    os.chown(path, OTHER_UID, OTHER_UID)
    said = caro(home, "words")
    assert (said.returncode, said.stderr) == (
        1,
        f"caro: {path} belongs to another user.\n      Remove it: caro makes its own.\n",
    )
    os.chown(path, 0, 0)
    assert caro(home, "words").stdout == "echo words\n"
    assert home.daemon_pid() == before


def test_a_directory_that_is_removed_in_the_middle_of_a_request(home: Home, script: Script) -> None:
    """The connections stay: whoever waits gets the answer, also through a file; the next one gets a daemon in reach."""
    script.say("words", {"wait": "go"}, "ls")
    clients = [start(home, "words"), start_python(home, pressed("wait"))]
    waiting = clients[1]
    assert waiting.stdin is not None
    waiting.stdin.write(fields())
    waiting.stdin.close()
    waiting.stdin = None
    wait_for(lambda: '"waiting": 2' in caro(home, "daemon", "status", "--json").stdout, str)
    shutil.rmtree(home.runtime)
    script.open_gate("go")
    assert end(clients[0]).stdout == "ls\n"
    path = Path(end(waiting).stdout.split()[1])
    assert path.read_bytes().endswith(b"done\tls\0")
    assert caro(home, "next").stdout == "echo next\n"
    wait_for(lambda: list(processes_of(home)) == [home.daemon_pid()], lambda: str(processes_of(home)))


def test_a_lock_that_is_removed_under_its_daemon(home: Home) -> None:
    """It is found by its socket: it serves, and leaves when it is told to."""
    caro(home, "x")
    before = home.daemon_pid()
    Path(home.runtime, "daemon.lock").unlink()
    assert caro(home, "words").stdout == "echo words\n"
    assert caro(home, "daemon", "stop").stderr == "caro daemon: stopped\n"
    wait_for(lambda: before not in processes_of(home), lambda: str(processes_of(home)))
    assert caro(home, "next").stdout == "echo next\n"
    assert daemons_started(home) == 2


def test_answers_that_nobody_took_are_removed(home: Home) -> None:
    """A client or a shell that was killed leaves its file: the next press takes it away, or the daemon that leaves."""
    caro(home, "x")
    gone = start(home, "daemon", "status")
    end(gone)
    mine = Path(answer_files.path_in(home.runtime, os.getpid()))
    theirs = [Path(home.runtime, f"answer.{gone.pid}.2{end}") for end in ("", ".new")]
    for path in (mine, *theirs):
        path.write_text("done\tls\0")
    answer_files.remove_old(home.runtime)
    assert files_of(home) - STAYS == {"caro.sock", mine.name}
    theirs[0].write_text("done\tls\0")
    caro(home, "daemon", "stop")
    assert files_of(home) - STAYS == {mine.name}
    answer_files.remove_old(home.runtime, os.getpid())
    assert files_of(home) <= STAYS
