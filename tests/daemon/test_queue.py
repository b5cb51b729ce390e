"""Many requests, few of them wanted to the end: the queue, cancelling, and clients that behave badly."""

import os
import signal

from commands import caro, daemons_started, end, log, start
from terminal import wait_for
from user_home import Home, Script
from wire import Wire


def waiting(wire: Wire) -> int:
    """Return how many requests the daemon has."""
    return int(wire.ask("status")["waiting"])


def test_a_full_queue_is_busy_at_once(home: Home, script: Script) -> None:
    """One runs, `queue` wait, the next is told; those that wait are answered in order."""
    home.environ["CARO_QUEUE"] = "2"
    script.say("long", {"wait": "go"}, "ls")
    with Wire(home) as wire:
        first = wire.generate("long")
        script.happened("waiting go")
        others = [wire.generate(f"request {number}") for number in range(2)]
        assert [wire.event(request)["type"] for request in others] == ["accepted", "accepted"]
        said = caro(home, "one too many")
        assert (said.returncode, said.stdout) == (1, "")
        assert said.stderr == "caro: caro is busy: 3 requests wait.\n      Ask again in a moment.\n"
        script.open_gate("go")
        answers = [wire.events(request)[-1]["command"] for request in [first, *others]]
    assert answers == ["ls", "echo request 0", "echo request 1"]
    assert [event for event in script.events() if event.startswith("ask")] == [
        "ask long",
        "ask request 0",
        "ask request 1",
    ]


def test_a_script_leaves_room_for_people(home: Home, script: Script) -> None:
    """Where it is told `busy`, a key press is not, until as many more wait; and no press waits for the whole script."""
    home.environ["CARO_QUEUE"] = "2"
    script.say("long", {"wait": "go"}, "ls")
    with Wire(home) as batch, Wire(home) as people:
        asked = [batch.generate("long")]
        script.happened("waiting go")
        asked += [batch.generate(f"batch {number}") for number in range(3)]
        assert batch.events(asked.pop())[-1]["code"] == "busy"
        presses = [people.generate(f"press {number}", terminal=f"tty{number}") for number in range(3)]
        assert people.events(presses.pop())[-1]["code"] == "busy"
        # Whoever presses again has the place of the press before.
        presses[1] = people.generate("press again", terminal="tty1")
        assert people.event(presses[1])["type"] == "accepted"
        script.open_gate("go")
        assert [people.events(press)[-1]["type"] for press in presses] == ["done", "done"]
        assert [batch.events(request)[-1]["type"] for request in asked] == ["done", "done", "done"]
    in_order = ["long", "batch 0", "press 0", "press again", "batch 1"]
    assert [event for event in script.events() if event.startswith("ask")] == [f"ask {line}" for line in in_order]


def test_requests_that_are_not_wanted_any_more_take_no_place(home: Home, script: Script) -> None:
    """Cancelled ones do not make the daemon busy for others."""
    home.environ["CARO_QUEUE"] = "1"
    script.say("long", {"wait": "go"}, "ls")
    with Wire(home) as wire:
        first = wire.generate("long")
        script.happened("waiting go")
        for _ in range(5):
            request = wire.generate("other", terminal="tty")
            assert wire.event(request)["type"] == "accepted"
        script.open_gate("go")
        assert wire.events(request)[-1]["command"] == "echo other"
        assert wire.events(first)[-1]["command"] == "ls"


def test_a_killed_client_cancels_what_runs(home: Home, script: Script) -> None:
    """Kill -9 of a client that is being answered: the engine stops, the next one is served."""
    script.say("long", {"wait": "never"}, "ls")
    client = start(home, "long")
    script.happened("waiting never")
    client.kill()
    end(client)
    script.happened("cancelled long")
    assert caro(home, "next").stdout == "echo next\n"


def test_a_killed_client_cancels_what_waits(home: Home, script: Script) -> None:
    """Kill -9 of a client in the queue: its request never reaches the engine."""
    script.say("long", {"wait": "go"}, "ls")
    with Wire(home) as wire:
        first = wire.generate("long")
        script.happened("waiting go")
        client = start(home, "unwanted")
        wait_for(lambda: waiting(wire) == 2, lambda: "for the client to be queued")
        client.kill()
        end(client)
        # The daemon sends to every client at each beat, and finds this one gone.
        wait_for(lambda: waiting(wire) == 1, lambda: "for the killed client's request to be forgotten")
        script.open_gate("go")
        assert wire.events(first)[-1]["command"] == "ls"
        assert wire.answer("next")["command"] == "echo next"
    assert "ask unwanted" not in script.events()


