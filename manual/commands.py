"""What `caro` and each of its verbs takes, as values: read off the parsers, so that nothing is said twice."""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module

from caro_shell.cli import VERBS
from caro_shell.cli.options import Examples, Parser

PLACES = {
    "MODEL": "model",
    "FILE": "file",
    "DIR": "directory",
    "KEY": "key",
    "COMMAND": "command",
    "NAME": "abbreviation",
}
"""What a metavar says may stand in its place; any other is free text."""


@dataclass(frozen=True)
class Argument:
    """An option, or where `names` is empty a place behind the verb."""

    names: tuple[str, ...]
    metavar: str
    """What its value is called; empty for an option that takes none."""
    kind: str
    """A value of PLACES, `words` or `text`; empty like the metavar."""
    words: tuple[str, ...]
    """What the value may be, for `words`."""
    text: str
    needed: bool
    repeats: bool


@dataclass(frozen=True)
class Command:
    """`caro`, or a verb of it."""

    verbs: tuple[str, ...]
    """The words behind `caro` that are this command."""
    text: str
    options: tuple[Argument, ...]
    places: tuple[Argument, ...]
    below: tuple["Command", ...]
    summary: str
    """What stands beside it in a list of verbs."""
    statuses: tuple[tuple[int, str], ...]
    examples: Examples

    def all(self) -> Iterator["Command"]:
        """Yield this command and everything below it, in the order of the help."""
        yield self
        for command in self.below:
            yield from command.all()


def read_commands() -> Command:
    """Return `caro` with all of its verbs."""
    below = tuple(_command((name,), _parser(name), summary) for name, summary in VERBS.items())
    top = _command((), _parser("request"), "")
    return Command(top.verbs, top.text, top.options, top.places, below, "", top.statuses, top.examples)


def _parser(verb: str) -> Parser:
    made: Parser = import_module(f"caro_shell.cli.{verb}").parser()
    return made


def _command(verbs: tuple[str, ...], parser: Parser, summary: str) -> Command:
    arguments = [_argument(action) for action in parser.arguments()]
    return Command(
        verbs=verbs,
        text=parser.description or "",
        options=tuple(argument for argument in arguments if argument.names),
        places=tuple(argument for argument in arguments if not argument.names),
        below=tuple(_command((*verbs, name), below, below.description or "") for name, below in parser.verbs().items()),
        summary=summary,
        statuses=tuple(parser.statuses.items()),
        examples=parser.examples,
    )


def _argument(action: argparse.Action) -> Argument:
    takes_value = action.nargs != 0
    metavar = action.metavar if isinstance(action.metavar, str) else action.dest.upper()
    words = tuple(str(choice) for choice in action.choices or ())
    kind = "words" if words else PLACES.get(metavar, "text")
    return Argument(
        names=tuple(action.option_strings),
        metavar=metavar if takes_value else "",
        kind=kind if takes_value else "",
        words=words,
        text=action.help or "",
        needed=action.required,
        repeats=action.nargs in {"*", "+", argparse.REMAINDER},
    )
