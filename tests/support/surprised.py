"""What is said of a command that does to files what nobody has asked for."""

from pathlib import Path

from caro_shell.prove.commands import commands_in
from caro_shell.prove.files import Disk
from caro_shell.prove.surprises import surprises
from caro_shell.prove.unwrap import unwrapped


def said(request: str, command: str, here: Path, before: str = "") -> list[str]:
    """Return what is said about a command as an answer to a request, or to the wish to change the line `before`."""
    commands = list(unwrapped(commands_in(command)))
    return [one.note for one in surprises(request, command, commands, Disk(str(here)), before=before)]
