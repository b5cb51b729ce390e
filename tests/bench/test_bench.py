"""`caro bench` really measures: a run with the small model gives every figure, and they fit together."""

import json
from pathlib import Path

import pytest
from commands import caro
from user_home import Home, need_program

from caro_shell.bench.picture import picture
from caro_shell.bench.sourcing import SHELLS

RATIOS = ("ratio_warm", "ratio_cold", "ratio_unloaded")
TIMES = (
    "feedback_ms",
    "client_ms",
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
    "unloaded_ms",
    "unloaded_floor_ms",
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
    drawing, other = home.path / "bench.svg", "printf %s {}"
    done = caro(home, "bench", "-n", "2", "--cold", "1", "--vs", other, "--svg", str(drawing), "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert all(set(result[key]) == {"p50", "p95", "p99"} and result[key]["p50"] > 0 for key in (*RATIOS, *TIMES))
    # True of every single press, however slow the machine: the first words come before the last, and the engine
    # takes a part of the whole. What is faster than what else is for a quiet machine to say, not for a test.
    assert result["feedback_ms"]["p50"] <= result["first_token_ms"]["p50"] <= result["total_ms"]["p50"]
    assert result["client_ms"]["p50"] < result["plumbing_ms"]["p50"] < result["total_ms"]["p50"]
    assert all(result[key]["p50"] <= result[key]["p95"] <= result[key]["p99"] for key in (*RATIOS, *TIMES))
    steps = {name: set(case["steps_ms"]) for name, case in result["cases"].items()}
    assert {"queue", "prompt evaluation", "first token", "decode", "parse", "verify", "judge", "apply"} <= steps["warm"]
    assert [name for name in steps if "load" in steps[name]] == ["cold", "unloaded"]
    assert [name for name in steps if "decode" not in steps[name]] == ["cached"]
    assert "daemon start" in steps["cold"]
    assert result["rss_bytes"]["unloaded"] < result["rss_bytes"]["loaded"]
    assert [(row["command"], row["pairs"]) for row in result["versus"]] == [(other, 2)]
    assert result["versus"][0]["ratio"]["low"] <= result["versus"][0]["ratio"]["high"]
    # It is drawn again from what was printed, and the invented result that pictures are tested with has its shape.
    assert drawing.read_text() == picture(result)
    invented = json.loads(Path(__file__).with_name("result.json").read_text())
    assert set(invented) == set(result)
    assert set(invented["cases"]["warm"]) == set(result["cases"]["warm"])
    assert set(invented["versus"][0]) == set(result["versus"][0])
    # The user's own daemon was not touched.
    assert home.daemon_pid() == 0
