"""The messages between client and daemon: docs/protocol.md as code.

Three frames a message: version, request id, JSON object with `type`. Named tuples instead of dataclasses,
because the client pays for every import on every key press.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from caro_shell.errors import ProtocolError

VERSION = b"caro/1"
# A line longer than this is a file pasted by mistake; it bounds what the daemon holds for a client.
MESSAGE_LIMIT = 64 * 1024
# It comes back with every event, and the daemon holds those that a client has not read.
ID_LIMIT = 256
HEARTBEAT_S = 0.25
"""Seconds between two `working` events of an unfinished request."""

TERMINAL = frozenset({"done", "error", "status"})
"""Events after which nothing more comes for their request."""


class Field(NamedTuple):
    """A field of a message: its JSON type, and whether it must be there."""

    type: type | tuple[type, ...]
    required: bool = True


_TEXT, _COUNT, _NUMBER = Field(str), Field(int), Field((int, float))
_LIST, _OBJECT, _FLAG = Field(list), Field(dict), Field(bool)


def _optional(field: Field) -> Field:
    return field._replace(required=False)


# What every request to the model says.
_ASKED: Mapping[str, Field] = {
    "line": _TEXT,
    "shell": _TEXT,
    "version": _TEXT,
    "cwd": _optional(_TEXT),
    "terminal": _optional(_TEXT),
    "sequence": _optional(_COUNT),
    "model": _optional(_TEXT),
    "path": _optional(_TEXT),
    "fresh": _optional(_FLAG),
    "stream": _optional(_FLAG),
    "settings": _optional(_OBJECT),
    "aliases": _optional(_OBJECT),
    "global_aliases": _optional(_OBJECT),
    "suffix_aliases": _optional(_OBJECT),
    "functions": _optional(_LIST),
    "outcomes": _optional(_LIST),
}
REQUESTS: Mapping[str, Mapping[str, Field]] = {
    "generate": {
        **_ASKED,
        "cursor": _optional(_COUNT),
        "turns": _optional(_LIST),
        "number": _optional(_COUNT),
        "alternative": _optional(_COUNT),
    },
    "fix": {**_ASKED, "status": _COUNT, "output": _optional(_TEXT), "alternative": _optional(_COUNT)},
    "explain": {**_ASKED, "parts": _optional(_LIST)},
    "status": {"last": _optional(_FLAG)},
    "cancel": {"request": _TEXT},
    "reload": {},
    "warm": {"version": _TEXT, "shell": _optional(_TEXT), "settings": _optional(_OBJECT)},
    "shutdown": {"pid": _optional(_COUNT)},
}
EVENTS: Mapping[str, Mapping[str, Field]] = {
    "accepted": {"position": _COUNT},
    "working": {"state": _TEXT, "elapsed_ms": _NUMBER},
    "chunk": {"text": _TEXT},
    "done": {
        "command": _TEXT,
        "risk": _TEXT,
        "reasons": _LIST,
        "notes": _LIST,
        "alternatives": _LIST,
        "model": _TEXT,
        "engine": _TEXT,
        "cached": _FLAG,
        "timings_ms": _OBJECT,
        "alternative": _optional(_COUNT),
        "cursor": _optional(_COUNT),
        "words": _optional(_TEXT),
        "explanation": _optional(_TEXT),
        "parts": _optional(_LIST),
        "confidence": _optional(_NUMBER),
    },
    "error": {"code": _TEXT, "message": _TEXT, "hint": _TEXT, "pid": _optional(_COUNT)},
    "status": {
        "pid": _COUNT,
        "state": _TEXT,
        "model": _TEXT,
        "device": _TEXT,
        "layers": _COUNT,
        "offloaded": _COUNT,
        "hardware": _TEXT,
        "host": _TEXT,
        "engine": _TEXT,
        "version": _TEXT,
        "uptime_s": _NUMBER,
        "requests": _COUNT,
        "waiting": _COUNT,
        "rss_bytes": _COUNT,
        "notes": _LIST,
        "last": _optional(_OBJECT),
    },
}


_TURN: Mapping[str, type] = {"line": str, "command": str, "cursor": int, "status": int}


class Ask(NamedTuple):
    """A request to the model, and what the answer depends on; `type` is generate, fix or explain."""

    line: str
    shell: str
    version: str
    type: str = "generate"
    cwd: str = ""
    terminal: str = ""
    sequence: int = 0
    model: str = ""
    path: str = ""
    """The shell's PATH; empty: nothing is said about what is installed."""
    fresh: bool = False
    stream: bool = True
    settings: Mapping[str, str] = {}
    aliases: Mapping[str, str] = {}
    """The aliases of the shell that asks: what each name stands for."""
    global_aliases: Mapping[str, str] = {}
    """zsh's, which are replaced wherever they stand."""
    suffix_aliases: Mapping[str, str] = {}
    """zsh's, by the end of a file's name, without the dot: what opens it."""
    functions: Sequence[str] = ()
    """The names of its functions, those that begin with `_` left out."""
    outcomes: Sequence[Mapping[str, str]] = ()
    """What its user made of earlier answers: objects with `request`, `command` and `fate`."""
    cursor: int | None = None
    """Characters left of the cursor; None: it stands at the end."""
    turns: Sequence[Mapping[str, Any]] = ()
    """What was asked on this line before, oldest first: messages of this kind, each with its `command`."""
    number: int = 1
    alternative: int = 0
    """Which of the different answers is wanted; past the last one they begin again."""
    status: int = 0
    output: str = ""
    parts: Sequence[str] = ()
    """Of a command to be explained, the parts that nothing but a model can explain."""

    def message(self) -> dict[str, Any]:
        """Return the message that carries this request."""
        fields = REQUESTS[self.type]
        return {"type": self.type} | {
            name: value for name, value in self._asdict().items() if name in fields and value is not None
        }


