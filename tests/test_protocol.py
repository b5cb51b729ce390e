"""The wire: docs/protocol.md, protocol.py and the traffic of a running daemon say the same."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from user_home import Home, Script
from wire import TERMINAL, Event, Wire

from caro_shell import protocol
from caro_shell.errors import CaroError, ProtocolError, error_from_wire

DOCUMENT = (Path(__file__).parent.parent / "docs" / "protocol.md").read_text(encoding="utf-8")
JSON_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "list": list,
    "object": dict,
}


class Row(NamedTuple):
    """A field as the document has it."""

    type: str
    required: bool


def rows(text: str) -> list[list[str]]:
    """Return the cells of the tables in `text`, without their heads."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def section(title: str) -> str:
    """Return the text below a heading of the second level."""
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", DOCUMENT, re.MULTILINE | re.DOTALL)
    assert found, title
    return found[1]


def tables(title: str) -> dict[str, dict[str, Row]]:
    """Return the messages of a section: name to fields."""
    parts = re.split(r"^### (\w+)\n", section(title), flags=re.MULTILINE)[1:]
    return {
        name: {field: Row(kind, required == "yes") for field, kind, required, _meaning in rows(text)}
        for name, text in zip(parts[::2], parts[1::2], strict=True)
    }


REQUESTS, EVENTS = tables("Requests"), tables("Events")
ERROR_CODES = {code for code, _meaning in rows(section("Error codes"))}


def check(event: Event) -> None:
    """Hold an event to the document: its type, every field, nothing besides."""
    fields = EVENTS[event["type"]]
    assert set(event) - {"type"} <= set(fields), event
    assert {name for name, row in fields.items() if row.required} <= set(event), event
    for name, value in event.items():
        if name != "type":
            assert isinstance(value, JSON_TYPES[fields[name].type]), (name, event)
            assert isinstance(value, bool) == (fields[name].type == "boolean"), (name, event)
    if event["type"] == "error":
        assert event["code"] in ERROR_CODES
        assert event["message"].endswith(".")


class CheckedWire(Wire):
    """A client that holds every event it gets to the document, and every id to those it has sent."""

    def frames(self) -> list[bytes]:
        """Return the next message, checked."""
        version, request_id, body = super().frames()
        assert version == b"caro/1"
        check(json.loads(body))
        return [version, request_id, body]


@pytest.fixture
def wire(home: Home) -> Iterator[CheckedWire]:
    """A connection to a daemon that answers by the script."""
    with CheckedWire(home) as connected:
        yield connected


@pytest.mark.parametrize(
    ("documented", "coded"),
    [(REQUESTS, protocol.REQUESTS), (EVENTS, protocol.EVENTS)],
    ids=["requests", "events"],
)
def test_document_and_code_know_the_same_fields(
    documented: Mapping[str, Mapping[str, Row]], coded: Mapping[str, Mapping[str, protocol.Field]]
) -> None:
    """Names, types and what is required agree, in both directions."""
    said = {
        message: {name: (JSON_TYPES[row.type], row.required) for name, row in fields.items()}
        for message, fields in documented.items()
    }
    done = {message: {name: tuple(field) for name, field in fields.items()} for message, fields in coded.items()}
    assert said == done


def test_the_document_lists_every_error_code() -> None:
    """Each code stands for its own class of errors, and no class is left out."""
    known = {code: type(error_from_wire(code, "m", "h")) for code in ERROR_CODES}
    assert all(kind.code == code for code, kind in known.items())

    def codes(kind: type[CaroError]) -> set[str]:
        return {kind.code}.union(*map(codes, kind.__subclasses__()))

    assert codes(CaroError) == ERROR_CODES


def test_the_document_names_the_version_the_limits_and_the_terminal_events() -> None:
    """Numbers in prose are those of the code."""
    assert f"`{protocol.VERSION.decode()}`" in DOCUMENT
    assert f"{protocol.MESSAGE_LIMIT:,} bytes" in DOCUMENT
    assert f"every {protocol.HEARTBEAT_S * 1000:.0f} ms" in DOCUMENT
    assert set(TERMINAL) == protocol.TERMINAL
    assert "one terminal event: `done`, `error` or `status`" in DOCUMENT


