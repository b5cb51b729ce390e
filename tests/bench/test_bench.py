"""`caro bench` really measures: a run with the small model gives every figure, and they fit together."""

import json

import pytest
from commands import caro
from user_home import Home, need_program

from caro_shell.bench.sourcing import SHELLS

RATIOS = ("ratio_warm", "ratio_cold")
TIMES = (
    "plumbing_ms",
    "source_ms",
    "source_bash_ms",
    "source_fish_ms",
    "first_token_ms",
    "total_ms",
    "floor_ms",
    "cached_ms",
    "cold_ms",
    "cold_floor_ms",
)


@pytest.mark.model
def test_bench_gives_every_figure(home: Home) -> None:
    """The promised keys are there, and the parts are not more than the whole."""
    for shell in SHELLS:
        need_program(shell)
    home.real_model("tiny")
    done = caro(home, "bench", "-n", "3", "--cold", "1", "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert all(set(result[key]) == {"p50", "p95", "p99"} and result[key]["p50"] > 0 for key in (*RATIOS, *TIMES))
    # True of every single press, however slow the machine: the first words come before the last, and the engine
    # takes a part of the whole. What is faster than what else is for a quiet machine to say, not for a test.
    assert result["first_token_ms"]["p50"] <= result["total_ms"]["p50"]
    assert result["plumbing_ms"]["p50"] < result["total_ms"]["p50"]
    assert all(result[key]["p50"] <= result[key]["p95"] <= result[key]["p99"] for key in (*RATIOS, *TIMES))
    assert {"first_token", "decode", "parse", "verify"} <= set(result["steps_ms"])
    # The user's own daemon was not touched.
    assert home.daemon_pid() == 0
