"""A small process that runs jobs in sandboxes: one JSON object a line comes in, one a line goes out.

Small, because every job is a fork of it. Run as `python -I -S`, by `evals/sandbox/client.py`.
"""

import gc
import json
import os
import signal
import socket
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from evals.sandbox import execution, kernel, naming, place, tree
from evals.sandbox.layers import Place

_ALL = kernel.NEW_MOUNTS | kernel.NEW_HOSTNAME | kernel.NEW_IPC | kernel.NEW_PIDS | kernel.NEW_NETWORK
_SETUP_LIMIT_S = 30.0


def serve() -> None:
    """Answer jobs until there are no more: when the instrument ends, however it does, so does standard input.

    Not by the kernel's signal at the parent's death: that is the death of the thread that made this process.
    """
    # A collection in a fork would touch, and so copy, every page of it.
    gc.disable()
    # Jobs come one after another, so nobody else writes to standard output.
    for line in sys.stdin:
        sys.stdout.write(_done(json.loads(line)) + "\n")
        sys.stdout.flush()


def _done(job: dict[str, Any]) -> str:
    """Do a job in namespaces of its own and return what it says, as JSON."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.close(reader)
        _in_namespaces(job, writer)
    os.close(writer)
    with os.fdopen(reader, encoding="ascii") as replies:
        reply = replies.read()
    os.waitpid(child, 0)
    return reply or json.dumps({"error": "The sandbox died."})


def _in_namespaces(job: dict[str, Any], writer: int) -> None:
    """Leave every namespace of the machine, then do the job as the first process of a new one; never returns."""
    try:
        kernel.die_with_parent(signal.SIGKILL)
        is_root = os.geteuid() == 0 and not job["as_user"]
        user, group = os.geteuid(), os.getegid()
        kernel.unshare(_ALL | (0 if is_root else kernel.NEW_USERS))
        if not is_root:
            Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
            Path("/proc/self/uid_map").write_text(f"0 {user} 1", encoding="ascii")
            Path("/proc/self/gid_map").write_text(f"0 {group} 1", encoding="ascii")
        first = os.fork()
        if first:
            os.close(writer)
            os.waitpid(first, 0)
            os._exit(0)
        kernel.die_with_parent(signal.SIGKILL)
        _write(writer, _first_process(job, is_root=is_root))
    except Exception as error:  # nothing may come back from here
        _write(writer, {"error": f"{type(error).__name__}: {error}"})
    finally:
        os._exit(0)


def _write(writer: int, reply: dict[str, Any]) -> None:
    data = json.dumps(reply).encode()
    while data:
        data = data[os.write(writer, data) :]


def _first_process(job: dict[str, Any], *, is_root: bool) -> dict[str, Any]:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    kernel.call_me("init")
    kernel.loopback_up()
    socket.sethostname(place.HOSTNAME)
    here = place.make(Path(job["base"]), tuple(job["hidden"]), is_root=is_root)
    started = time.time()
    furnished = tree.snapshot(here) if job["kind"] == "export" else {}
    setup = _run_setup(job, here)
    if setup.status:
        why = "took too long" if setup.timed_out else f"ended with status {setup.status}"
        return {"error": f"The setup {why}: {(setup.errors or setup.output).strip()[-300:]}"}
    if job["kind"] == "export":
        return {"tree": _packed(here, furnished)}
    return {"started": started, **_run_command(job, here)}


def _run_setup(job: dict[str, Any], here: Place) -> execution.Ran:
    if not job["setup"].strip():
        return execution.Ran(0, "", "", timed_out=False, seconds=0.0)
    arguments = execution.command_line("strict", job["setup"], here.root)
    ran = execution.run(arguments, here.root, place.WORK, _SETUP_LIMIT_S)
    execution.settle(here.root / "proc", frozenset({"1"}))
    (here.root.parent / "stdout").unlink(missing_ok=True)
    (here.root.parent / "stderr").unlink(missing_ok=True)
    return ran


def _run_command(job: dict[str, Any], here: Place) -> dict[str, Any]:
    before = tree.snapshot(here)
    cwd, command = job["cwd"], job["command"]
    if not (here.root / cwd[1:]).is_dir():
        return {"error": f"There is no directory {cwd} after the setup."}
    old = execution.processes(here.root / "proc")
    ran = execution.run(execution.command_line(job["shell"], command, here.root), here.root, cwd, job["limit_s"])
    execution.settle(here.root / "proc", old)
    after = tree.snapshot(here, before)
    reply: dict[str, Any] = asdict(ran)
    reply["changes"] = tree.changes(here, before, after)
    ended = _ended_in(here, cwd)
    if job["names"]:
        gone = frozenset(change["path"] for change in reply["changes"] if not change["after"])
        reply["named"] = naming.named_paths(ran.output, here.root, ended, command, gone)
        # What a command goes into before it prints is where its names begin; so is where it began.
        reply["named"] = sorted({*reply["named"], *naming.named_paths(ran.output, here.root, cwd, command, gone)})
    if job["after"].strip() and not ran.timed_out:
        told = {"ENDED_IN": ended}
        arguments = execution.command_line("bash", job["after"], here.root)
        looked = execution.run(arguments, here.root, cwd, 10.0, told)
        reply["after"] = looked.output
        reply["after_errors"] = looked.errors
    return reply


def _ended_in(here: Place, cwd: str) -> str:
    try:
        return (here.root / place.ENDED[1:]).read_text(encoding="utf-8", errors="replace").strip() or cwd
    except OSError:
        return cwd


def _packed(here: Place, furnished: tree.Snapshot) -> str:
    """Return ada's home, and what else the setup made, as a tar archive in base64."""
    import base64
    import io
    import tarfile

    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for path, entry in sorted(tree.snapshot(here, furnished).items()):
            is_new = path not in furnished or (entry.kind != "d" and furnished[path].stamp != entry.stamp)
            if entry.kind in "fdl" and (is_new or f"{path}/".startswith(f"{place.HOME}/")):
                archive.add(here.upper / path[1:], arcname=path[1:], recursive=False)
    return base64.b64encode(packed.getvalue()).decode()


if __name__ == "__main__":
    serve()