class Reply(NamedTuple):
    """A command and everything that is known about it."""

    command: str
    risk: str
    reasons: Sequence[str]
    notes: Sequence[str]
    alternatives: Sequence[str]
    model: str
    engine: str
    cached: bool
    timings_ms: Mapping[str, float]
    alternative: int = 0
    """Which of the different commands this is."""
    cursor: int = 0
    """Characters of the command that stand right of the cursor."""
    words: str = ""
    """What was asked for, in the user's words; empty when that were none."""
    explanation: str = ""
    parts: Sequence[str] = ()
    """What each of the parts that were asked about does; empty texts for those that the model said nothing of."""
    confidence: float | None = None
    """How likely it is that the command is right, from 0 to 1; None where the engine cannot tell."""

    def message(self) -> dict[str, Any]:
        """Return the message that carries this reply."""
        needed = {name for name, field in EVENTS["done"].items() if field.required}
        return {"type": "done"} | {name: value for name, value in self._asdict().items() if value or name in needed}


def encode(request_id: bytes, message: Mapping[str, Any]) -> list[bytes]:
    """Return the frames of a message."""
    return [VERSION, request_id, json.dumps(message, ensure_ascii=False).encode("utf-8", "replace")]


def decode(frames: Sequence[bytes], known: Mapping[str, Mapping[str, Field]]) -> tuple[bytes, dict[str, Any]]:
    """Return request id and message; `known` is REQUESTS or EVENTS.

    Unknown fields are dropped. An unknown event comes back with its type alone, to be ignored; an unknown
    request, another protocol version or a wrong field raises ProtocolError. `shutdown` is the one request
    that is taken in every version: an upgrade must be able to replace what it no longer understands.
    """
    if len(frames) != 3:  # noqa: PLR2004  version, id, body
        raise ProtocolError(f"A message has 3 frames, not {len(frames)}.")
    version, request_id, body = frames
    if version != VERSION and not (known is REQUESTS and _is_shutdown(body)):
        spoken = shown(version.decode("ascii", "replace"))
        raise ProtocolError(f"This side speaks {VERSION.decode()}, the other {spoken}.", "Try: caro daemon restart")
    if len(request_id) > ID_LIMIT and known is REQUESTS:
        raise ProtocolError(f"A request's id has at most {ID_LIMIT} bytes, not {len(request_id)}.")
    if len(body) > MESSAGE_LIMIT and known is REQUESTS:
        raise ProtocolError(f"A request has at most {MESSAGE_LIMIT} bytes, not {len(body)}.", "Say it in fewer words.")
    message = _object(body)
    if known is REQUESTS and b"\\u0000" in body:
        _refuse_nul(body)
    fields = known.get(message["type"])
    if fields is None:
        if known is EVENTS:
            return request_id, {"type": message["type"]}
        raise ProtocolError(f"There is no request `{shown(message['type'])}`.", "Try: caro daemon restart")
    return request_id, {"type": message["type"], **_checked(message, fields)}


