"""`caro forget`: what is kept of earlier answers, shown and removed."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from caro_shell import paths
from caro_shell.cli import ANSWERED
from caro_shell.cli.options import Parser
from caro_shell.errors import UsageError
from caro_shell.parse.characters import without_refused

_MOST_SHOWN = 10


def parser() -> Parser:
    """Return what the verb takes, with its help."""
    made = Parser(
        prog="caro forget",
        description="Removes what is kept of earlier answers and what you made of them, and of the requests of "
        "conversations.",
        examples=(
            ("caro forget", "how much is kept, and where; nothing is removed"),
            ("caro forget password", "what has this text in it"),
            ("caro forget --all", "everything"),
        ),
    )
    made.add_argument("words", nargs="*", metavar="TEXT", help="what has this text in it, in the words or the command")
    made.add_argument("--all", action="store_true", help="everything")
    return made


def run(argv: Sequence[str]) -> int:
    """Remove what was asked for and say what it was; without words, say what there is."""
    from caro_shell.learned import Learned
    from caro_shell.terminal.history import History

    options = parser().parse_args(argv)
    text = " ".join(options.words)
    if options.all and text:
        raise UsageError("A text and --all say two different things.", "Try: caro forget --all")
    learned = Learned(paths.learned_file(os.environ))
    found = learned.forget(text, only_look=not (options.all or text))
    for row in found[:_MOST_SHOWN] if text else []:
        # Whoever removes a part wants to see which.
        print(without_refused(f"{row.request} → {row.ran or row.command} ({row.fate})".replace("\n", " ")))
    count = f"{len(found)} answer{'s' if len(found) != 1 else ''}"
    if options.all or text:
        requests = History(Path(paths.history_file(os.environ))).forget(text)
        also = f" and {requests} request{'s' if requests != 1 else ''} of conversations" if requests else ""
        _say(f"forgot {count}{also}.")
    else:
        _say(f"{count} and what became of them are kept in {learned.path}. To remove them: caro forget --all")
    return ANSWERED


def _say(sentence: str) -> None:
    print(f"caro: {without_refused(sentence)}", file=sys.stderr)
