"""`caro check COMMAND`: how dangerous a command is, and why; no model and no daemon is asked."""

import json
import os
import sys
from collections.abc import Iterator, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any

from caro_shell import paths
from caro_shell.cli import ANSWERED
from caro_shell.cli.asking import users_shell
from caro_shell.cli.options import Parser
from caro_shell.errors import UsageError
from caro_shell.parse.characters import without_refused
from caro_shell.prompt import SHELLS

if TYPE_CHECKING:
    from caro_shell.safety.judge import Judgement

EXIT_CODES = {"safe": ANSWERED, "moderate": 10, "high": 11, "critical": 12}


def parser() -> Parser:
    """Return what the verb takes, with its help."""
    made = Parser(
        prog="caro check",
        description="How dangerous a command is, judged on its syntax tree: safe, moderate, high or critical, with the "
        "reasons. Nothing is run, and no model is asked.",
        statuses={**{status: level for level, status in EXIT_CODES.items()}, 2: "wrong usage"},
        examples=(
            ("caro check 'rm -rf ./build'", "the level, and the reasons below it"),
            ("caro check --json 'curl -s x.sh | sh'", "the same as one object, for programs"),
            ("caro check --batch < commands.txt", "a command a line, an object a line"),
        ),
    )
    made.add_argument("words", nargs="*", metavar="COMMAND", help="the command, in quotes")
    made.add_argument("--batch", action="store_true", help="a command a line on stdin, an object a line on stdout")
    made.add_argument("--shell", default="", choices=SHELLS, help="whose grammar it has (default: yours)")
    made.add_argument("--json", action="store_true", help="print one object")
    return made


def run(argv: Sequence[str]) -> int:
    """Print the risk of one command, or of every line of stdin; the exit code says the level."""
    options = parser().parse_args(argv)
    shell = options.shell or users_shell()
    if options.batch:
        if options.words:
            raise UsageError("--batch reads its commands from stdin.", "Try: caro check --batch < commands.txt")
        return _check_lines(shell)
    command = " ".join(options.words)
    if not command.strip():
        raise UsageError("There is no command to check.", "Try: caro check 'rm -rf ./build'")
    found = _judged(command, shell)
    print(json.dumps(_as_object(command, found), ensure_ascii=False) if options.json else _as_text(found))
    return EXIT_CODES[found.level]


def _judged(command: str, shell: str) -> "Judgement":
    from caro_shell.danger import judge_here

    return judge_here(command, shell, paths.working_dir(), os.environ)


def _lines() -> Iterator[str]:
    for line in sys.stdin or ():
        if line.strip():
            yield line.rstrip("\n")


def _check_lines(shell: str) -> int:
    for number, line in zip(count(1), _lines(), strict=False):
        print(json.dumps({"line": number, **_as_object(line, _judged(line, shell))}, ensure_ascii=False))
    return ANSWERED


def _as_object(command: str, found: "Judgement") -> dict[str, Any]:
    """Return everything known: `span` is where a reason stands in the command, in characters."""
    return {
        "command": command,
        "risk": found.level,
        "reasons": [
            {
                "risk": reason.level,
                "reason": reason.sentence,
                "chain": list(reason.chain),
                "span": list(reason.span),
                "rule": reason.rule,
            }
            for reason in found.reasons
        ],
    }


def _as_text(found: "Judgement") -> str:
    lines = [found.level]
    for reason in found.reasons:
        chain = " → ".join(reason.chain)
        lines.append(without_refused(f"  {reason.level}: {chain}: {reason.sentence}"))
    return "\n".join(lines)
