"""With the local engine the daemon has no network: no port, no connection, not even a socket that could make one."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from commands import caro
from terminal import DEADLINE_S, wait_for
from user_home import Home, Script
from wire import Wire

REQUEST = "list all files"
PROTOCOLS = ("tcp", "tcp6", "udp", "udp6", "udplite", "udplite6", "raw", "raw6", "icmp", "icmp6", "packet")
CALLS = "execve,socket,socketpair,bind,connect,openat,open,creat,mkdir,mkdirat,mknod,mknodat,symlink,link,linkat"
linux = pytest.mark.skipif(sys.platform != "linux", reason="it is /proc that tells")


def sockets_of(pid: int) -> set[str]:
    """Return the inodes of a process's sockets, and of what it has started."""
    pids = [pid, *(int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in _children(task))]
    links = [link for one in pids for link in Path(f"/proc/{one}/fd").glob("*")]
    return {found[1] for link in links if (found := re.match(r"socket:\[(\d+)\]", _target(link)))}


def _children(task: Path) -> list[str]:
    try:
        return (task / "children").read_text().split()
    except OSError:
        return []


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except OSError:
        return ""


def network_of(pid: int) -> list[str]:
    """Return the lines of /proc/net that speak of a socket of this process."""
    mine = sockets_of(pid)
    found: list[str] = []
    for name in PROTOCOLS:
        table = Path(f"/proc/{pid}/net", name)
        lines = table.read_text().splitlines()[1:] if table.exists() else []
        # proc(5): the inode is the tenth column; of `packet`, the ninth.
        found += [f"{name}: {line}" for line in lines if mine & set(line.split())]
    return found


def unix_of(pid: int) -> set[str]:
    """Return the names of this process's unix sockets; an abstract one, which anybody may connect to, begins with @."""
    mine = sockets_of(pid)
    rows = [line.split() for line in Path(f"/proc/{pid}/net/unix").read_text().splitlines()[1:]]
    return {row[7] for row in rows if len(row) > 7 and row[6] in mine}


@linux
def test_the_daemon_listens_on_one_file_and_nowhere_else(home: Home, script: Script) -> None:
    """Before its model is loaded, while it loads, while it answers, and when it has nothing to do."""
    script.say("(load)", {"wait": "load"})
    script.say(REQUEST, {"wait": "answer"}, "ls")
    with Wire(home) as wire:
        pid = home.daemon_pid()
        seen = [network_of(pid)]
        request = wire.generate(REQUEST)
        script.happened("waiting load")
        seen.append(network_of(pid))
        script.open_gate("load")
        script.happened("waiting answer")
        seen.append(network_of(pid))
        assert unix_of(pid) == {f"{home.runtime}/caro.sock"}
        script.open_gate("answer")
        assert wire.events(request)[-1]["command"] == "ls"
        seen.append(network_of(pid))
    assert seen == [[], [], [], []]
    assert len(sockets_of(pid)) > 0