def test_an_answer_is_accepted_written_and_done(wire: CheckedWire, script: Script) -> None:
    """`accepted` comes first and once, chunks show the text so far, `done` holds the whole command."""
    script.say("list files", "ls", " -l", "a")
    events = wire.events(wire.generate("list files"))
    assert events[0] == {"type": "accepted", "position": 0}
    assert [event["text"] for event in events if event["type"] == "chunk"] == ["ls", "ls -l", "ls -la"]
    assert events[-1]["command"] == "ls -la"
    assert events[-1]["cached"] is False
    assert [event["type"] for event in events if event["type"] in TERMINAL] == ["done"]
    assert wire.ended()


def test_a_request_that_takes_long_has_a_heartbeat(wire: CheckedWire, script: Script) -> None:
    """`working` says that the daemon is alive, what it is doing, and for how long."""
    script.say("list files", {"wait": "go"}, "ls")
    request = wire.generate("list files")
    # The engine may take a beat to load.
    beats = wire.events(request, until=("working",))[-1:]
    while beats[0]["state"] == "loading":
        beats = wire.events(request, until=("working",))[-1:]
    beats += wire.events(request, until=("working",))[-1:]
    assert [beat["state"] for beat in beats] == ["thinking", "thinking"]
    assert 0 < beats[0]["elapsed_ms"] < beats[1]["elapsed_ms"]
    script.open_gate("go")
    assert wire.events(request)[-1]["command"] == "ls"


def test_without_stream_there_are_no_chunks(wire: CheckedWire, script: Script) -> None:
    """A client that shows nothing is sent nothing to show."""
    script.say("list files", "ls", " -la")
    events = wire.events(wire.generate("list files", stream=False))
    assert {event["type"] for event in events} <= {"accepted", "working", "done"}
    assert events[-1]["command"] == "ls -la"


def test_a_known_answer_comes_from_memory_unless_a_fresh_one_is_wanted(wire: CheckedWire, script: Script) -> None:
    """`cached` says so, and the engine is not asked."""
    first, again, fresh = wire.answer("x"), wire.answer("x"), wire.answer("x", fresh=True)
    assert [first["cached"], again["cached"], fresh["cached"]] == [False, True, False]
    assert first["command"] == again["command"] == fresh["command"] == "echo x"
    assert script.events().count("ask x") == 2


def test_several_commands_come_as_alternatives(wire: CheckedWire, script: Script) -> None:
    """The greedy one is the command; those drawn after it follow, without doubles."""
    script.say("list files", "ls")
    script.say("list files\nUse another tool than ls.", "ls ")
    script.say("list files#2", "find . -maxdepth 1")
    script.say("list files\nUse another tool than ls or find.#3", "echo *")
    done = wire.answer("list files", number=3)
    assert (done["command"], done["alternatives"]) == ("ls", ["find . -maxdepth 1", "echo *"])


def test_timings_name_the_documented_steps(wire: CheckedWire) -> None:
    """Every step is in the document, is not negative, and those that do not come before the total fit into it."""
    steps = wire.answer("x")["timings_ms"]
    assert set(steps) <= set(re.findall(r"`(\w+)`", section("Events")))
    assert {"queue", "load", "total", "first_token", "verify"} <= set(steps)
    assert all(value >= 0 for value in steps.values())
    assert {"queue", "total", "judge"} <= set(wire.answer("y")["timings_ms"]) <= set(steps) - {"load"}
    within = sum(value for name, value in steps.items() if name not in ("queue", "load", "total"))
    assert within <= steps["total"] * 1.01 + 0.1


def test_a_cancelled_request_ends_at_once_and_once(wire: CheckedWire, script: Script) -> None:
    """The running one and the waiting one alike; the engine is stopped."""
    script.say("long", {"wait": "never"}, "ls")
    running, waiting = wire.generate("long"), wire.generate("short")
    script.happened("waiting never")
    for request in (waiting, running):
        wire.send("cancel", request=request.decode())
        assert wire.events(request)[-1]["code"] == "cancelled"
    script.happened("cancelled long")
    assert wire.answer("next")["command"] == "echo next"
    assert "ask short" not in script.events()
    assert wire.ended()


def test_cancelling_what_is_not_there_is_passed_over(wire: CheckedWire) -> None:
    """Neither an unknown id nor one that cannot be text disturbs anything."""
    for name in ("nothing", "\ud800", ""):
        wire.send("cancel", request=name)
    assert wire.answer("x")["command"] == "echo x"


def test_a_request_of_another_connection_cannot_be_cancelled(home: Home, wire: CheckedWire, script: Script) -> None:
    """Ids belong to their connection."""
    script.say("long", {"wait": "go"}, "ls")
    request = wire.generate("long")
    script.happened("waiting go")
    with CheckedWire(home) as other:
        other.send("cancel", request=request.decode())
        other.ask("status")
    script.open_gate("go")
    assert wire.events(request)[-1]["command"] == "ls"


