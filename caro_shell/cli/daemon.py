"""`caro daemon run|start|warm|stop|restart|status|logs|install|uninstall`: the warm process behind the key."""

import argparse
import json
import logging
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from caro_shell import __version__, config, lifecycle, login, paths
from caro_shell.cli import ANSWERED
from caro_shell.cli.asking import users_shell
from caro_shell.cli.options import Parser
from caro_shell.client import Client, settings_in
from caro_shell.config.text import shown
from caro_shell.engines import attempts
from caro_shell.machine.power import on_battery
from caro_shell.parse.characters import without_refused

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


_VERBS = {
    "run": ("be the daemon, in the foreground", "with its log on the screen; Ctrl-C ends it"),
    "start": ("start it now, without a request", "the model is loaded at the first request"),
    "warm": ("start it, and load the model before anybody asks", "so that the first answer is as quick as the next"),
    "stop": ("let it leave; the next request starts it again", "gives all of its memory back"),
    "restart": ("stop and start", "tries a model again that did not load"),
    "status": ("what it is doing", "the model, the device, the memory it takes"),
    "logs": (f"the last {_LOG_LINES} lines of its log", "what it said when something went wrong"),
    "install": ("warm it at every login from now on", "by systemd or launchd"),
    "uninstall": ("do that no more", "takes away what install has made"),
}


def parser() -> Parser:
    """Return what the verbs take, with their help."""
    made = Parser(
        prog="caro daemon",
        description="The process that keeps the model warm. It starts by itself at the first request.",
        examples=(
            ("caro daemon status", "what it is doing"),
            ("caro daemon status --json | jq -r .state", "the same for scripts"),
            ("caro daemon install", "the model is loaded at login from now on"),
        ),
    )
    verbs = made.add_subparsers(dest="verb", metavar="VERB", required=True)
    for name, (text, example) in _VERBS.items():
        verb = verbs.add_parser(name, help=text, description=text, examples=((f"caro daemon {name}", example),))
        if name not in {"run", "logs"}:
            verb.add_argument("--json", action="store_true", help="print the status as one object")
        if name == "warm":
            verb.add_argument("--at-login", action="store_true", help="do nothing while this machine runs on battery")
    return made


def run(argv: Sequence[str]) -> int:
    """Do one of the verbs."""
    options = parser().parse_args(argv)
    verbs: dict[str, Callable[[argparse.Namespace], None]] = {
        "run": _run,
        "start": _start,
        "warm": _warm,
        "stop": _stop,
        "restart": _restart,
        "status": _status,
        "logs": _logs,
        "install": _install,
        "uninstall": _uninstall,
    }
    verbs[options.verb](options)
    return ANSWERED


def _run(_options: argparse.Namespace) -> None:
    from caro_shell.daemon import server as daemon

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    daemon.run(paths.runtime_dir(os.environ), os.environ)


def _start(options: argparse.Namespace) -> None:
    started = lifecycle.start(paths.runtime_dir(os.environ), os.environ)
    _say(options, "started" if started else "running already")


def _warm(options: argparse.Namespace) -> None:
    if options.at_login and on_battery():
        _say(options, "on battery, so the model is loaded when it is asked for")
        return
    asked = {"type": "warm", "version": __version__, "shell": users_shell(), "settings": settings_in(os.environ)}
    with Client(os.environ) as client:
        client.ask(asked)
    _say(options, "warming up")


def _install(options: argparse.Namespace) -> None:
    config.current()
    found = login.install(login.this_system(os.environ), login.start_of(os.environ))
    words = f"the model is loaded at login from now on ({shown(str(found.file))})"
    if found.left:
        words = f"{shown(str(found.file))} is written; one command is left: {found.left}"
    _say(options, words)


def _uninstall(options: argparse.Namespace) -> None:
    gone = login.uninstall(login.this_system(os.environ), login.start_of(os.environ))
    _say(options, "nothing is loaded at login any more" if gone else "nothing was loaded at login")


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
    at_login = login.find(login.this_system(os.environ))
    if options.json:
        print(json.dumps({**status, "at_login": at_login.state}))
        return
    _print_status(status)
    if at_login.state != "off":
        todo = f", but not switched on: {at_login.left}" if at_login.left else ""
        print(f"at login  warm, by {shown(str(at_login.file))}{todo}")


def _print_status(status: Mapping[str, Any]) -> None:
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
    lines = lifecycle.log_text(paths.runtime_dir(os.environ)).splitlines()
    # What a library has printed may be anything.
    print("\n".join(map(without_refused, lines[-_LOG_LINES:])))
    print(f"(from {paths.log_file(os.environ)})", file=sys.stderr)
