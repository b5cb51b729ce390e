"""From a request and where it was made to the messages the model sees. The constant part comes first."""

from dataclasses import dataclass
from typing import NamedTuple

from caro_shell.errors import UsageError

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


def request_of(line: str) -> str:
    """Return the request on a line, without the `#` of the comment style; raises UsageError when there is none."""
    request = line.strip().lstrip("# \t").strip()
    if not request:
        raise UsageError("There is no request on the line.", "Type what you want in words, then press the key.")
    return request


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
