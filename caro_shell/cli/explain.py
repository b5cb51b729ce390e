"""`caro explain COMMAND`: what each part of a command does, below its own place; it is not run."""

import json
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace

from caro_shell import config
from caro_shell.cli import ANSWERED
from caro_shell.cli.asking import ask, request, users_shell
from caro_shell.cli.options import Parser
from caro_shell.client import Client
from caro_shell.errors import CaroError, UsageError
from caro_shell.explain import Explanation, explain, here_of
from caro_shell.explain.layout import Line, rows, spoken
from caro_shell.prompt import SHELLS

_NO_COLUMNS = 80
_WAITING = "…"


def parser() -> Parser:
    """Return what the verb takes, with its help."""
    made = Parser(
        prog="caro explain",
        description="Say what each part of a command does, below its own place; nothing is run. What neither this "
        "machine's manuals nor the shell's grammar say, the model says, marked with ~.",
        examples=(
            ("caro explain 'tar xzf file.tgz'", "best in quotes, so that your shell leaves it alone"),
            ("caro explain --local 'find . -mtime +7'", "only what this machine says by itself; no model is asked"),
            ("caro explain < script.sh", "what stands in a file"),
        ),
    )
    made.add_argument("command", nargs="*", metavar="COMMAND", help="one argument; without it, stdin is read")
    made.add_argument("--shell", choices=SHELLS, help="the shell the command is for (default: yours)")
    made.add_argument("--model", default="", help="a model's name or file, for this request")
    made.add_argument("--local", action="store_true", help="ask no model")
    made.add_argument("--json", action="store_true", help="print one object: the parts, and who says what of them")
    return made


def run(argv: Sequence[str]) -> int:
    """Print the explanation on stdout; what keeps it from being whole is said on stderr."""
    options = parser().parse_args(argv)
    command = " ".join(options.command)
    if not command and sys.stdin is not None and not sys.stdin.isatty():
        command = sys.stdin.read()
    if not command.strip():
        raise UsageError("There is no command to explain.", "Try: caro explain 'tar xzf file.tgz'")
    shell = options.shell or users_shell()
    explanation = explain(command.strip("\n"), here_of(shell))
    if not explanation.parts:
        raise UsageError("These are words, not a command yet.", "Let them become one first, then ask what it does.")
    if options.json:
        explanation = explanation if options.local else _completed(explanation, shell, options.model)
        print(json.dumps(as_object(explanation), ensure_ascii=False))
        return ANSWERED
    screen = _Screen()
    if explanation.asked and not options.local:
        screen.draft(explanation)
        explanation = _completed(explanation, shell, options.model)
    screen.show(explanation)
    return ANSWERED


def _completed(explanation: Explanation, shell: str, model: str = "") -> Explanation:
    """Return an explanation with the model's parts in it; without them, and why, where no model can be had.

    Raises CaroError where nothing at all is known without.
    """
    try:
        with Client(os.environ) as client:
            return completed(client, explanation, shell, model)
    except CaroError as error:
        if not any(part.text for part in explanation.parts):
            raise
        print(f"caro: {error.message} {error.hint}".rstrip(), file=sys.stderr)
        return explanation


def completed(client: Client, explanation: Explanation, shell: str, model: str = "") -> Explanation:
    """Return an explanation with what the model says of the parts that nobody else explains; it is asked only then.

    Raises CaroError.
    """
    if not (asked := explanation.asked):
        return explanation
    question = request(explanation.command, shell, model)._replace(type="explain", parts=asked)
    reply = ask(client, question)
    return explanation.told(reply.explanation, reply.parts, reply.model)


def as_object(explanation: Explanation) -> dict[str, object]:
    """Return an explanation for programs; spans count characters of the command."""
    parts = [
        {
            "spans": [list(span) for span in part.spans],
            "part": part.written(explanation.command),
            "text": part.text,
            "source": part.source,
            "origin": part.origin,
        }
        for part in explanation.parts
    ]
    return {
        "command": explanation.command,
        "summary": explanation.summary,
        "model": explanation.model,
        "parts": parts,
    }


class _Screen:
    """stdout: in a terminal, what is known at once is there at once, and is replaced when the rest comes."""

    def __init__(self) -> None:
        self._is_terminal = sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        size = shutil.get_terminal_size((_NO_COLUMNS, 24))
        self._columns, self._lines = size.columns, size.lines
        # Lines that are read aloud have no places.
        self._is_plain = self._is_terminal and config.current().menu == "plain"
        self._is_bold = self._is_terminal and not os.environ.get("NO_COLOR")
        self._drafted = 0

    def draft(self, explanation: Explanation) -> None:
        """Show what there is so far, if it can be taken back."""
        found = rows(replace(explanation, summary=""), self._columns - 1, _WAITING)
        if self._is_terminal and not self._is_plain and len(found) < self._lines - 1:
            self._print(found)
            self._drafted = len(found)

    def show(self, explanation: Explanation) -> None:
        """Show the whole in place of what was there before."""
        if self._is_plain:
            self._print([Line(text) for text in spoken(explanation)])
            return
        if self._drafted:
            sys.stdout.write(f"\x1b[{self._drafted}A\r\x1b[J")
        self._print(rows(explanation, self._columns - 1 if self._is_terminal else self._columns))

    def _print(self, found: Sequence[Line]) -> None:
        for line in found:
            print(f"\x1b[1m{line.text}\x1b[0m" if line.is_command and self._is_bold else line.text)
        sys.stdout.flush()
