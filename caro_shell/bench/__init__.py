"""What `caro bench` measures: a key press from end to end, step by step, beside the engine's own floor.

Everything is measured in one run with a daemon of its own, warm requests and bare evaluations alternating,
so that a machine that slows down slows both.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from caro_shell import config
from caro_shell.bench.figures import summary
from caro_shell.bench.floor import Floor
from caro_shell.bench.requests import some_requests
from caro_shell.bench.sourcing import SHELLS, source_ms
from caro_shell.client import Client
from caro_shell.errors import CaroError
from caro_shell.prompt import Message

# What the shell's widget runs.
_KEY = "import sys, caro_shell.keypress as k; sys.exit(k.main('stream'))"


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    warm: int = 20
    cold: int = 3
    sourcing: int = 30


@dataclass(frozen=True)
class Press:
    """One key press as the shell sees it: milliseconds to the first words and to the command; the daemon's view."""

    first_ms: float
    total_ms: float
    last: Mapping[str, Any]


@dataclass
class Samples:
    """Everything measured, in milliseconds, a list entry a request."""

    steps: dict[str, list[float]] = field(default_factory=dict)
    total: list[float] = field(default_factory=list)
    floor: list[float] = field(default_factory=list)
    plumbing: list[float] = field(default_factory=list)
    first: list[float] = field(default_factory=list)
    cached: list[float] = field(default_factory=list)
    cold: list[float] = field(default_factory=list)
    cold_floor: list[float] = field(default_factory=list)

    def add_warm(self, press: Press, floor_ms: float) -> None:
        """Count a warm request and the bare evaluation of the same tokens."""
        steps = dict(press.last["timings_ms"])
        daemon_ms = steps.pop("total")
        steps = {"client start, transport, reply": press.total_ms - daemon_ms, **steps}
        for name, value in steps.items():
            self.steps.setdefault(name, []).append(value)
        self.total.append(press.total_ms)
        self.floor.append(floor_ms)
        self.first.append(press.first_ms)
        self.plumbing.append(press.total_ms - steps["first_token"] - steps.get("decode", 0.0))


class Bench:
    """A daemon of its own in a directory of its own; the user's is not touched."""

    def __init__(self, directory: str) -> None:
        """Take everything else from this process's environment and settings."""
        self._environ = {**os.environ, "CARO_RUNTIME_DIR": directory}

    def press(self, line: str, *, fresh: bool = True) -> Press:
        """Press the key: run the client as the widget does, and read its records as they come."""
        start = time.perf_counter()
        with subprocess.Popen(
            [sys.executable, "-I", "-c", _KEY],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=self._environ,
        ) as client:
            assert client.stdin is not None and client.stdout is not None  # noqa: S101, PT018  for the type checker
            client.stdin.write(f"shell\tzsh\0terminal\tbench\0left\t{line}\0fresh\t{int(fresh)}\0".encode())
            client.stdin.close()
            first_ms, total_ms = _read_records(client.stdout.fileno(), start)
        with Client(self._environ) as asking:
            last = asking.ask({"type": "status", "last": True})["last"]
        return Press(first_ms, total_ms, last)

    def stop(self) -> None:
        """End the daemon."""
        with Client(self._environ) as client:
            client.stop()


def _read_records(source: int, start: float) -> tuple[float, float]:
    """Return the milliseconds from `start` to the first words and to the command."""
    first_ms = now_ms = 0.0
    read = b""
    while piece := os.read(source, 65536):
        read += piece
        now_ms = (time.perf_counter() - start) * 1000
        words = [record.split(b"\t")[0] for record in read.split(b"\0")[:-1]]
        if not first_ms and {b"chunk", b"done"} & set(words):
            first_ms = now_ms
        if b"done" in words:
            return first_ms, now_ms
    sentence = read.rpartition(b"error\t")[2].rstrip(b"\0").decode(errors="replace")
    raise CaroError(f"A measured request failed: {sentence}", "Mend that first: caro doctor")


def _cold_floor_ms(press: Press) -> float:
    """Return the milliseconds of bare load and evaluation, in a process as fresh as the daemon was."""
    asked = json.dumps([press.last["sent"], press.last["tokens"]["evaluations"]])
    done = subprocess.run(
        [sys.executable, "-I", "-m", "caro_shell.bench.floor"], input=asked, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise CaroError("The bare evaluation failed.", "Mend that first: caro doctor")
    bare = json.loads(done.stdout)
    return float(bare["load_ms"] + bare["evaluation_ms"])


def _measure_cold(bench: Bench, samples: Samples, lines: Sequence[str]) -> None:
    for line in lines:
        bench.stop()
        press = bench.press(line)
        samples.cold.append(press.total_ms)
        samples.cold_floor.append(_cold_floor_ms(press))


def _measure_warm(bench: Bench, floor: Floor, samples: Samples, lines: Sequence[str]) -> None:
    bench.press(lines[0])
    for line in lines:
        press = bench.press(line)
        messages = [Message(**message) for message in press.last["sent"]]
        samples.add_warm(press, floor.warm_ms(messages, press.last["tokens"]["evaluations"]))
        samples.cached.append(bench.press(line, fresh=False).total_ms)


def measure(plan: Plan) -> dict[str, Any]:
    """Return every figure as one object; raises CaroError when a request fails."""
    settings = config.current()
    samples = Samples()
    with tempfile.TemporaryDirectory(prefix="caro-bench-") as directory:
        bench = Bench(directory)
        try:
            _measure_cold(bench, samples, some_requests(plan.cold))
            floor = Floor(settings)
            _measure_warm(bench, floor, samples, some_requests(plan.warm, skip=plan.cold))
        finally:
            bench.stop()
        floor.close()
    about = {"model": settings.model, "device": floor.device, "n": plan.warm, "n_cold": plan.cold}
    keys = {"zsh": "source_ms", "bash": "source_bash_ms", "fish": "source_fish_ms"}
    sourcing = {keys[shell]: source_ms(shell, sys.executable, plan.sourcing) for shell in SHELLS}
    return {**about, **_figures(samples), **{key: summary(found, digits=2) for key, found in sourcing.items()}}


def _figures(samples: Samples) -> dict[str, Any]:
    def ratio(ours: Sequence[float], floor: Sequence[float]) -> dict[str, float]:
        return summary([a / b for a, b in zip(ours, floor, strict=True)], digits=3)

    return {
        "ratio_warm": ratio(samples.total, samples.floor),
        "ratio_cold": ratio(samples.cold, samples.cold_floor),
        "plumbing_ms": summary(samples.plumbing),
        "first_token_ms": summary(samples.first),
        "total_ms": summary(samples.total),
        "floor_ms": summary(samples.floor),
        "cached_ms": summary(samples.cached),
        "cold_ms": summary(samples.cold),
        "cold_floor_ms": summary(samples.cold_floor),
        "steps_ms": {name: summary(values) for name, values in samples.steps.items()},
    }
