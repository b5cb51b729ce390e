"""What a command does to files though nobody has asked for it: deletes some, overwrites one that is there."""

from collections.abc import Iterator, Sequence

from caro_shell.prove.commands import Command
from caro_shell.prove.files import Disk
from caro_shell.prove.surprises.bounds import unbounded
from caro_shell.prove.surprises.order import out_of_order
from caro_shell.prove.surprises.overwritten import overwritten
from caro_shell.prove.surprises.surprise import Asked, Surprise, deletes_files, edits_files, own_commands
from caro_shell.prove.surprises.unasked import unasked

LEVEL = "critical"
"""What a command with a surprise in it is at least, whatever the judge says of it alone: it arrives behind `# `."""


def surprises(
    request: str, text: str, commands: Sequence[Command], disk: Disk, *, before: str = ""
) -> Iterator[Surprise]:
    """Yield what `commands`, written in `text`, do to files though nobody has asked for it.

    What is asked for is in `request`, the user's words, and in `before`, the user's own line that is to be changed,
    mended or finished: no words, but names and what is done to them. Where there is neither, nothing is too much.
    """
    if not (request.strip() or before.strip()):
        return
    asked = Asked(request, text, commands, disk, own_commands(before), before)
    yield from unasked(asked)
    yield from unbounded(asked)
    yield from out_of_order(asked)
    yield from overwritten(asked)


def loses_files(commands: Sequence[Command]) -> bool:
    """Say whether some file may not be what it was, once these have run."""
    return any(deletes_files(command) or edits_files(command) for command in commands)