def test_ctrl_c_cancels_and_exits_130(home: Home, script: Script) -> None:
    """Nothing on stdout, nothing on stderr; the engine is stopped, the daemon lives."""
    script.say("long", {"wait": "never"}, "ls")
    client = start(home, "long")
    script.happened("waiting never")
    os.kill(client.pid, signal.SIGINT)
    said = end(client)
    assert (said.returncode, said.stdout, said.stderr) == (130, "", "")
    script.happened("cancelled long")
    assert caro(home, "next").stdout == "echo next\n"
    assert daemons_started(home) == 1


def test_the_newest_request_of_a_terminal_wins(home: Home, script: Script) -> None:
    """The older ones, running and waiting, end with `superseded`, each exactly once; other terminals are untouched."""
    for line in ("first", "second"):
        script.say(line, {"wait": "never"}, "ls")
    with Wire(home) as old, Wire(home) as new, Wire(home) as other:
        running = old.generate("first", terminal="tty1")
        script.happened("waiting never")
        # Each is seen to have arrived: connections overtake each other.
        queued = old.generate("second", terminal="tty1")
        assert old.event(queued)["type"] == "accepted"
        bystander = other.generate("bystander", terminal="tty2")
        assert other.event(bystander)["type"] == "accepted"
        newest = new.generate("third", terminal="tty1")
        for request in (queued, running):
            assert old.events(request)[-1]["code"] == "superseded"
        assert new.events(newest)[-1]["command"] == "echo third"
        assert other.events(bystander)[-1]["command"] == "echo bystander"
        assert old.ended()


def test_an_older_request_that_arrives_late_does_not_win(home: Home, script: Script) -> None:
    """Connections overtake each other: the sequence says which request is the newest, not the order of arrival."""
    script.say("newer", {"wait": "go"}, "ls")
    with Wire(home) as fast, Wire(home) as slow:
        newer = fast.generate("newer", terminal="tty1", sequence=2)
        script.happened("waiting go")
        older = slow.generate("older", terminal="tty1", sequence=1)
        assert slow.events(older)[-1]["code"] == "superseded"
        script.open_gate("go")
        assert fast.events(newer)[-1]["command"] == "ls"
    assert "ask older" not in script.events()


def test_requests_without_a_terminal_do_not_supersede(home: Home, script: Script) -> None:
    """Scripts that run side by side are all answered."""
    script.say("first", {"wait": "go"}, "ls")
    with Wire(home) as wire:
        requests = [wire.generate("first"), wire.generate("second")]
        script.happened("waiting go")
        script.open_gate("go")
        assert [wire.events(request)[-1]["type"] for request in requests] == ["done", "done"]


def test_a_stopped_client_holds_nobody_up(home: Home, script: Script) -> None:
    """A client under SIGSTOP reads nothing: the others are served, and it gets its answer when it goes on."""
    script.say("talk", *(f"{number} " for number in range(100)), {"wait": "go"}, "end")
    client = start(home, "talk", "--fresh")
    script.happened("ask talk")
    os.kill(client.pid, signal.SIGSTOP)
    script.open_gate("go")
    assert [caro(home, f"request {number}").stdout for number in range(3)] == [
        f"echo request {number}\n" for number in range(3)
    ]
    os.kill(client.pid, signal.SIGCONT)
    assert end(client).returncode in (0, 1)
    assert daemons_started(home) == 1


def test_a_client_that_never_reads_holds_nobody_up(home: Home, script: Script) -> None:
    """Its events pile up, to a limit; the daemon does not wait for it."""
    words = [f"{'x' * 300}{number} " for number in range(100)]
    script.say("flood", "echo ", *words)
    with Wire(home) as deaf, Wire(home) as wire:
        deaf.generate("flood")
        script.happened("ask flood")
        assert wire.answer("next")["command"] == "echo next"
        assert wire.ask("status")["rss_bytes"] < 1_000_000_000


def test_a_crash_in_the_engine_is_one_sentence(home: Home, script: Script) -> None:
    """No traceback for the user, one in the log; the next request is answered by the same daemon."""
    script.say("bang", "l", {"crash": True})
    said = caro(home, "bang")
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr == "caro: Something in caro broke.\n      See: caro daemon logs\n"
    assert "RuntimeError: the script says so" in log(home)
    assert caro(home, "next").stdout == "echo next\n"
    assert daemons_started(home) == 1


def test_an_engine_that_fails_says_its_own_sentence(home: Home, script: Script) -> None:
    """What the engine raises is what the user reads."""
    script.say("bang", {"fail": "The engine has no fuel."})
    said = caro(home, "bang")
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr == "caro: The engine has no fuel.\n      Mend it.\n"
