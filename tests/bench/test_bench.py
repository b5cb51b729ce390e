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
def test_engines_are_compared_in_one_run(home: Home) -> None:
    """Each pair has its figures, and one that cannot run has its sentence without harming the others."""
    home.real_model("tiny")
    done = caro(home, "bench", "-n", "2", "--engines", "llama,/no/engine.py:None", "--models", "tiny", "--json")
    assert done.returncode == 0, done.stderr
    ours, missing = json.loads(done.stdout)
    assert ours["engine"] == "llama"
    assert 0 < ours["first_ms"]["p50"] <= ours["total_ms"]["p50"] <= ours["total_ms"]["p95"]
    assert ours["load_ms"] > 0 < ours["tokens_s"]
    assert len(ours["answers"]) == 2
    assert missing["error"].startswith("There is no engine")
    assert home.daemon_pid() == 0
    shown = caro(home, "bench", "-n", "1", "--engines", "llama,/no/engine.py:None").stdout.splitlines()
    assert shown[0].split() == ["engine", "model", "device", "load", "first", "token", "total", "tokens/s"]
    assert "There is no engine" in shown[2]


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