def test_status_tells_the_last_request_only_when_asked(wire: CheckedWire, script: Script) -> None:
    """`last` holds what was sent and what came back, also after a failure."""
    assert wire.ask("status", last=True)["last"] == {}
    script.say("list files", "```\nls\n```")
    wire.answer("list files")
    assert "last" not in wire.ask("status")
    last = wire.ask("status", last=True)["last"]
    assert last["line"] == "list files"
    assert last["answers"] == ["```\nls\n```"]
    assert [message["role"] for message in last["sent"]] == ["system", "user"]
    named = re.search(r"asked for: `([^`]+)`", DOCUMENT)
    assert named
    assert set(last) == set(named[1].split())


def test_status_counts_and_names_its_state(wire: CheckedWire, script: Script, home: Home) -> None:
    """What `caro daemon status` shows is what happens."""
    before = wire.ask("status")
    assert (before["state"], before["requests"], before["waiting"]) == ("idle", 0, 0)
    assert before["pid"] == home.daemon_pid()
    script.say("long", {"wait": "go"}, "ls")
    requests = [wire.generate("long"), wire.generate("short")]
    script.happened("waiting go")
    during = wire.ask("status")
    assert (during["state"], during["requests"], during["waiting"]) == ("busy", 2, 2)
    script.open_gate("go")
    assert [wire.events(request)[-1]["type"] for request in requests] == ["done", "done"]
    after = wire.ask("status")
    assert (after["state"], after["waiting"]) == ("ready", 0)
    assert after["uptime_s"] > before["uptime_s"]


def test_shutdown_names_the_process_it_means(wire: CheckedWire, home: Home, script: Script) -> None:
    """Another process id is answered with a status and nothing else; the right one ends what runs with a word."""
    script.say("long", {"wait": "never"}, "ls")
    request = wire.generate("long")
    script.happened("waiting never")
    assert wire.ask("shutdown", pid=1)["state"] == "busy"
    shutdown = wire.send("shutdown", pid=home.daemon_pid())
    seen: dict[bytes, list[Event]] = {shutdown: [], request: []}
    while not all(events and events[-1]["type"] in TERMINAL for events in seen.values()):
        _version, found, body = wire.frames()
        seen[found].append(json.loads(body))
    assert seen[shutdown][-1]["state"] == "leaving"
    assert seen[request][-1]["code"] == "daemon"


@pytest.mark.parametrize("version", [b"caro/2", b"caro/0", b"http/1.1", b"", b"\xff\xfe"])
def test_another_version_is_refused_but_may_end_the_daemon(wire: CheckedWire, version: bytes) -> None:
    """An error says who speaks what; `shutdown` is understood whatever the version."""
    wire.send_frames(version, b"1", b'{"type": "status"}')
    refused = wire.event(b"1")
    assert refused["code"] == "protocol"
    assert "caro/1" in refused["message"]
    wire.send_frames(version, b"2", b'{"type": "shutdown"}')
    assert wire.event(b"2")["state"] == "leaving"


BAD_BODIES = {
    "empty": b"",
    "not json": b"list all files",
    "half": b'{"type": "status"',
    "a list": b'["status"]',
    "no type": b"{}",
    "a number for a type": b'{"type": 7}',
    "latin-1": '{"type": "status", "x": "é"}'.encode("latin-1"),
    "utf-16": '{"type": "status"}'.encode("utf-16"),
    "deeply nested": b'{"type": "status", "x": ' + b"[" * 30_000 + b"]" * 30_000 + b"}",
    "unknown request": b'{"type": "execute", "command": "ls"}',
    "an event": b'{"type": "done"}',
    "a private name": b'{"type": "generate_"}',
    "too long": b'{"type": "status", "x": "' + b"x" * protocol.MESSAGE_LIMIT + b'"}',
    "no line": b'{"type": "generate", "shell": "zsh", "version": "1"}',
    "line is a list": b'{"type": "generate", "line": ["ls"], "shell": "zsh", "version": "1"}',
    "number is a flag": b'{"type": "generate", "line": "x", "shell": "zsh", "version": "1", "number": true}',
    "number is a fraction": b'{"type": "generate", "line": "x", "shell": "zsh", "version": "1", "number": 1.5}',
    "settings is text": b'{"type": "generate", "line": "x", "shell": "zsh", "version": "1", "settings": ""}',
    "fresh is a number": b'{"type": "generate", "line": "x", "shell": "zsh", "version": "1", "fresh": 1}',
    "cancel without a request": b'{"type": "cancel"}',
    "pid is text": b'{"type": "shutdown", "pid": "1"}',
}


