"""`caro tour`: two minutes in the user's own shell, pressing the real keys."""

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from caro_shell import __version__, config
from caro_shell.cli import ANSWERED
from caro_shell.cli.asking import users_shell
from caro_shell.cli.options import Parser
from caro_shell.client import Client, settings_in
from caro_shell.config import values as config_values
from caro_shell.errors import CaroError
from caro_shell.prompt import SHELLS


def parser() -> Parser:
    """Return what the verb takes, with its help."""
    made = Parser(
        prog="caro tour",
        description="Two minutes to try the keys: your own shell, with your own settings, in a directory of its own "
        "that goes when you leave. Nothing of it comes into your history. Leave it whenever you like, with exit.",
        examples=(
            ("caro tour", "in the shell that is yours"),
            ("caro tour --shell fish", "in another one"),
        ),
    )
    made.add_argument("--shell", choices=SHELLS, help="the shell to try it in (default: yours)")
    return made


def run(argv: Sequence[str]) -> int:
    """Start the shell, and clean up behind it."""
    shell = parser().parse_args(argv).shell or users_shell()
    if os.environ.get("CARO_TOUR"):
        raise CaroError("This is the tour already.", "Type skip for its next step, or exit to leave it.")
    if not all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout)):
        raise CaroError("The tour needs a terminal, with a keyboard and a screen.", "Say it at the prompt: caro tour")
    program = _program(shell)
    _warm(shell)
    from caro_shell.tour.scratch import run_shell, scratch

    with scratch() as made:
        status = run_shell(shell, program, made)
        came_to_a_prompt = (made.own / "place").exists()
    if not came_to_a_prompt:
        raise CaroError(
            f"{shell} ended with status {status} before it came to its prompt.",
            "See what is wrong with it: caro doctor",
        )
    print("caro: that was the tour; its directory is gone, and your history is as it was.", file=sys.stderr)
    return ANSWERED


def _program(shell: str) -> str:
    """Return the shell's file: the one the user has chosen, if it is of that name."""
    own = os.environ.get("SHELL", "")
    found = own if Path(own).name == shell and Path(own).is_file() else shutil.which(shell)
    if not found:
        others = [name for name in SHELLS if shutil.which(name)]
        raise CaroError(f"There is no {shell} here.", f"Try: caro tour --shell {others[0] if others else 'bash'}")
    return found


def _warm(shell: str) -> None:
    """See that there is a model, and have it loaded while the user reads the first lines."""
    settings = config.current()
    if settings.engine in config_values.ENGINES and settings.engine != "openai" and not settings.base_url:
        from caro_shell.models.store import find_model

        find_model(settings.model, settings)
    asked = {"type": "warm", "version": __version__, "shell": shell, "settings": settings_in(os.environ)}
    with Client(os.environ) as client:
        client.ask(asked)
