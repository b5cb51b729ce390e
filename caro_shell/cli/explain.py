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


def run(argv: Sequence[str]) -> int:
    """Print the explanation on stdout."""
    parser = Parser(prog="caro explain", description="Say in a sentence or two what a command does; nothing is run.")
    parser.add_argument("command", nargs="*", metavar="COMMAND", help="one argument; without it, stdin is read")
    parser.add_argument("--shell", choices=SHELLS, help="the shell the command is for (default: yours)")
    parser.add_argument("--model", default="", help="a model's name or file, for this request")
    options = parser.parse_args(argv)
    command = " ".join(options.command)
    if not command and sys.stdin is not None and not sys.stdin.isatty():
        command = sys.stdin.read()
    if not command.strip():
        raise UsageError("Which command?", "Try: caro explain 'tar xzf file.tgz'")
    with Client(os.environ) as client:
        asked = request(command, options.shell or "", options.model)._replace(type="explain")
        print(ask(client, asked).explanation)
    return ANSWERED
