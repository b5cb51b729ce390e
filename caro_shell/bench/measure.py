"""What `caro bench` measures: a key press in a real shell, step by step, beside the engine's own floor.

Everything is measured in one run with a daemon of its own. Warm requests, bare evaluations and other commands take
turns, so that a machine that slows down slows all of them.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from caro_shell import __version__, config
from caro_shell.bench.cases import Case, headlines
from caro_shell.bench.figures import summary
from caro_shell.bench.floor import Floor
from caro_shell.bench.pressing import Press, Presses
from caro_shell.bench.requests import some_requests
from caro_shell.bench.settling import wait_until_settled
from caro_shell.bench.sourcing import SHELLS, source_ms
from caro_shell.bench.versus import Rival
from caro_shell.engines.registry import asks_a_server
from caro_shell.engines.thread_sweep import processor
from caro_shell.engines.threads import logical_cpus
from caro_shell.errors import CaroError
from caro_shell.models.machine import read_memory
from caro_shell.prompt import Message

# An idle daemon gives the model back after so many seconds, in the case that is about that.
_IDLE_UNLOAD = 0.5
_UNLOADED_WITHIN_S = 60.0


@dataclass(frozen=True)
class Plan:
    """How much is measured, and beside whom."""

    warm: int = 20
    cold: int = 3
    sourcing: int = 30
    shell: str = "zsh"
    rivals: Sequence[Rival] = ()
    """Other commands, in turn with the warm requests."""
    cold_rivals: Sequence[Rival] = ()
    """Other commands, in turn with the cold starts."""


@dataclass
class _Run:
    """One run's measurements, a case each."""

    plan: Plan
    presses: Presses
    forgetful: Presses
    """A shell whose settings have the daemon give the model back at once."""
    cold: Case = field(default_factory=Case)
    warm: Case = field(default_factory=Case)
    cached: Case = field(default_factory=Case)
    unloaded: Case = field(default_factory=Case)
    device: str = ""
    rss: dict[str, int] = field(default_factory=dict)

    def measure_cold(self, lines: Sequence[str]) -> None:
        """From no daemon to the command, with the weights in the page cache or not, as they happen to be."""
        for turn, line in enumerate(lines):
            press = in_turn(turn, line, self.presses.press, self.plan.cold_rivals)
            # What it would do next, while nobody asks, is not for the bare evaluation to suffer from.
            self.presses.stop()
            self.cold.add(press, _fresh_floor_ms(press))

    def measure_warm(self, lines: Sequence[str]) -> None:
        """With the model in memory, and again at once, when the answer is known."""
        floor = Floor(config.current())
        try:
            self.device = floor.device
            self.presses.press(lines[0])
            wait_until_settled(self.presses.status()["pid"])
            for turn, line in enumerate(lines):
                press = in_turn(turn, line, self.presses.press, self.plan.rivals)
                self.warm.add(press, sum(_evaluations_ms(floor, press)))
                self.cached.add(self.presses.press(line, known=True))
            self.rss["loaded"] = self.presses.status()["rss_bytes"]
        finally:
            floor.close()

    def measure_unloaded(self, lines: Sequence[str]) -> None:
        """With a daemon that has given the model back because nobody asked."""
        self.forgetful.press(lines[0])
        self._wait_until_unloaded()
        for line in lines:
            press = self.forgetful.press(line)
            self._wait_until_unloaded()
            self.unloaded.add(press, _fresh_floor_ms(press))

    def _wait_until_unloaded(self) -> None:
        deadline = time.monotonic() + _UNLOADED_WITHIN_S
        while (status := self.presses.status())["state"] != "idle":
            if time.monotonic() > deadline:
                raise CaroError("The daemon does not give its model back.", "Mend that first: caro daemon logs")
            time.sleep(0.1)
        # It says so before the memory has gone back.
        wait_until_settled(status["pid"])
        self.rss["unloaded"] = self.presses.status()["rss_bytes"]