def shown(text: str) -> str:
    """Return the beginning of a text of the other side's, fit for a sentence on a terminal."""
    return "".join(char if char.isprintable() else "?" for char in text[:40])


def _object(body: bytes) -> dict[str, Any]:
    try:
        message = json.loads(body.decode())
        if b"\\u" in body:
            # An escape may stand for half a character, which no text in UTF-8 has: nobody could write it down.
            json.dumps(message, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise ProtocolError("The message is not JSON in UTF-8.") from None
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise ProtocolError("The message is not an object with a `type`.")
    return message


def _refuse_nul(body: bytes) -> None:
    import re

    # Not where a backslash before it makes it six characters.
    if re.search(rb"(?<!\\)(?:\\\\)*\\u0000", body):
        raise ProtocolError("A request has no NUL in it: neither a line nor a file's name has one.")


def _is_shutdown(body: bytes) -> bool:
    try:
        return len(body) <= MESSAGE_LIMIT and _object(body)["type"] == "shutdown"
    except ProtocolError:
        return False


def _checked(message: Mapping[str, Any], fields: Mapping[str, Field]) -> dict[str, Any]:
    kept = {}
    for name, field in fields.items():
        if name not in message:
            if field.required:
                raise ProtocolError(f"`{message['type']}` needs the field `{name}`.")
            continue
        value = message[name]
        # In Python a bool is an int; on the wire it is not.
        if not isinstance(value, field.type) or (isinstance(value, bool) and field.type is not bool):
            raise ProtocolError(f"`{name}` of `{message['type']}` has the wrong type.")
        kept[name] = value
    return kept


_LISTS_OF_TEXTS = {"functions": "A function is given by its name.", "parts": "A part of a command is a text."}


def ask_from(message: Mapping[str, Any]) -> Ask:
    """Return the request in a decoded message; raises ProtocolError for turns, aliases or functions that are none."""
    _refuse_wrong_turns(message)
    for field in ("aliases", "global_aliases", "suffix_aliases"):
        if not all(isinstance(text, str) for text in message.get(field, {}).values()):
            raise ProtocolError(f"What `{field}` gives a name for is a text.")
    for field, sentence in _LISTS_OF_TEXTS.items():
        if not all(isinstance(text, str) for text in message.get(field, ())):
            raise ProtocolError(sentence)
    for outcome in message.get("outcomes", ()):
        if not isinstance(outcome, dict) or not {"request", "command", "fate"} <= set(outcome):
            raise ProtocolError("An outcome is an object with `request`, `command` and `fate`.")
        if not all(isinstance(text, str) for text in outcome.values()):
            raise ProtocolError("A field of an outcome is a text.")
    lists = {name: tuple(message.get(name, ())) for name in ("turns", "functions", "outcomes", "parts")}
    return Ask(**{**message, **lists})


def _refuse_wrong_turns(message: Mapping[str, Any]) -> None:
    for turn in message.get("turns", ()):
        if not isinstance(turn, dict) or not {"line", "command"} <= set(turn):
            raise ProtocolError("A turn is an object with `line` and `command`.")
        if not all(isinstance(turn.get(name, kind()), kind) for name, kind in _TURN.items()):
            raise ProtocolError("A field of a turn has the wrong type.")


def reply_from(message: Mapping[str, Any]) -> Reply:
    """Return the reply in a decoded `done` message."""
    return Reply(**{name: value for name, value in message.items() if name in Reply._fields})
