"""Figures from samples, and how they are printed."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

PERCENTILES = (50, 95, 99)


def percentile(samples: Sequence[float], percent: int) -> float:
    """Return the smallest sample that at least `percent` per cent of the samples do not exceed (nearest rank)."""
    ordered = sorted(samples)
    return ordered[max(0, math.ceil(percent / 100 * len(ordered)) - 1)]


def summary(samples: Sequence[float], digits: int = 1) -> dict[str, float]:
    """Return p50, p95 and p99 of the samples; empty without any."""
    return {f"p{p}": round(percentile(samples, p), digits) for p in PERCENTILES} if samples else {}


def table(result: Mapping[str, Any]) -> str:
    """Return the result for people: the steps of a warm request, then the ratios."""
    lines = [
        f"{result['model']} on {result['device']}, {result['n']} warm requests, {result['n_cold']} cold starts",
        "",
    ]
    lines.append(f"{'':34}" + "".join(f"{f'p{p}':>10}" for p in PERCENTILES))
    for name, figures in result["steps_ms"].items():
        lines.append(_row(f"  {name}", figures, "ms"))
    for key, label in (
        ("total_ms", "key to command"),
        ("floor_ms", "bare evaluation, same tokens"),
        ("plumbing_ms", "everything but the engine"),
        ("first_token_ms", "key to first words on screen"),
        ("cached_ms", "key to command, asked before"),
        ("cold_ms", "key to command, no daemon yet"),
        ("cold_floor_ms", "bare load and evaluation"),
        ("source_ms", "loading the plugin in zsh"),
        ("source_bash_ms", "loading the plugin in bash"),
        ("source_fish_ms", "loading the plugin in fish"),
    ):
        lines.append(_row(label, result[key], "ms"))
    lines.append(_row("warm / bare", result["ratio_warm"], "x"))
    lines.append(_row("cold / bare", result["ratio_cold"], "x"))
    return "\n".join(lines)


def _row(label: str, figures: Mapping[str, float], unit: str) -> str:
    if not figures:
        return f"{label:34}         -"
    digits = 3 if unit == "x" else 1
    return f"{label:34}" + "".join(f"{figures[f'p{p}']:>10.{digits}f}" for p in PERCENTILES) + f" {unit}"
