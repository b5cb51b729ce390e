"""A pair of request and command, where it came from, and how it is written into a file."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from caro_shell.examples import with_examples
from caro_shell.prompt import Message, Place, build_messages, tuned_messages

PROMPTS = ("tuned", "product", "examples")
"""What stands before a request: the place alone, as for tuned weights; the prompt of others; that and its examples."""
NONE = "none"
"""The gesture of a line that asks for no command."""
LINUX_BASH = Place("Linux", "GNU", "bash")
LINUX_ZSH = Place("Linux", "GNU", "zsh")
LINUX_FISH = Place("Linux", "GNU", "fish")
MACOS_ZSH = Place("macOS", "BSD", "zsh")
MACOS_BASH = Place("macOS", "BSD", "bash")
MACOS_FISH = Place("macOS", "BSD", "fish")
# How often a pair is one for this place, where it holds in all of them.
PLACES = {LINUX_BASH: 35, LINUX_ZSH: 25, LINUX_FISH: 15, MACOS_ZSH: 20, MACOS_BASH: 2, MACOS_FISH: 3}


class TrainingError(Exception):
    """Data that cannot be used; the message says where and why, a sentence a line."""


@dataclass(frozen=True)
class Pair:
    """What a user would send, and the command that is right for it in one place."""

    request: str
    """The text of the user's message, whatever the gesture."""
    command: str
    place: Place
    source: str
    """own, nl2bash, tldr or workflows."""
    topic: str
    """The file of an intent; of public data the tool."""
    origin: str
    """Which intent, or which row of its file, so that a pair can be found again."""
    gesture: str = "ask"
    """ask, refine, fix, repair, reminded, or NONE."""


def messages_of(pair: Pair, prompt: str) -> list[Message]:
    """Return the messages of a request as the product builds them, with what `prompt` says before it."""
    if prompt == "tuned":
        return tuned_messages(pair.request, pair.place)
    messages = build_messages(pair.request, pair.place)
    return with_examples(messages, pair.place) if prompt == "examples" else messages


def row_of(pair: Pair, prompt: str, licence: str) -> dict[str, Any]:
    """Return a pair as it is written: messages, command, place, and where it is from."""
    return {
        "messages": [message._asdict() for message in messages_of(pair, prompt)],
        "command": pair.command,
        "place": asdict(pair.place),
        "gesture": pair.gesture,
        "source": pair.source,
        "topic": pair.topic,
        "origin": pair.origin,
        "licence": licence,
    }


def write_rows(rows: Iterable[dict[str, Any]], path: Path) -> None:
    """Write one row a line as JSON."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
