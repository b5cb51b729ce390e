"""What can go wrong, each with one sentence and what to do next.

CaroError
├── UsageError        the words after `caro` are off
├── ConfigError       a setting has a wrong name, type or value
├── ProtocolError     a message that is not in docs/protocol.md
├── DaemonError       the daemon cannot be started, reached or trusted
│   ├── Busy          its queue is full
│   ├── Superseded    a newer request from the same terminal took over
│   └── Stale         it is another version than the client
├── Cancelled         the user said so; not a failure
├── Unusable          the model's answer is not one command
├── ServerError       a server that was asked does not answer as it should
└── ModelError        weights that are missing, damaged or cannot be had
    └── EngineError   weights that are there but cannot be run

`code` is the word that stands for the class on the wire.
"""

from typing import ClassVar


class CaroError(Exception):
    """A failure the user is told in one sentence (`message`) and a next step (`hint`, may be empty)."""

    code: ClassVar[str] = "internal"

    def __init__(self, message: str, hint: str = "") -> None:
        """Keep the sentence and the next step apart, so that a shell can show the first and `caro` both."""
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(CaroError):
    """The words after `caro` are off."""

    code = "usage"


class ConfigError(CaroError):
    """A setting has a wrong name, type or value."""

    code = "config"


class ProtocolError(CaroError):
    """A message is not one that docs/protocol.md describes."""

    code = "protocol"

    def __init__(self, message: str, hint: str = "What a message holds: docs/protocol.md") -> None:
        """Send whoever writes a client of his own to the specification."""
        super().__init__(message, hint)


class DaemonError(CaroError):
    """The daemon cannot be started, reached or trusted."""

    code = "daemon"


class Busy(DaemonError):
    """The daemon's queue is full."""

    code = "busy"


class Superseded(DaemonError):
    """A newer request from the same terminal took this one's place."""

    code = "superseded"


class Stale(DaemonError):
    """The daemon is another version than the client."""

    code = "stale"


class Cancelled(CaroError):
    """The user cancelled the request."""

    code = "cancelled"


class Unusable(CaroError):
    """The model's answer is not one command that could be put on a line."""

    code = "unusable"
    final = False
    """Whether another answer to the same words would be no better."""


class ServerError(CaroError):
    """A server that was asked cannot be reached, refuses, or does not answer as it should."""

    code = "server"


class ModelError(CaroError):
    """The weights are missing, damaged or cannot be had."""

    code = "model"


class EngineError(ModelError):
    """The weights are there but cannot be run."""

    code = "engine"


def _tree(root: type[CaroError]) -> dict[str, type[CaroError]]:
    found = {root.code: root}
    for child in root.__subclasses__():
        found |= _tree(child)
    return found


def error_from_wire(code: str, message: str, hint: str) -> CaroError:
    """Return the error that `code` stands for; an unknown code is a plain CaroError."""
    return _tree(CaroError).get(code, CaroError)(message, hint)
