"""A daemon that dies while it loads the model: the next one does something else, says so, and never loops."""

import json
import resource
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from commands import caro, end, start
from terminal import wait_for
from user_home import Home

from caro_shell.confidence import NOT_SURE

pytestmark = pytest.mark.model
DIED = "the daemon died of it before (`caro daemon restart` tries it again)"


def notes_of(said: Mapping[str, Any]) -> list[str]:
    """Return the notes that are about the machine: how sure the model is of its words is another matter."""
    return [note for note in said["notes"] if note != NOT_SURE]


def record(home: Home) -> Mapping[str, Any]:
    """Return what the daemon has written down, empty when it is trying nothing."""
    path = Path(home.runtime, "attempts.json")
    try:
        found: Mapping[str, Any] = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    return found


def kill_while_it_loads(home: Home, step: str) -> None:
    """Ask, and kill the daemon as soon as it is loading with `step`."""
    home.environ["CARO_CONTEXT"] = "2048"
    client = start(home, "list all files")
    wait_for(
        lambda: record(home).get("trying", "").startswith(f"load {step} "),
        lambda: f"for the daemon to load with {step}: {record(home)}",
    )
    home.kill_daemon()
    said = end(client)
    assert (said.returncode, said.stdout) == (1, "")
    assert "The daemon stopped in the middle of the answer." in said.stderr


def status(home: Home) -> Mapping[str, Any]:
    """Return the daemon's status."""
    found: Mapping[str, Any] = json.loads(caro(home, "daemon", "status", "--json").stdout)
    return found


def test_a_daemon_that_is_killed_while_it_loads_is_not_killed_for_ever(home: Home) -> None:
    """The second tries with less, the third gives up in one sentence, and a restart begins anew."""
    home.real_model("tiny")
    kill_while_it_loads(home, "cpu 0 2048")
    kill_while_it_loads(home, "cpu 0 512")
    for _ in range(2):
        said = caro(home, "list all files")
        assert said.returncode == 1
        assert f"cannot be loaded: {DIED}." in said.stderr
        assert "caro daemon restart" in said.stderr
    alive = home.daemon_pid()
    assert alive > 0
    findings = {found["name"]: found for found in json.loads(caro(home, "doctor", "--json").stdout)}
    assert (findings["device"]["ok"], "the daemon died of" in findings["device"]["seen"]) == (False, True)
    caro(home, "daemon", "restart")
    assert record(home) == {}
    said = caro(home, "list all files", "--json")
    assert notes_of(json.loads(said.stdout)) == []
    assert record(home) == {}
    assert status(home)["notes"] == []


def test_what_works_instead_is_told_and_remembered(home: Home) -> None:
    """In the reply, in the status, and by the daemon after it, which does not die of it once more."""
    home.real_model("tiny")
    note = f"The context has 512 tokens, not 2048: {DIED}."
    kill_while_it_loads(home, "cpu 0 2048")
    for _ in range(2):
        said = json.loads(caro(home, "list all files", "--json").stdout)
        assert "ls" in said["command"]
        assert notes_of(said) == [note]
        found = status(home)
        assert (found["state"], found["device"], found["notes"]) == ("ready", "cpu", [note])
        assert (found["layers"], found["offloaded"], bool(found["hardware"])) == (25, 0, True)
        text = caro(home, "daemon", "status").stdout
        assert f"on cpu ({found['hardware']})" in text
        assert f"note      {note}" in text
        caro(home, "daemon", "stop")
    # Another wish is another matter.
    said = json.loads(caro(home, "list all files", "--json", CARO_CONTEXT="1024").stdout)
    assert notes_of(said) == []


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS does not limit a process's memory")
def test_a_daemon_without_room_for_its_model_answers_with_a_smaller_one(home: Home) -> None:
    """The kernel gives the daemon no more than so much: the 1.5B cannot be laid out, the 0.5B can."""
    home.real_model("small")

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (1_700_000_000, 1_700_000_000))

    words = [sys.executable, "-m", "caro_shell", "list all files", "--json"]
    done = subprocess.run(
        words, env=home.environ, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, preexec_fn=limit
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert "0.5B" in said["model"]
    (note,) = notes_of(said)
    assert "answers in the place of" in note
    assert note.endswith(": there is not enough memory.")
    assert record(home) == {}
