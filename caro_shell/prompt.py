"""From a request and where it was made to the messages the model sees. The constant part comes first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

SHELLS = ("zsh", "bash", "fish")


class Message(NamedTuple):
    """One turn of a conversation: `role` is system, user or assistant."""

    role: str
    content: str


@dataclass(frozen=True)
class Place:
    """Where a command will run: the system's name, the flavour of its tools (GNU, BSD, BusyBox), the shell."""

    system: str
    flavour: str
    shell: str


def build_messages(request: str, place: Place) -> list[Message]:
    """Return the system prompt, the same for every request in one place, and the request."""
    return [
        Message(
            "system",
            f"You write {place.shell} commands for {place.system} with {place.flavour} tools. The user asks in any "
            "language. Answer with exactly one command line that does what is asked and nothing else: "
            "no markdown, no comments, no explanation.",
        ),
        Message("user", request),
    ]


def tuned_messages(request: str, place: Place) -> list[Message]:
    """Return what weights that were tuned for this are asked with: they know the task, the place is all they need."""
    return [Message("system", f"{place.shell}, {place.system}, {place.flavour}"), Message("user", request)]


NO_COMMAND = "# no command"
"""What tuned weights answer to words that ask for no command."""


# The constant system prompt stays the same for all of these, so that what has been evaluated of it stays, too.


def hinted_request(request: str, hints: Sequence[str]) -> str:
    """Return `request` with lines of this machine's manuals, or of the user's history, behind it."""
    return "\n".join([request, "Known here:", *(f"- {hint}" for hint in hints)]) if hints else request


def refinement_request(words: str, command: str, comment: str) -> str:
    """Return what asks for a change of `command`: a script with the request and the change as its comments."""
    return "\n".join([*([f"# {words}"] if words else []), command, f"# {comment}"])


def completion_request(left: str, right: str) -> str:
    """Return what asks for a whole command in place of a half one; `right` of the cursor is to stay."""
    if right.strip():
        return f"Write this command with the missing part in place of ___: {left.strip()} ___ {right.strip()}"
    return f"Complete or repair this command: {left.strip()}"


def fix_request(command: str, status: int, facts: Sequence[str]) -> str:
    """Return what asks for a command in place of one that failed.

    Where a fact says what it was a slip for, the same command is meant, rightly written; else one that does it.
    """
    slip = any(", but " in fact for fact in facts)
    wish = "Write the command that was meant." if slip else "Write a command that works instead."
    return "\n".join([f"This command failed with exit status {status}: {command}", *facts, wish])


def explanation_request(command: str, parts: Sequence[str] = ()) -> str:
    """Return what asks for words about a command, and about each of some parts of it."""
    if parts:
        listed = "\n".join(f"{number}. {part}" for number, part in enumerate(parts, start=1))
        return (
            f"Do not write a command this time. Explain this one: {command}\n"
            "First say in one short sentence of plain English what it does. Then say for each of these parts of it, "
            f"on a line that begins with its number, what it means there, in at most twelve words:\n{listed}"
        )
    return (
        "Do not write a command this time. Explain in one or two short sentences of plain English what this one does: "
        + command
    )


def other_request(request: str, tools: Sequence[str]) -> str:
    """Return `request` for another answer than those that begin with `tools`."""
    return f"{request}\nUse another tool than {' or '.join(tools)}."