def test_what_is_no_message_is_an_error_and_no_harm(wire: CheckedWire) -> None:
    """Each is answered by a `protocol` error with its own id, and the daemon goes on."""
    for name, body in BAD_BODIES.items():
        wire.send_frames(b"caro/1", name.encode(), body)
        assert wire.event(name.encode())["code"] == "protocol", name
    assert wire.answer("x")["command"] == "echo x"
    assert wire.ended()


def test_a_message_has_three_frames(wire: CheckedWire) -> None:
    """Fewer or more are refused; the id is echoed where there is one."""
    body = b'{"type": "status"}'
    for frames in ([b"caro/1"], [b"caro/1", b"7"], [b"caro/1", b"7", body, b"more"]):
        wire.send_frames(*frames)
        refused = wire.event(frames[1] if len(frames) > 1 else b"")
        assert refused["code"] == "protocol"
        assert f"not {len(frames)}" in refused["message"]


def test_a_frame_beyond_all_measure_ends_only_its_own_connection(home: Home, wire: CheckedWire) -> None:
    """The daemon does not hold what no request could be."""
    with CheckedWire(home) as other:
        other.send_frames(b"caro/1", b"1", b"x" * (2 << 20))
        assert wire.answer("x")["command"] == "echo x"


def test_unknown_fields_are_ignored(wire: CheckedWire) -> None:
    """A newer client may say more."""
    assert wire.answer("x", colour="green", later={"a": [1]})["command"] == "echo x"
    assert wire.ask("status", colour="green")["type"] == "status"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"version": "0"}, "stale"),
        ({"shell": "tcsh"}, "usage"),
        ({"line": " # "}, "usage"),
        ({"number": 0}, "usage"),
        ({"number": 10**30}, "usage"),
        ({"settings": {"CARO_THREADS": "many"}}, "config"),
    ],
)
def test_a_request_that_makes_no_sense_is_told_why(wire: CheckedWire, fields: dict[str, Any], code: str) -> None:
    """The code says what kind of error it is, and a stale daemon says which process it is."""
    line = fields.pop("line", "x")
    refused = wire.answer(line, **fields)
    assert refused["code"] == code
    assert ("pid" in refused) == (code == "stale")


def test_an_unknown_event_comes_back_by_its_type_alone() -> None:
    """A client of today can talk to a daemon of tomorrow."""
    frames = [protocol.VERSION, b"1", b'{"type": "hint", "text": "x"}']
    assert protocol.decode(frames, protocol.EVENTS) == (b"1", {"type": "hint"})


def test_unknown_fields_of_an_event_are_dropped() -> None:
    """The same for fields."""
    frames = protocol.encode(b"1", {"type": "chunk", "text": "ls", "colour": "green"})
    assert protocol.decode(frames, protocol.EVENTS) == (b"1", {"type": "chunk", "text": "ls"})


def test_requests_and_replies_survive_the_wire() -> None:
    """What is sent is what arrives, in any script; half a character becomes a question mark."""
    request = protocol.Ask("finde 日本 🎌 \\ \" '", "zsh", "1", settings={"CARO_MODEL": "tiny"}, number=2)
    _id, message = protocol.decode(protocol.encode(b"1", request.message()), protocol.REQUESTS)
    assert protocol.ask_from(message) == request
    reply = protocol.Reply("ls '日本'", "unjudged", [], ["n"], ["ls"], "m", "e", cached=False, timings_ms={"total": 1})
    _id, message = protocol.decode(protocol.encode(b"1", reply.message()), protocol.EVENTS)
    assert protocol.reply_from(message) == reply
    half = protocol.encode(b"1", {"type": "chunk", "text": "\ud83c"})
    assert protocol.decode(half, protocol.EVENTS)[1]["text"] == "?"


def test_an_answer_may_be_longer_than_a_request() -> None:
    """The limit protects the daemon; a client believes its daemon."""
    frames = protocol.encode(b"1", {"type": "chunk", "text": "x" * protocol.MESSAGE_LIMIT})
    assert len(protocol.decode(frames, protocol.EVENTS)[1]["text"]) == protocol.MESSAGE_LIMIT
    with pytest.raises(ProtocolError, match="at most"):
        protocol.decode([protocol.VERSION, b"1", frames[2]], protocol.REQUESTS)
