"""From the key press to the real model and back: nothing in between is a stand-in."""

import json
import os
import shlex
import subprocess
import sys
import time
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from commands import caro, end, start
from terminal import DEADLINE_S, Terminal, wait_for
from user_home import Home, need_program

pytestmark = pytest.mark.model

# Verbs and things as people combine them: a hundred requests, no two alike.
_ACTIONS = (
    "list all {}",
    "count the {}",
    "show the largest {}",
    "delete {} older than a week",
    "find {} changed today",
    "copy the {} to /tmp/backup",
    "compress all {}",
    "sort {} by size",
    "search for the word error in {}",
    "print the names of {} without their directory",
)
_THINGS = (
    "log files",
    "python files",
    "pictures in ~/photos",
    "directories here",
    "csv files below data",
    "shell scripts",
    "hidden files",
    "pdf files in my home",
    "json files",
    "symbolic links",
)
HUNDRED = [action.format(thing) for action, thing in product(_ACTIONS, _THINGS)]


def test_a_key_press_in_zsh_is_answered_by_the_model(home: Home) -> None:
    """Words, Ctrl-G, and the model's command stands on the line; undo brings the words back."""
    need_program("tmux")
    need_program("zsh")
    home.real_model("tiny")
    rc = home.path / "rc.zsh"
    init = caro(home, "init", "zsh").stdout
    rc.write_text(Path(__file__).with_name("shells").joinpath("rc.zsh").read_text() + init)
    with Terminal(("zsh", "-f", "-i"), home.environ) as terminal:
        terminal.type(f" source {rc}; clear; echo ready")
        terminal.press("Enter")
        terminal.see("ready\n>")
        terminal.type("show the five largest files here")
        terminal.press("C-g")
        wait_for(lambda: terminal.line().text != "show the five largest files here", terminal.screen, limit_s=120)
        command = terminal.line().text
        checked = subprocess.run(["zsh", "-f", "-n"], input=command, text=True, capture_output=True, check=False)
        assert checked.returncode == 0, command
        terminal.press("C-_")
        terminal.line_becomes("show the five largest files here")


def test_the_readmes_request_gets_a_command_that_does_it(home: Home) -> None:
    """The default model's answer, run in a directory with old and new files, prints the new Python file alone."""
    home.real_model("small")
    done = caro(home, "find all python files modified in the last day")
    assert done.returncode == 0, done.stderr
    work = home.path / "work"
    (work / "deep").mkdir(parents=True)
    for name in ("old.py", "deep/new.py", "new.txt"):
        (work / name).touch()
    last_week = time.time() - 7 * 24 * 3600
    os.utime(work / "old.py", (last_week, last_week))
    ran = subprocess.run(["bash", "-c", done.stdout], cwd=work, capture_output=True, text=True, check=True)
    assert [Path(line).name for line in shlex.split(ran.stdout)] == ["new.py"], done.stdout


def test_a_hundred_requests_leave_nothing_behind_and_depend_on_nothing(home: Home) -> None:
    """Descriptors and memory stay through one --batch; asked in reverse by a fresh daemon, all answers are the same."""
    home.real_model("tiny")
    # A second attempt at every other answer would only take longer.
    home.environ["CARO_PROOF"] = "off"
    warm_up = "\n".join(HUNDRED[:10])
    caro(home, "--batch", "--fresh", "--json", stdin=warm_up)
    before = _footprint(home)
    forward = _batch(home, HUNDRED)
    after = _footprint(home)
    assert after["descriptors"] == before["descriptors"]
    assert after["rss_bytes"] - before["rss_bytes"] < 20_000_000
    _gives_its_memory_back(home)
    caro(home, "daemon", "stop")
    backward = _batch(home, HUNDRED[::-1])
    assert forward == backward[::-1]
    # One by one, each by a client of its own.
    for request, answer in list(zip(HUNDRED, forward, strict=True))[::20]:
        alone = caro(home, "--fresh", request)
        assert (alone.stdout.strip() or None) == answer


def _gives_its_memory_back(home: Home) -> None:
    """Hold an unloaded daemon to its 80 MB: the libraries stay, the model does not."""
    caro(home, "list files", CARO_IDLE_UNLOAD="0.05")
    wait_for(lambda: _status(home)["state"] == "idle", lambda: f"for the model to be unloaded: {_status(home)}")
    assert _status(home)["rss_bytes"] <= 80_000_000


def _status(home: Home) -> dict[str, Any]:
    status: dict[str, Any] = json.loads(caro(home, "daemon", "status", "--json").stdout)
    return status


def _batch(home: Home, requests: list[str]) -> list[str | None]:
    """Return the command for each request, None where the model's answer was refused."""
    # A hundred answers on a machine that has other work are minutes.
    done = end(start(home, "--batch", "--fresh", "--json"), "\n".join(requests), limit_s=20 * DEADLINE_S)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(requests)
    assert {answer["error"]["code"] for answer in answers if "error" in answer} <= {"unusable"}
    return [answer.get("command") for answer in answers]


def _footprint(home: Home) -> dict[str, int]:
    status = _status(home)
    if sys.platform != "linux":
        return {"descriptors": 0, "rss_bytes": status["rss_bytes"]}
    return {
        "descriptors": len(list(Path(f"/proc/{status['pid']}/fd").iterdir())),
        "rss_bytes": status["rss_bytes"],
    }
