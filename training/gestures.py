"""Requests of the other gestures: filled, and then written as the product writes them."""

import re
from collections.abc import Mapping

from caro_shell.prompt import fix_request
from training.slots import filled, filled_command

_FAILED = re.compile(r"This command failed with exit status (\d+): (.*)")
_FACT = re.compile(r"There is no |\S+ is not executable\.|It said: ")
_WISH = re.compile(r"Write (?:the|a) command .*")


def filled_gesture(ask: str, values: Mapping[str, str], shell: str, gesture: str) -> str:
    """Return what a gesture sends: commands in it have quoted values, words about them plain ones."""
    lines = ask.split("\n")
    if gesture == "fix" and (failed := _FAILED.fullmatch(lines[0])):
        said = [filled(line, values) for line in lines[1:] if not _WISH.fullmatch(line)]
        return fix_request(filled_command(failed[2], values, shell), int(failed[1]), _facts(said))
    return "\n".join(
        filled_command(line, values, shell)
        if (not line.startswith("#") if gesture == "refine" else number == 0)
        else filled(line, values)
        for number, line in enumerate(lines)
    )


def _facts(lines: list[str]) -> list[str]:
    """Return the facts about a failure; the first line that is none of ours is what the command said."""
    for number, line in enumerate(lines):
        if line.startswith("It said: "):
            break
        if not _FACT.match(line):
            return [*lines[:number], f"It said: {line}", *lines[number + 1 :]]
    return lines
