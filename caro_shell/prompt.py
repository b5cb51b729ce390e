"""From a request and where it was made to the messages the model sees. The constant part comes first."""

from dataclasses import dataclass
from typing import NamedTuple


class Message(NamedTuple):
    """One turn of a conversation: `role` is system, user or assistant."""

    role: str
    content: str
