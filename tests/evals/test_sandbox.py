"""The sandbox: everything may be done in it, nothing stays, nobody's own files are seen, and it ends."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from evals.sandbox.client import Job, Result, Sandbox, SandboxError


@pytest.fixture(params=["root", "user"])
def any_sandbox(request: pytest.FixtureRequest, sandbox: Sandbox) -> Iterator[Sandbox]:
    """A sandbox as root makes it, and one as a user has to."""
    if request.param == "root":
        yield sandbox
    else:
        with Sandbox(as_user=True) as made:
            yield made


def changed(result: Result) -> dict[str, tuple[str, str]]:
    """Return what changed: each path's kind before and after, `-` where there is nothing."""
    return {
        change["path"].removeprefix("/home/ada/work/"): tuple(
            (change[when] or {"kind": "-"})["kind"] for when in ("before", "after")
        )
        for change in result.changes
    }


def test_what_is_written_does_not_leave(any_sandbox: Sandbox, tmp_path: Path) -> None:
    """Neither into the machine nor into the next run."""
    mark = f"caro-evals-{os.getpid()}"
    result = any_sandbox.run(
        Job(f"touch /etc/{mark} /usr/{mark} /tmp/{mark} here; mkdir -p {tmp_path}; echo x >{tmp_path}/y")
    )
    assert changed(result)["here"] == ("-", "f")
    assert changed(result)[f"/etc/{mark}"] == ("-", "f")
    assert not any(Path(top, mark).exists() for top in ("/etc", "/usr", "/tmp"))  # noqa: S108  the very place
    assert list(tmp_path.iterdir()) == []
    assert any_sandbox.run(Job(f"ls /etc/{mark} here")).output == ""


def test_the_machines_own_files_can_be_changed_inside(any_sandbox: Sandbox) -> None:
    """A deletion there is seen, and harms nobody."""
    before = Path("/etc/passwd").read_bytes()
    assert changed(any_sandbox.run(Job("rm /etc/passwd"))) == {"/etc/passwd": ("f", "-")}
    assert Path("/etc/passwd").read_bytes() == before


def test_home_and_repository_are_hidden(any_sandbox: Sandbox) -> None:
    """Whatever a wrong command looks for, it sees no secrets."""
    seen = any_sandbox.run(
        Job("ls -A /root /home /tmp /run /mnt; cat /proc/1/environ; ls /proc/1/root /proc/1/cwd")
    ).output
    assert seen.split() == ["/home:", "ada", "/mnt:", "/root:", "/run:", "lock", "/tmp:"]  # noqa: S108
    hidden = [str(Path(__file__).parents[2]), str(Path.home()), os.environ.get("CARO_MODELS_DIR", "/root/x")]
    for path in hidden:
        assert any_sandbox.run(Job(f"ls -A '{path}'")).output == ""


def test_there_is_no_network_but_lo(sandbox: Sandbox) -> None:
    """And that one works."""
    listed = sandbox.run(Job("cat /proc/net/dev | tail -n +3 | cut -d: -f1")).output
    assert listed.split() == ["lo"]
    inside = 's = socket.create_server(("", 80)); socket.create_connection(("127.0.0.1", 80)); print("open")'
    assert sandbox.run(Job(f"python3 -c 'import socket; {inside}'")).output == "open\n"
    outside = sandbox.run(Job("python3 -c 'import socket; socket.create_connection((\"192.0.2.1\", 80), 3)'"))
    assert "unreachable" in outside.errors


def test_the_time_limit_ends_everything(sandbox: Sandbox) -> None:
    """What ignores signals, and what was left in the background, too; the sandbox can be used again."""
    mark = f"{time.time_ns() % 10**9}.5"
    setup = f"sleep {mark} &"
    command = f"trap '' TERM INT HUP; (setsid sleep {mark} &); while :; do sleep {mark}; done"
    assert sandbox.run(Job(command, setup, limit_s=0.5)).timed_out
    alive = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
    assert not [line for line in alive if mark.encode() in line]
    assert sandbox.run(Job("echo again")).output == "again\n"


