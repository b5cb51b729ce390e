"""What every verb that asks the daemon shares: the request, and a line on the terminal while one waits."""

import os
import sys
import time
from contextlib import suppress

from caro_shell import __version__, paths
from caro_shell.client import Client, settings_in
from caro_shell.errors import CaroError, UsageError
from caro_shell.prompt import SHELLS
from caro_shell.protocol import Ask, Reply, reply_from


def users_shell() -> str:
    """Return the user's own shell if it is one of ours, else bash."""
    name = os.path.basename(os.environ.get("SHELL", ""))
    return name if name in SHELLS else "bash"


def terminal_name() -> str:
    """Return a name that is the same for all requests of one terminal, empty where there is none."""
    try:
        return os.ttyname(2)
    except OSError:
        return ""


def request(line: str, shell: str = "", model: str = "") -> Ask:
    """Return a request from here; `shell` is by default the user's own, `model` a name or a file."""
    return Ask(
        line=line,
        shell=shell or users_shell(),
        version=__version__,
        cwd=paths.working_dir(),
        terminal=terminal_name(),
        sequence=time.monotonic_ns(),
        model=os.path.abspath(model) if os.path.isfile(model) else model,
        path=os.environ.get("PATH", ""),
        stream=False,
        settings=settings_in(os.environ),
    )


def answer_to(line: str, shell: str = "") -> Reply:
    """Ask for the command for a request; raises UsageError when there are no words in it."""
    if not line.strip():
        raise UsageError("What should the command do?", 'Try: caro "list all files"')
    with Client(os.environ) as client:
        return ask(client, request(line, shell))


def ask(client: Client, asked: Ask) -> Reply:
    """Ask, and say meanwhile what one waits for."""
    notice = _Notice()
    try:
        return reply_from(client.ask(asked.message(), notice.show))
    finally:
        notice.clear()


class _Notice:
    """A line on the terminal that says what one waits for; nothing where stderr is not a terminal."""

    _AFTER_MS = 400.0

    def __init__(self) -> None:
        self._shown = False

    def show(self, event: dict[str, object]) -> None:
        if event["type"] == "working" and float(str(event["elapsed_ms"])) > self._AFTER_MS and sys.stderr.isatty():
            words = {"loading": "loading the model", "queued": "waiting"}.get(str(event["state"]), "thinking")
            sys.stderr.write(f"\r\x1b[2mcaro: {words} …\x1b[0m\x1b[K")
            sys.stderr.flush()
            self._shown = True

    def clear(self) -> None:
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def tell_daemon() -> None:
    """Let a running daemon follow changed settings now; one that cannot be told does so by itself."""
    with suppress(CaroError), Client(os.environ) as client:
        if client.is_running():
            client.ask({"type": "reload"})
