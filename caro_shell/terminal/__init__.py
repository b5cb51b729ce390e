"""`caro` for a person at a terminal: the command, what is said of it, and a menu; or a conversation.

`session` and `conversation` say what happens, `full` and `plain` are two faces of it, `card`, `menu` and `highlight`
say what is shown. Imported only when somebody sits there: prompt-toolkit is no small thing.
"""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from caro_shell import __version__, paths

if TYPE_CHECKING:
    from caro_shell.terminal.face import Face
    from caro_shell.terminal.session import Session, Wishes


def is_somebody_there() -> bool:
    """Say whether a person reads what we write and types what we read: a terminal, and we are in its foreground."""
    try:
        return sys.stdin.isatty() and sys.stdout.isatty() and os.tcgetpgrp(0) == os.getpgrp()
    except (AttributeError, OSError, ValueError):
        return False


def answer(line: str, wishes: "Wishes", kind: str) -> int:
    """Answer one request and do with it what the user wants; returns an exit status. `kind` is the setting `menu`."""
    from caro_shell.terminal import turns

    with _session(wishes, kind, os.environ) as session:
        session.ask(turns.words(line))
        return session.settle()


def converse(wishes: "Wishes", kind: str) -> int:
    """Answer requests until the user leaves; returns an exit status."""
    from caro_shell.client import settings_in
    from caro_shell.terminal.conversation import COMMANDS
    from caro_shell.terminal.conversation import converse as go_on
    from caro_shell.terminal.errand import Errand
    from caro_shell.terminal.history import History

    # While the first request is typed, the model is loaded; what goes wrong with that, the request will say.
    warm = {"type": "warm", "version": __version__, "shell": wishes.shell, "settings": settings_in(os.environ)}
    Errand(warm, os.environ)
    with _session(wishes, kind, os.environ) as session:
        session.face.history = History(Path(paths.history_file(os.environ)))
        session.face.commands = list(COMMANDS)
        return go_on(session)


@contextmanager
def _session(wishes: "Wishes", kind: str, environ: Mapping[str, str]) -> "Iterator[Session]":
    from caro_shell.terminal.session import Session

    with ExitStack() as stack:
        yield Session(lambda: stack.enter_context(_face(kind, environ)), wishes, environ)


def _face(kind: str, environ: Mapping[str, str]) -> "Face":
    from caro_shell.terminal.looks import is_plain_terminal

    if kind == "plain" or is_plain_terminal(environ):
        from caro_shell.terminal.plain import Plain

        return Plain()
    from caro_shell import config
    from caro_shell.terminal.full import of_this_process

    settings = config.current()
    return of_this_process(environ, settings.style, vi=settings.editing == "vi")