def test_output_without_end_is_cut(sandbox: Sandbox) -> None:
    """It costs room, not the machine's memory."""
    result = sandbox.run(Job("yes", limit_s=20))
    assert len(result.output) == 1_000_000


@pytest.mark.parametrize(
    ("setup", "command", "expected"),
    [
        ("echo 1 >a", "rm a", {"a": ("f", "-")}),
        ("mkdir d; echo 1 >d/x", "rm -r d", {"d": ("d", "-"), "d/x": ("f", "-")}),
        ("mkdir d; echo 1 >d/x", "rm -r d; mkdir d", {"d/x": ("f", "-")}),
        ("echo 1 >a", "mv a b", {"a": ("f", "-"), "b": ("-", "f")}),
        ("echo 1 >a", "ln -s a b", {"b": ("-", "l")}),
        ("echo 1 >a", "chmod 600 a", {"a": ("f", "f")}),
        ("echo 1 >a", "chmod 644 a; cat a", {}),
        ("echo 1 >a", "echo 1 >a", {"a": ("f", "f")}),
        ("mkfifo p", "rm p; mkfifo p", {}),
        ("", "touch 'odd \nname'", {"odd \nname": ("-", "f")}),
    ],
)
def test_changes_are_those_of_the_command(
    any_sandbox: Sandbox, setup: str, command: str, expected: dict[str, tuple[str, str]]
) -> None:
    """Not those of the setup; a new time of the same contents is one, which a task may look at."""
    found = {
        path: kinds for path, kinds in changed(any_sandbox.run(Job(command, setup))).items() if kinds != ("p", "p")
    }
    assert found == expected


def test_a_hard_link_is_not_a_copy(sandbox: Sandbox) -> None:
    """They are told apart by what they share."""
    linked, copied = (sandbox.run(Job(command, "echo 1 >a")) for command in ("ln a b", "cp a b"))
    after = [next(change["after"] for change in r.changes if change["path"].endswith("/b")) for r in (linked, copied)]
    assert [one.get("same_as", "") for one in after] == ["/home/ada/work/a", ""]


@pytest.mark.parametrize(
    ("one", "two", "is_same"),
    [
        ("tar czf x.tgz d", "tar -cvzf x.tgz ./d", True),
        ("tar czf x.tgz d", "tar cf - d | gzip -9 >x.tgz", True),
        ("tar czf x.tgz d", "tar cf x.tgz d", False),
        ("tar czf x.tgz d", "tar cjf x.tgz d", False),
        ("tar czf x.tgz d", "tar czf x.tgz d/a", False),
        ("gzip d/a", "gzip -9 d/a", True),
        ("gzip -k d/a", "cat d/a >d/a.gz", False),
    ],
)
def test_archives_are_known_by_what_they_hold(sandbox: Sandbox, one: str, two: str, *, is_same: bool) -> None:
    """Times, order and the strength of the packing do not count."""
    setup = "mkdir d; echo 1 >d/a; echo 2 >d/b"
    runs = [sandbox.run(Job(command, setup)) for command in (one, two)]
    held = [[(change["path"], (change["after"] or {}).get("held")) for change in run.changes] for run in runs]
    assert (held[0] == held[1]) == is_same


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_runs_its_own_language(sandbox: Sandbox, shell: str) -> None:
    """And its own command line, with the request's words in it, is not seen by `pgrep`."""
    command = {"bash": 'x=(a b); echo "${x[1]}"', "zsh": 'x=(a b); echo "${x[2]}"', "fish": "set x a b; echo $x[2]"}
    result = sandbox.run(
        Job(f"{command[shell]}\nmkdir d; cd d\npgrep -cf UNLIKELY_WORD", shell=shell, after="echo $ENDED_IN")
    )
    assert result.output.split() == ["b", "0"]
    assert result.after == "/home/ada/work/d\n"


