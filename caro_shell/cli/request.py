"""`caro REQUEST`: the command on stdout and nothing else; everything for people on stderr."""

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from itertools import count

from caro_shell import __version__
from caro_shell.cli import ANSWERED, FAILED, VERBS, print_error
from caro_shell.cli.asking import ask, request, terminal_name, users_shell
from caro_shell.cli.options import Parser
from caro_shell.client import Client
from caro_shell.errors import CaroError, UsageError
from caro_shell.prompt import SHELLS
from caro_shell.protocol import Ask, Reply

# The object of --json, in this order.
_PRINTED = (
    *("command", "risk", "reasons", "notes", "alternatives"),
    *("model", "engine", "cached", "timings_ms", "confidence"),
)


def parser() -> Parser:
    """Return what `caro` takes, with its help."""
    made = Parser(
        prog="caro",
        description="Words become a command, written by a model on your own machine. At a terminal, a menu asks what "
        "to do with it, and nothing is run unless you choose so; elsewhere it is printed. `caro` alone is a "
        "conversation.",
        usage="caro [OPTION …] REQUEST …\n       caro VERB …",
        epilog='A request that begins with a verb is quoted: caro "last 10 commits".',
        lists={"verbs, of which `caro VERB --help` tells more": VERBS},
        statuses={0: "answered", 1: "an error, said in one sentence", 2: "wrong usage", 130: "cancelled"},
        examples=(
            ('caro "list all files"', "the command and a menu; in a pipe, the command alone"),
            ("caro", "a conversation"),
            ('caro -n 3 "show free disk space"', "up to three different commands"),
            ('caro --json "count lines of code" | jq .risk', "everything known about the answer"),
            ("caro --batch < requests.txt", "a request a line in, a command a line out"),
        ),
    )
    made.add_argument("words", nargs="*", metavar="REQUEST", help="what the command should do, in any language")
    made.add_argument("--json", action="store_true", help="print one object with everything known about the answer")
    made.add_argument("--batch", action="store_true", help="read one request a line, write one answer a line")
    made.add_argument(
        "-n", dest="number", type=int, default=1, metavar="N", help="up to N different commands, a line each"
    )
    made.add_argument("--shell", choices=SHELLS, help="the shell the command is for (default: yours)")
    made.add_argument("--model", default="", help="a model's name or file, for this request")
    made.add_argument("--fresh", action="store_true", help="do not answer from the cache")
    made.add_argument("--print", action="store_true", help="at a terminal, too: print the command and ask nothing")
    made.add_argument("--plain", action="store_true", help="at a terminal: lines that can be read aloud, and questions")
    made.add_argument("--force", action="store_true", help="let the menu run what would destroy the system or a home")
    made.add_argument("--version", action="version", version=f"caro {__version__}")
    return made


def run(argv: Sequence[str]) -> int:
    """Answer a request, or with --batch many."""
    options = parser().parse_args(argv)
    if options.batch:
        return _run_batch(options)
    line = " ".join(options.words)
    if (menu := _menu(options)) != "off" and (line.strip() or not options.words):
        return _at_terminal(line, options, menu)
    if not options.words and sys.stdin is not None and not sys.stdin.isatty():
        line = sys.stdin.read()
    if not line.strip():
        raise UsageError("What should the command do?", 'Try: caro "list all files", or caro --help')
    asked = _request(line, options, terminal=terminal_name())
    with Client(os.environ) as client:
        reply = ask(client, asked)
    _print_reply(reply, as_json=options.json)
    if not options.json:
        _say_danger_of_alternatives(reply.alternatives, asked)
    return ANSWERED


def _menu(options: argparse.Namespace) -> str:
    """Return what a person at a terminal is shown: `full` or `plain`; `off` where nobody is, or wants to be asked."""
    from caro_shell import terminal

    if options.json or options.print or options.number != 1 or not terminal.is_somebody_there():
        return "off"
    from caro_shell import config

    menu = config.current().menu
    return "plain" if options.plain and menu != "off" else menu


def _at_terminal(line: str, options: argparse.Namespace, menu: str) -> int:
    from caro_shell import terminal
    from caro_shell.terminal.session import Wishes

    wishes = Wishes(options.shell or users_shell(), options.model, options.fresh, options.force)
    return terminal.answer(line, wishes, menu) if line else terminal.converse(wishes, menu)


def _request(line: str, options: argparse.Namespace, terminal: str) -> Ask:
    return request(line, options.shell or "", options.model)._replace(
        terminal=terminal, number=options.number, fresh=options.fresh
    )


def _print_reply(reply: Reply, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({name: getattr(reply, name) for name in _PRINTED}, ensure_ascii=False))
        return
    for command in (reply.command, *reply.alternatives):
        print(command)
    _say_danger(reply)
    for note in reply.notes:
        print(f"caro: {note}", file=sys.stderr)


def _say_danger(reply: Reply, where: str = "") -> None:
    if reply.risk in ("high", "critical"):
        for reason in reply.reasons:
            print(f"caro: {where}{reply.risk}: this {reason}.", file=sys.stderr)


def _say_danger_of_alternatives(commands: Sequence[str], asked: Ask) -> None:
    """Judge here what the daemon has judged only when it was the answer itself."""
    for number, command in enumerate(commands, start=2):
        from caro_shell.danger import judge_here

        judged = judge_here(command, asked.shell, asked.cwd, os.environ)
        if judged.level in ("high", "critical"):
            for reason in judged.reasons:
                print(f"caro: command {number}: {judged.level}: this {reason.sentence}.", file=sys.stderr)


def _lines() -> Iterator[str]:
    for line in sys.stdin or ():
        if line.strip():
            yield line.rstrip("\n")


def _run_batch(options: argparse.Namespace) -> int:
    """Answer every line of stdin through one connection; a line that fails is said and the rest goes on."""
    if options.words:
        raise UsageError("--batch reads its requests from stdin.", "Try: caro --batch < requests.txt")
    failed = False
    with Client(os.environ) as client:
        for number, line in zip(count(1), _lines(), strict=False):
            try:
                reply = ask(client, _request(line, options, terminal=""))
            except CaroError as error:
                failed = True
                _print_failure(number, error, as_json=options.json)
                continue
            if options.json:
                _print_reply(reply, as_json=True)
            else:
                # One line in, one line out: a command of several lines keeps them as text.
                print(reply.command.replace("\n", "\\n"))
                _say_danger(reply, f"line {number}: ")
            sys.stdout.flush()
    return FAILED if failed else ANSWERED


def _print_failure(number: int, error: CaroError, *, as_json: bool) -> None:
    if as_json:
        print(
            json.dumps({"error": {"code": error.code, "message": error.message, "hint": error.hint}}),
            flush=True,
        )
    else:
        print(flush=True)
        print_error(type(error)(f"line {number}: {error.message}", error.hint))
