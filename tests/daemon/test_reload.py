"""Changed settings reach a daemon that nobody asks: it loads what they name before the next request comes."""

import sys
from collections.abc import Callable
from pathlib import Path

from commands import daemons_started, log
from terminal import wait_for
from user_home import Home, Script, need
from wire import Event, Wire

from caro_shell import paths


def loads(script: Script) -> list[str]:
    """Return what the engine has loaded and given back, in order."""
    return [event for event in script.events() if event.split()[0] in ("load", "close")]


def status_until(wire: Wire, right: Callable[[Event], bool]) -> Event:
    """Return the first status that is right."""
    seen: list[Event] = []

    def ask() -> Event | None:
        seen.append(wire.ask("status"))
        return seen[-1] if right(seen[-1]) else None

    return wait_for(ask, lambda: f"for another status than {seen[-1]}") or seen[-1]


def test_an_idle_daemon_sees_the_changed_file_by_itself(home: Home, script: Script) -> None:
    """Nobody tells it: it looks when it wakes, and the next request finds the other model loaded."""
    with Wire(home) as wire:
        wire.answer("x")
        home.write_config('model = "other"')
        script.happened("load other")
        assert status_until(wire, lambda status: status["state"] == "ready")["model"] == "other"
        assert wire.answer("y")["model"] == "other"
    assert loads(script) == ["load small", "close", "load other"]
    assert daemons_started(home) == 1


def test_told_to_reload_it_does_so_at_once(home: Home, script: Script) -> None:
    """The answer does not wait for the model; status says that it is being loaded, and which."""
    with Wire(home) as wire:
        wire.answer("x")
        script.say("(load)", {"wait": "go"})
        home.write_config('model = "other"')
        assert wire.ask("reload")["type"] == "status"
        script.happened("waiting go")
        during = wire.ask("status")
        assert (during["state"], during["model"]) == ("loading", "other")
        script.open_gate("go")
        assert wire.answer("y")["model"] == "other"
    assert loads(script) == ["load small", "close", "load other"]


def test_a_request_during_the_reload_waits_for_it_and_is_told_so(home: Home, script: Script) -> None:
    """Its heartbeat says `loading`, and nothing is loaded twice for it."""
    with Wire(home) as wire:
        wire.answer("x")
        script.say("(load)", {"wait": "go"})
        home.write_config('model = "other"')
        wire.ask("reload")
        script.happened("waiting go")
        request, behind = wire.generate("y"), wire.generate("z")
        assert wire.events(request, until=("working",))[-1]["state"] == "loading"
        assert wire.events(behind, until=("working",))[-1]["state"] == "queued"
        script.open_gate("go")
        assert wire.events(request)[-1]["model"] == "other"
        assert wire.events(behind)[-1]["model"] == "other"
    assert loads(script) == ["load small", "close", "load other"]


def test_what_runs_and_waits_keeps_its_own_settings(home: Home, script: Script) -> None:
    """The reload comes behind them."""
    script.say("long", {"wait": "go"}, "ls")
    with Wire(home) as wire:
        running, waiting = wire.generate("long"), wire.generate("short")
        script.happened("waiting go")
        home.write_config('model = "other"')
        assert wire.ask("reload")["waiting"] == 2
        script.open_gate("go")
        assert [wire.events(request)[-1]["model"] for request in (running, waiting)] == ["small", "small"]
        script.happened("load other")
    assert loads(script) == ["load small", "close", "load other"]


def test_of_several_changes_the_last_one_is_loaded(home: Home, script: Script) -> None:
    """What was overtaken while the engine was busy is not loaded first."""
    script.say("long", {"wait": "go"}, "ls")
    with Wire(home) as wire:
        request = wire.generate("long")
        script.happened("waiting go")
        for model in ("first", "second", "third"):
            home.write_config(f'model = "{model}"')
            wire.ask("reload")
        script.open_gate("go")
        wire.events(request)
        assert wire.answer("y")["model"] == "third"
    assert loads(script) == ["load small", "close", "load third"]


def test_without_a_model_in_memory_none_is_loaded(home: Home, script: Script) -> None:
    """Neither before the first request, nor after the memory was given back."""
    with Wire(home) as wire:
        home.write_config('model = "other"')
        assert wire.ask("reload")["model"] == "other"
        home.environ["CARO_IDLE_UNLOAD"] = "0.05"
        wire.answer("x")
        status_until(wire, lambda status: status["state"] == "idle")
        home.write_config('model = "third"')
        assert wire.ask("reload")["model"] == "third"
        assert wire.answer("y")["model"] == "third"
    assert [event for event in loads(script) if event != "close"] == ["load other", "load third"]


def test_what_has_nothing_to_do_with_the_engine_loads_nothing(home: Home, script: Script) -> None:
    """But it counts at once: a daemon that has been idle for longer than it may be now leaves."""
    with Wire(home) as wire:
        wire.answer("x")
        home.write_config('key = "f5"')
        wire.ask("reload")
        assert loads(script) == ["load small"]
        # It may see the file by itself, and be gone before it reads that it should.
        home.write_config("idle_exit = 0")
        wire.send("reload")
    wait_for(lambda: home.daemon_pid() == 0, lambda: f"for the daemon to leave\n{log(home)}")
    assert loads(script) == ["load small", "close"]


def test_the_model_of_one_request_alone_survives_an_unrelated_change(home: Home, script: Script) -> None:
    """Only another engine or model in the settings is a reason to load one."""
    with Wire(home) as wire:
        wire.answer("x", model="third")
        home.write_config("queue = 3")
        assert wire.ask("reload")["model"] == "third"
        assert wire.answer("y", model="third")["model"] == "third"
    assert loads(script) == ["load third"]