def test_named_paths_whatever_stands_around_them(sandbox: Sandbox) -> None:
    """`ls -l`, `find`, `du`, `ls` of a directory: the same files."""
    setup = "mkdir -p d/e; echo 1 >d/a; echo 2 >'d/b c'; echo 3 >other"
    wanted = ["/home/ada/work/d/a", "/home/ada/work/d/b c", "/home/ada/work/d/e"]
    for command in ("find d -mindepth 1", "ls d", "ls -l d", "cd d && ls -lh", "du -a d/*", "ls -1Q d", "ls -F $PWD/d"):
        assert sandbox.run(Job(command, setup, names=True)).named == wanted, command


def test_processes_of_the_setup_live_on(sandbox: Sandbox) -> None:
    """Until the sandbox ends; a zombie is reaped, so that nobody counts it."""
    result = sandbox.run(
        Job("pkill -f 'sleep 1234'; sleep 0.1; pgrep -cf 'sleep 1234'", "sleep 1234 &", "pgrep -c sleep")
    )
    assert (result.output, result.after) == ("0\n", "0\n")
    assert sandbox.run(Job("pgrep -cf 'sleep 1234'", "sleep 1234 &")).output == "1\n"


def test_a_signal_can_be_trapped_though_who_began_it_ignores_it() -> None:
    """As nohup makes programs do; a task whose program hears SIGHUP would have another result then."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Sandbox() as made:
            assert made.run(Job("trap 'echo heard' HUP; kill -HUP $$")).output == "heard\n"
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_background_job_is_waited_for_while_it_works(sandbox: Sandbox) -> None:
    """So that what it writes is the same in every run."""
    runs = [sandbox.run(Job("(for i in $(seq 40); do echo $i >>out; done) &")) for _ in range(3)]
    digests = {change["after"]["digest"] for run in runs for change in run.changes}
    assert len(digests) == 1


def test_a_setup_that_fails_is_said(sandbox: Sandbox) -> None:
    """The task is at fault, not the answer."""
    with pytest.raises(SandboxError, match=r"The setup ended with status 1: .*no-such"):
        sandbox.run(Job("true", "cat no-such; true"))
    with pytest.raises(SandboxError, match="There is no directory /nowhere"):
        sandbox.run(Job("true", cwd="/nowhere"))


def test_nobody_outlives_the_server(sandbox: Sandbox) -> None:
    """When the instrument is killed, so is what it runs."""
    mark = f"{time.time_ns() % 10**9}.25"
    with Sandbox() as other:
        running = threading.Thread(target=_run_quietly, args=(other, Job(f"sleep {mark}", limit_s=60)))
        running.start()
        _wait_for(lambda: _is_running(mark))
        os.kill(other.server, signal.SIGKILL)
        running.join()
        _wait_for(lambda: not _is_running(mark))


def _run_quietly(sandbox: Sandbox, job: Job) -> None:
    try:
        sandbox.run(job)
    except SandboxError:
        return


def _is_running(mark: str) -> bool:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if path.read_bytes().startswith(b"sleep\0" + mark.encode()):
                return True
        except OSError:
            continue
    return False


def _wait_for(condition: Callable[[], bool]) -> None:
    from terminal import wait_for

    wait_for(condition, lambda: "for a process")


def test_the_kernels_own_settings_are_read_only(sandbox: Sandbox) -> None:
    """The machine's clock, its mounts and its settings stay as they are, for root too."""
    commands = (
        "echo x >/proc/sys/kernel/hostname; date -s 2001-01-01; mount -t tmpfs none /mnt; mknod b b 8 0; chroot / true"
    )
    for command in commands.split("; "):
        assert sandbox.run(Job(f"{command} && echo done")).output in ("", "Mon Jan  1 00:00:00 UTC 2001\n"), command


def test_where_none_can_be_made_that_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """In one sentence with what would help, and nothing is left behind."""
    # No namespace can be entered by a server whose directory for it is gone.
    monkeypatch.setattr("evals.sandbox.client.tempfile.mkdtemp", lambda prefix: str(tmp_path / prefix))
    with pytest.raises(SandboxError, match=r"No sandbox can be made here: .* It needs root, or .*--privileged\."):
        Sandbox().__enter__()
    assert list(tmp_path.iterdir()) == []
