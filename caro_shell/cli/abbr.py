"""`caro abbr add|list|rm`: commands kept under names that every shell expands."""

import argparse
import json
import os
import shlex
import sys
from collections.abc import Callable, Sequence

from caro_shell import abbreviations
from caro_shell.cli import ANSWERED
from caro_shell.cli.options import Parser
from caro_shell.errors import CaroError, UsageError
from caro_shell.parse.characters import without_refused
from caro_shell.prompt import SHELLS


def parser() -> Parser:
    """Return what the verbs take, with their help."""
    made = Parser(
        prog="caro abbr",
        description="Keeps commands under names: abbreviations in fish, aliases in zsh and bash. "
        "Shells that are open have a new one at their next prompt.",
        examples=(
            ("caro abbr add gs 'git status'", "a command, as it is"),
            ('caro abbr add big "the five largest files here"', "the command for a request"),
            ("caro abbr list", "what is kept"),
            ("caro abbr rm gs big", "keeps them no longer"),
        ),
    )
    verbs = made.add_subparsers(dest="verb", metavar="add|list|rm", required=True)
    text = "keep a command, or the command that the model writes for a request"
    add = verbs.add_parser(
        "add", help=text, description=text, examples=(("caro abbr add gs 'git status'", "gs stands for git status"),)
    )
    add.add_argument("name", metavar="NEW-NAME", help="letters, digits and _ . + -, a letter first")
    add.add_argument("text", nargs=argparse.REMAINDER, metavar="TEXT", help="a command, or words; best in quotes")
    kind = add.add_mutually_exclusive_group()
    kind.add_argument("--command", action="store_true", help="TEXT is a command, whatever it looks like")
    kind.add_argument("--request", action="store_true", help="TEXT is words, whatever they look like")
    add.add_argument("--shell", choices=SHELLS, default="", help="the shell a request is for (default: yours)")
    text = "NAME, a tab and the command, a line each"
    listing = verbs.add_parser(
        "list", help=text, description=text, examples=(("caro abbr list --json", "one object, names to commands"),)
    )
    listing.add_argument("--json", action="store_true", help="print one object, names to commands")
    text = "keep these names no longer"
    remove = verbs.add_parser("rm", help=text, description=text, examples=(("caro abbr rm gs", "gs is yours again"),))
    remove.add_argument("names", nargs="+", metavar="NAME", help="a name of `caro abbr list`")
    return made


def run(argv: Sequence[str]) -> int:
    """Do one of the verbs."""
    verbs: dict[str, Callable[[argparse.Namespace], None]] = {"add": _add, "list": _list, "rm": _remove}
    options = parser().parse_args(argv)
    verbs[options.verb](options)
    return ANSWERED


def _say(sentence: str) -> None:
    print(f"caro: {without_refused(sentence)}", file=sys.stderr)


def _add(options: argparse.Namespace) -> None:
    from caro_shell.context import is_known

    # Before the model works for nothing.
    abbreviations.check_name(options.name)
    words, kind = options.text, "command" if options.command else "request" if options.request else ""
    if words[:1] in (["--command"], ["--request"]):
        kind, words = words[0][2:], words[1:]
    text = " ".join(words).strip()
    if not text:
        raise UsageError("There is nothing to keep.", "Try: caro abbr add gs 'git status'")
    if kind == "command" or (not kind and abbreviations.is_kept_as_it_is(text, is_known)):
        # The shell has taken the quotes away from words that were not quoted as a whole.
        command = text if len(words) == 1 else shlex.join(words)
        before = abbreviations.keep(os.environ, options.name, command)
        _say(f"{options.name} stands for: {command}")
    else:
        command = _ask(text, options.shell)
        before = abbreviations.keep(os.environ, options.name, command)
        print(command)
        _say(f"kept as {options.name}")
    if before not in (None, command):
        _say(f"before, it stood for: {before}")


def _ask(text: str, shell: str) -> str:
    from caro_shell.cli.asking import answer_to

    reply = answer_to(text, shell)
    why = "; ".join(reply.reasons)
    if reply.risk == "critical":
        # An abbreviation is expanded and run by one Enter.
        raise CaroError(
            f"`{reply.command}` is not kept: this {why}.", "If it is what you want: caro abbr add --command"
        )
    if reply.risk == "high":
        _say(f"careful: this {why}.")
    for note in reply.notes:
        _say(note)
    return reply.command


def _list(options: argparse.Namespace) -> None:
    kept = abbreviations.read(os.environ)
    if options.json:
        print(json.dumps(kept, ensure_ascii=False))
        return
    for name, command in kept.items():
        # One line each; where it matters which characters a command has, there is --json.
        print(without_refused(f"{name}\t{command}".replace("\n", "\\n")))
    if not kept:
        _say("nothing is kept yet. Try: caro abbr add gs 'git status'")


def _remove(options: argparse.Namespace) -> None:
    abbreviations.remove(os.environ, options.names)