def in_turn(turn: int, line: str, press: Any, rivals: Sequence[Rival]) -> Press:  # noqa: ANN401  Presses.press
    """Ask ours and each rival the same, another one first each time; returns ours, and counts the pairs."""
    order: list[Rival | None] = [None, *rivals]
    first = turn % len(order)
    ours: Press | None = None
    theirs: list[tuple[Rival, float | None]] = []
    for who in (*order[first:], *order[:first]):
        if who is None:
            ours = press(line)
        else:
            theirs.append((who, who.ask(line)))
    assert ours is not None  # noqa: S101  for the type checker
    for rival, took in theirs:
        rival.pair(ours.total_ms, took)
    return ours


def _prompts(press: Press) -> list[tuple[list[Message], int]]:
    """Return the messages of every answer that was drawn for a request, and how many tokens it evaluated singly."""
    *before, last = (Message(**message) for message in press.last["sent"])
    return [
        ([*before, last._replace(content=content)], evaluations)
        for content, evaluations in zip(press.last["asked"], press.last["evaluations"], strict=True)
    ]


def _evaluations_ms(floor: Floor, press: Press) -> list[float]:
    """Return the milliseconds of the bare evaluation of each answer; the engine has rested before the first alone."""
    return [
        floor.warm_ms(messages, evaluations, rested=not number)
        for number, (messages, evaluations) in enumerate(_prompts(press))
    ]


def _fresh_floor_ms(press: Press) -> float:
    """Return the milliseconds of bare load and evaluation, in a process as fresh as the daemon was."""
    asked = json.dumps([[list(messages), evaluations] for messages, evaluations in _prompts(press)])
    done = subprocess.run(
        [sys.executable, "-I", "-m", "caro_shell.bench.floor"], input=asked, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise CaroError("The bare evaluation failed.", "Mend that first: caro doctor")
    bare = json.loads(done.stdout)
    return float(bare["load_ms"] + bare["evaluation_ms"])


def measure(plan: Plan) -> dict[str, Any]:
    """Return every figure as one object; raises CaroError when a request, or a rival's first answer, fails."""
    settings = config.current()
    if asks_a_server(settings):
        raise CaroError(
            "caro bench measures a model on this machine, and a server answers here.", "Try: CARO_BASE_URL= caro bench"
        )
    for rival in (*plan.rivals, *plan.cold_rivals):
        # One that does not work is better known now than after minutes; and the next time its files are in memory.
        rival.command.ask(some_requests(1)[0], rival.limit_s)
    when = datetime.now(UTC)
    with (
        tempfile.TemporaryDirectory(prefix="caro-bench-") as directory,
        Presses(Path(directory), plan.shell) as presses,
        Presses(Path(directory), plan.shell, {"CARO_IDLE_UNLOAD": str(_IDLE_UNLOAD)}) as forgetful,
    ):
        run = _Run(plan, presses, forgetful)
        run.measure_cold(some_requests(plan.cold))
        run.measure_warm(some_requests(plan.warm, skip=plan.cold))
        run.measure_unloaded(some_requests(plan.cold, skip=plan.cold + plan.warm))
    cases = {name: getattr(run, name).figures() for name in ("cold", "unloaded", "warm", "cached")}
    last = run.warm.presses[-1].last
    keys = {"zsh": "source_ms", "bash": "source_bash_ms", "fish": "source_fish_ms"}
    sourcing = {keys[shell]: source_ms(shell, sys.executable, plan.sourcing) for shell in SHELLS}
    return {
        "caro": __version__,
        "when": when.isoformat(timespec="seconds"),
        "machine": _machine(),
        "shell": plan.shell,
        "model": settings.model,
        "title": last["model"],
        "engine": last["engine"],
        "adapter": last["adapter"],
        "device": run.device,
        "n": plan.warm,
        "n_cold": plan.cold,
        **headlines(cases),
        **{key: summary(found, digits=2) for key, found in sourcing.items()},
        "rss_bytes": run.rss,
        "cases": cases,
        "versus": [rival.figures() for rival in plan.rivals],
        "versus_cold": [rival.figures() for rival in plan.cold_rivals],
    }


def _machine() -> dict[str, Any]:
    """Return what figures depend on, and nothing that says whose machine it is."""
    return {
        "processor": processor(),
        "processors": logical_cpus(),
        "memory_bytes": read_memory().memory,
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load": [round(one, 2) for one in os.getloadavg()],
    }
