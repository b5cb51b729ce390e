"""A little of the messages of fuzz_wire.py against a running daemon; and what they have found."""

import pytest
from commands import log
from fuzz_wire import ENGINE, FRAME_LIMIT, MOST_GROWTH, Fuzz, fuzz_home
from terminal import wait_for
from user_home import Home, Script
from wire import Wire

from caro_shell.protocol import ID_LIMIT


@pytest.mark.parametrize("seed", [1])
def test_messages_of_any_kind_leave_the_daemon_as_it_was(home: Home, seed: int) -> None:
    """It answers what can be answered, and the next request; `python tests/fuzz/fuzz_wire.py 1000000` goes further."""
    assert Fuzz(fuzz_home(home.path), seed).run(1500) < MOST_GROWTH


def test_what_is_too_long_comes_back_shortened(home: Home) -> None:
    """An id, and a version: the daemon keeps what a client does not read, and must not keep megabytes for each."""
    with Wire(home) as wire:
        wire.send_frames(b"caro/1", b"i" * FRAME_LIMIT, b'{"type":"status"}')
        _version, request_id, body = wire.frames()
        assert request_id == b"i" * ID_LIMIT
        assert b'"protocol"' in body
        wire.send_frames(b"v" * FRAME_LIMIT, b"1", b"{}")
        assert len(wire.frames()[2]) < 1000


def test_names_that_no_file_can_have(home: Home) -> None:
    """A directory or a configuration file with a NUL in its name is an error of the request, not of the daemon."""
    with Wire(home) as wire:
        for field in ("cwd", "path", "model", "terminal"):
            assert wire.answer("list", **{field: "a\0b"})["code"] == "protocol"
        assert wire.answer("list", settings={"CARO_CONFIG": "a\0b", "CARO_ENGINE": ENGINE})["code"] == "protocol"
        assert wire.answer("list")["command"] == "echo list"
    assert "Traceback" not in log(home)


def test_whoever_asks_and_gives_up_without_end_is_told_busy(home: Home, script: Script) -> None:
    """What was given up takes no place in the queue, but memory until the worker has passed over it."""
    script.say("long", {"wait": "go"}, "ls")
    with Wire(home) as wire:
        first = wire.generate("long")
        script.happened("waiting go")
        said: list[str] = []
        while "busy" not in said and len(said) < 1000:
            request = wire.generate("other", terminal="tty")
            event = wire.event(request)
            said.append(str(event.get("code", event["type"])))
        assert said[:100] == ["accepted"] * 100
        assert said[-1] == "busy"
        script.open_gate("go")
        assert wire.events(first)[-1]["command"] == "ls"
        wait_for(lambda: wire.ask("status")["waiting"] == 0, lambda: log(home))
        assert wire.answer("after that")["command"] == "echo after that"
