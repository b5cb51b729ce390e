"""`caro daemon run|start|stop|restart|status|logs`: the warm process behind the key."""

import argparse
import json
import logging
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from caro_shell import lifecycle, paths
from caro_shell.cli import ANSWERED
from caro_shell.cli.options import Parser
from caro_shell.client import Client
from caro_shell.engines import attempts

_STOPPED = {
    "pid": 0,
    "state": "stopped",
    "model": "",
    "device": "",
    "layers": 0,
    "offloaded": 0,
    "hardware": "",
    "host": "",
    "engine": "",
    "version": "",
    "uptime_s": 0.0,
    "requests": 0,
    "waiting": 0,
    "rss_bytes": 0,
    "notes": [],
}
_LOG_LINES = 100


def _parser() -> Parser:
    parser = Parser(
        prog="caro daemon",
        description="The process that keeps the model warm. It starts by itself at the first request.",
    )
    verbs = {
        "run": "be the daemon, in the foreground",
        "start": "start it now, without a request",
        "stop": "let it leave; the next request starts it again",
        "restart": "stop and start",
        "status": "what it is doing (with --json: for scripts)",
        "logs": f"the last {_LOG_LINES} lines of its log",
    }
    parser.add_argument("verb", choices=verbs, metavar="VERB", help="; ".join(f"{k}: {v}" for k, v in verbs.items()))
    parser.add_argument("--json", action="store_true", help="print the status as one object")
    return parser


def run(argv: Sequence[str]) -> int:
    """Do one of the verbs."""
    options = _parser().parse_args(argv)
    verbs: dict[str, Callable[[argparse.Namespace], None]] = {
        "run": _run,
        "start": _start,
        "stop": _stop,
        "restart": _restart,
        "status": _status,
        "logs": _logs,
    }
    verbs[options.verb](options)
    return ANSWERED


def _run(_options: argparse.Namespace) -> None:
    from caro_shell import daemon

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    daemon.run(paths.runtime_dir(os.environ), os.environ)


def _start(options: argparse.Namespace) -> None:
    started = lifecycle.start(paths.runtime_dir(os.environ), os.environ)
    _say(options, "started" if started else "running already")


def _stop(options: argparse.Namespace) -> None:
    with Client(os.environ) as client:
        stopped = client.stop()
    _say(options, "stopped" if stopped else "was not running")


def _restart(options: argparse.Namespace) -> None:
    with Client(os.environ) as client:
        client.stop()
    # Whoever restarts it wants to see it tried again.
    attempts.forget(os.environ)
    _start(options)


def _say(options: argparse.Namespace, words: str) -> None:
    if options.json:
        _status(options)
    else:
        print(f"caro daemon: {words}", file=sys.stderr)


def read_status(client: Client, *, last: bool = False) -> Mapping[str, Any]:
    """Return the daemon's status without starting one."""
    if not client.is_running():
        return _STOPPED
    return {name: value for name, value in client.ask({"type": "status", "last": last}).items() if name != "type"}


def _status(options: argparse.Namespace) -> None:
    with Client(os.environ) as client:
        status = read_status(client)
    if options.json:
        print(json.dumps(status))
        return
    if not status["pid"]:
        print("stopped")
        return
    print(f"{status['state']}, pid {status['pid']}, version {status['version']}, up {status['uptime_s']:.0f} s")
    print(f"model     {status['model']}")
    print(f"engine    {status['engine']}{' on ' + describe_device(status) if status['device'] else ''}")
    print(f"requests  {status['requests']}, {status['waiting']} at the moment")
    print(f"memory    {status['rss_bytes'] / 1e6:.0f} MB")
    for note in status["notes"]:
        print(f"note      {note}")


def describe_device(placement: Mapping[str, Any]) -> str:
    """Return where a model runs, as in `CUDA0 (NVIDIA GeForce RTX 3060), 20 of 29 layers`; of a server, which one."""
    if placement.get("host"):
        return str(placement["host"])
    hardware = f" ({placement['hardware']})" if placement.get("hardware") else ""
    layers = f", {placement['offloaded']} of {placement['layers']} layers" if placement.get("offloaded") else ""
    return f"{placement['device']}{hardware}{layers}"


def _logs(_options: argparse.Namespace) -> None:
    path = Path(paths.log_file(os.environ))
    lines = path.read_text(errors="replace").splitlines() if path.exists() else []
    print("\n".join(lines[-_LOG_LINES:]))
    print(f"(from {path})", file=sys.stderr)
