"""`caro explain COMMAND`: what a command does, in a sentence or two; it is not run."""

import os
import sys
from collections.abc import Sequence

from caro_shell.cli import ANSWERED
from caro_shell.cli.asking import ask, request
from caro_shell.cli.options import Parser
from caro_shell.client import Client
from caro_shell.errors import UsageError
from caro_shell.prompt import SHELLS


def parser() -> Parser:
    """Return what the verb takes, with its help."""
    made = Parser(
        prog="caro explain",
        description="Say in a sentence or two what a command does; nothing is run.",
        examples=(
            ("caro explain 'tar xzf file.tgz'", "best in quotes, so that your shell leaves it alone"),
            ("caro explain < script.sh", "what stands in a file"),
        ),
    )
    made.add_argument("command", nargs="*", metavar="COMMAND", help="one argument; without it, stdin is read")
    made.add_argument("--shell", choices=SHELLS, help="the shell the command is for (default: yours)")
    made.add_argument("--model", default="", help="a model's name or file, for this request")
    return made


def run(argv: Sequence[str]) -> int:
    """Print the explanation on stdout."""
    options = parser().parse_args(argv)
    command = " ".join(options.command)
    if not command and sys.stdin is not None and not sys.stdin.isatty():
        command = sys.stdin.read()
    if not command.strip():
        raise UsageError("Which command?", "Try: caro explain 'tar xzf file.tgz'")
    with Client(os.environ) as client:
        asked = request(command, options.shell or "", options.model)._replace(type="explain")
        print(ask(client, asked).explanation)
    return ANSWERED