@linux
def test_a_port_would_have_been_seen(home: Home) -> None:
    """What looks for one finds one: of a process that listens, and of one that only could."""
    del home
    code = (
        "import socket, sys; a = socket.socket(); a.bind(('127.0.0.1', 0)); a.listen(); "
        "b = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); b.bind(('127.0.0.1', 0)); print(flush=True); "
        "sys.stdin.read()"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        process.stdout.readline()
        found = network_of(process.pid)
        process.stdin.close()
    assert sorted(line.partition(":")[0] for line in found) == ["tcp", "udp"]


def without_network() -> list[str]:
    """Return what starts a program in a network namespace with nothing in it, not even a loopback that is up."""
    found = shutil.which("unshare")
    words = [str(found), "--net"] if os.geteuid() == 0 else [str(found), "--map-root-user", "--net"]
    if not found or subprocess.run([*words, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no network namespace can be made here")
    return words


@linux
@pytest.mark.model
def test_the_real_model_answers_where_there_is_no_network_at_all(home: Home) -> None:
    """Daemon and client in an empty network namespace: the weights are loaded and a command comes, by llama.cpp."""
    words = without_network()
    home.real_model("tiny")
    process = subprocess.Popen(
        [*words, sys.executable, "-m", "caro_shell", "daemon", "run"],
        env=home.environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(lambda: Path(home.runtime, "caro.sock").exists(), lambda: f"for the daemon, {process.poll()}")
        pid = home.daemon_pid()
        assert os.readlink(f"/proc/{pid}/ns/net") != os.readlink("/proc/self/ns/net")  # noqa: PTH115
        interfaces = Path(f"/proc/{pid}/net/dev").read_text().splitlines()[2:]
        assert [line.split(":")[0].strip() for line in interfaces] == ["lo"]
        with Wire(home) as wire:
            request = wire.generate(REQUEST)
            event, states = wire.event(request), set[str]()
            while event["type"] not in ("done", "error"):
                # Once in each state: heartbeats may come faster than this looks.
                state = str(event.get("state", event["type"]))
                if state not in states:
                    states.add(state)
                    assert network_of(pid) == []
                event = wire.event(request)
            # The model may be done before a heartbeat says that it thinks.
            assert (event["type"], "loading" in states) == ("done", True), event
            assert event["command"].startswith("ls")
            assert wire.ask("status")["host"] == ""
        assert network_of(pid) == []
        assert unix_of(pid) == {f"{home.runtime}/caro.sock"}
    finally:
        process.terminate()
        process.wait(DEADLINE_S)


@pytest.fixture
def traced(home: Home) -> list[str]:
    """Every call by which the daemon and all that it starts open a socket or make a file, as strace tells them."""
    strace = shutil.which("strace")
    trace = home.path / "trace"
    words = [str(strace), "-f", "-y", "-s", "4096", "-v", "-e", f"trace={CALLS}", "-o", str(trace)]
    if not strace or subprocess.run([*words, "true"], capture_output=True, check=False).returncode:
        pytest.skip("strace is not here, or may not trace")
    (home.path / "tmp").mkdir()
    home.environ["TMPDIR"] = str(home.path / "tmp")
    process = subprocess.Popen(
        [
            *words,
            sys.executable,
            "-c",
            "import os; os.umask(0); from caro_shell.cli import main; main(['daemon', 'run'])",
        ],
        env={**home.environ, "CARO_PROOF": "on"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_for(lambda: Path(home.runtime, "caro.sock").exists(), lambda: f"for the daemon, {process.poll()}")
    with Wire(home) as wire:
        settings = {**home.environ, "CARO_PROOF": "on", "CARO_LEARN": "on"}
        outcome = {"request": "my orchid", "command": "ls", "fate": "accepted", "gesture": "generate"}
        more = {"settings": {name: text for name, text in settings.items() if name.startswith("CARO_")}}
        home.script.say("my orchid files", "tar -cf orchid.tar <<X\norchid\nX\n")
        for shell in ("bash", "zsh", "fish"):
            wire.answer("my orchid files", shell=shell, outcomes=[outcome], path=os.environ["PATH"], cwd="/", **more)
    assert caro(home, "daemon", "stop").returncode == 0
    process.wait(4 * DEADLINE_S)
    lines = trace.read_text(errors="replace").splitlines()
    assert any('/caro.sock"' in line and "bind(" in line for line in lines)
    return lines


def test_every_call_of_a_request_is_private(traced: list[str], home: Home) -> None:
    """Of all system calls: no socket but unix ones, no word of the request in an argument, no file for others."""
    families = {found[1] for line in traced if (found := re.search(r"\bsocket(?:pair)?\((\w+)", line))}
    assert families <= {"AF_UNIX"}
    assert [line for line in traced if "execve(" in line and "orchid" in line] == []
    assert any("execve(" in line and '"-n"' in line for line in traced)
    made: dict[str, str] = {}
    for line in traced:
        if (
            re.search(r"O_CREAT|\bmk(dir|nod)", line)
            and " = -1 " not in line
            and (path := re.search(r'"(/[^"]*)"', line))
        ):
            # Whoever asks for it once more (SQLite does) finds what was made.
            made.setdefault(path[1], line)
    private = {path: line for path, line in made.items() if not path.startswith((str(home.script.directory), "/dev/"))}
    assert {Path(path).name for path in private} >= {"daemon.lock", "learned.sqlite3"}
    for name, line in private.items():
        mode = re.findall(r", (0[0-7]*)(?:\)| <unfinished)", line)
        assert mode, line
        assert int(mode[-1], 8) & 0o077 == 0, name