def test_the_variables_of_the_latest_client_win(home: Home, script: Script) -> None:
    """They did for its request, so they do for the next one's model."""
    home.environ["CARO_MODEL"] = "mine"
    with Wire(home) as wire:
        wire.answer("x")
        home.write_config('model = "other"', "threads = 1")
        wire.ask("reload")
        assert wire.answer("y")["model"] == "mine"
    assert loads(script) == ["load mine", "close", "load mine"]


def test_a_wrong_file_leaves_everything_as_it_is(home: Home, script: Script) -> None:
    """Status tells what is wrong, the next request too; when it is mended, the note is gone."""
    with Wire(home) as wire:
        wire.answer("x")
        home.write_config("", 'modle = "other"')
        wrong = f"{paths.config_file(home.environ)}:2: there is no setting `modle`."
        told = wire.ask("reload")
        assert (told["state"], told["model"], told["notes"]) == ("ready", "small", [wrong])
        failed = wire.answer("y")
        assert (failed["code"], failed["message"]) == ("config", wrong)
        assert loads(script) == ["load small"]
        home.write_config('model = "other"')
        assert wire.ask("reload")["notes"] == []
        assert wire.answer("y")["model"] == "other"
    assert daemons_started(home) == 1


def test_what_cannot_be_loaded_is_a_note_and_the_next_requests_answer(home: Home, script: Script) -> None:
    """The daemon lives, and loads again once it can."""
    with Wire(home) as wire:
        wire.answer("x")
        script.say("(load)", {"fail": "The weights are gone."})
        home.write_config('model = "other"')
        wire.ask("reload")
        told = status_until(wire, lambda status: bool(status["notes"]))
        assert (told["state"], told["notes"]) == ("idle", ["The weights are gone."])
        assert wire.answer("y")["message"] == "The weights are gone."
        script.say("(load)")
        home.write_config('model = "third"')
        wire.ask("reload")
        script.happened("load third")
        assert status_until(wire, lambda status: status["state"] == "ready")["notes"] == []
        assert wire.answer("y")["model"] == "third"
    assert loads(script).count("load third") == 1
    assert daemons_started(home) == 1


def test_what_could_not_be_loaded_is_tried_again_when_told(home: Home, script: Script) -> None:
    """The file is the same, but the weights may have come."""
    with Wire(home) as wire:
        wire.answer("x")
        script.say("(load)", {"crash": True})
        home.write_config('model = "other"')
        wire.ask("reload")
        told = status_until(wire, lambda status: bool(status["notes"]))
        assert told["notes"] == ["Something in caro broke; see: caro daemon logs."]
        script.say("(load)")
        wire.ask("reload")
        assert status_until(wire, lambda status: status["state"] == "ready")["model"] == "other"
    assert daemons_started(home) == 1


def test_an_engine_that_there_is_not_leaves_the_old_one(home: Home, script: Script) -> None:
    """It is found out before the old one is given up."""
    ours = home.environ.pop("CARO_ENGINE")
    home.write_config(f'engine = "{ours}"')
    with Wire(home) as wire:
        wire.answer("x")
        home.write_config(f'engine = "{home.path}/none.py:Engine"')
        wire.ask("reload")
        told = status_until(wire, lambda status: bool(status["notes"]))
        assert (told["state"], told["engine"]) == ("ready", "scripted")
        assert wire.answer("y")["code"] == "config"
        home.write_config(f'engine = "{ours}"')
        assert wire.answer("z")["command"] == "echo z"
    assert loads(script) == ["load small"]


def test_a_daemon_can_leave_while_it_loads(home: Home, script: Script) -> None:
    """Nobody waits for a model that nobody will ask."""
    with Wire(home) as wire:
        wire.answer("x")
        script.say("(load)", {"wait": "never"})
        home.write_config('model = "other"')
        wire.ask("reload")
        script.happened("waiting never")
        assert wire.ask("shutdown")["state"] == "leaving"
    wait_for(lambda: home.daemon_pid() == 0, lambda: f"for the daemon to leave\n{log(home)}")


def test_the_log_has_requests_only_when_it_is_told_to(home: Home, script: Script) -> None:
    """`log_requests`, from the next request on; one line each, whatever characters are in it."""
    script.say("a secret\x1b[2J", "echo 'the answer'")
    script.say("nonsense", "Sure, a secret.\u202e")
    with Wire(home) as wire:
        wire.answer("a secret\x1b[2J")
        assert "secret" not in log(home)
        home.write_config("log_requests = true")
        wire.answer("a secret\x1b[2J")
        wire.answer("nonsense")
        home.write_config("log_requests = false")
        wire.answer("a secret\x1b[2J")
    told = [line for line in log(home).splitlines() if "asked" in line]
    assert len(told) == 2
    assert told[0].endswith(r"""asked 'a secret\x1b[2J', answered "echo 'the answer'" """.strip())
    assert "asked 'nonsense', answered " in told[1]


def test_looking_at_the_file_costs_nothing(home: Home) -> None:
    """Over several looks, the daemon takes no time that the system could count."""
    if sys.platform != "linux":
        need("reads /proc")
    with Wire(home) as wire:
        wire.answer("x")
    pid = home.daemon_pid()
    wait_for(lambda: _ticks(pid) == _ticks_after_two_looks(pid), lambda: "for the daemon to sleep")


def _ticks(pid: int) -> int:
    """Return the processor time of a process, in hundredths of a second."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _looks(pid: int) -> int:
    """Return how often the daemon's main thread has gone to sleep."""
    status = Path(f"/proc/{pid}/task/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("voluntary")).split()[1])


def _ticks_after_two_looks(pid: int) -> int:
    before = _looks(pid)
    wait_for(lambda: _looks(pid) >= before + 2, lambda: "for the daemon to look twice")
    return _ticks(pid)
