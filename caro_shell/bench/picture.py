"""The picture of a result, made of what `caro bench --json` prints and nothing else, so that it can be drawn again."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from caro_shell.bench.cases import ENGINE_STEPS
from caro_shell.bench.svg import Box, Drawing
from caro_shell.bench.text import CASES

_WIDTH, _MARGIN, _LABELS, _FIGURES = 960.0, 24.0, 190.0, 240.0
_ROW = 26.0
_BAR = 14.0
_LONGEST_NAME = 23
# What stands on a bar, in order: the class in picture.css, its name, and the steps in it; the rest is the daemon's.
_PARTS: Sequence[tuple[str, str, Sequence[str]]] = (
    ("start", "shell, client start", ("shell and interpreter", "client start", "daemon start", "connect")),
    ("load", "model load", ("load",)),
    ("prompt", "prompt", ("prompt evaluation", "first token")),
    ("decode", "decode", ("decode",)),
    ("daemon", "the rest of the daemon", ()),
    ("apply", "reply, drawing", ("reply", "apply")),
)


def picture(result: Mapping[str, Any]) -> str:
    """Return an SVG file: each case beside the bare engine, what is not the engine, and the other commands."""
    what = f"caro {result['caro']}, {result['model']} on {result['device']}, {result['shell']}"
    style = Path(__file__).with_suffix(".css").read_text(encoding="utf-8")
    drawing = Drawing(_WIDTH, f"Latency of {what}", style)
    top = _MARGIN + 12
    drawing.text(_MARGIN, top, "From the key to the command on the line", "title")
    machine = result["machine"]
    about = f"{what} · {machine['processor']}, {machine['processors']} processors · {result['when'][:10]}"
    drawing.text(_MARGIN, top + 20, about, "quiet")
    top = _draw_cases(drawing, result["cases"], top + 48)
    top = _draw_plumbing(drawing, result["cases"]["warm"], top + 24)
    for key, title in (("versus", "Beside other commands, warm"), ("versus_cold", "Beside other commands, cold")):
        rows = [row for row in result[key] if "ratio" in row]
        if rows:
            top = _draw_rivals(drawing, rows, title, top + 24)
    return drawing.written(top + _MARGIN - 8)


def _scale(most: float) -> tuple[float, float]:
    """Return pixels a millisecond where `most` milliseconds fill the room for bars, and where the bars begin."""
    return (_WIDTH - 2 * _MARGIN - _LABELS - _FIGURES) / max(most, 0.001), _MARGIN + _LABELS


def _ms(value: float) -> str:
    return f"{value / 1000:.2f} s" if value >= 1000 else f"{value:.0f} ms" if value >= 10 else f"{value:.1f} ms"  # noqa: PLR2004


def _draw_cases(drawing: Drawing, cases: Mapping[str, Any], top: float) -> float:
    """Draw a bar a case, made of its steps' medians, and the bare engine's below it; returns where it ends."""
    drawing.text(
        _MARGIN, top, "Medians, step by step; the outline is llama.cpp's bare work for the same tokens", "head"
    )
    most = max(
        max(case["total_ms"]["p50"], _stacked(case), case.get("floor_ms", {}).get("p50", 0)) for case in cases.values()
    )
    scale, left = _scale(most)
    top += 14
    for name, title in CASES.items():
        case = cases[name]
        drawing.text(left - 12, top + _BAR - 3, title, anchor="end")
        at = left
        for look, part, steps in _PARTS:
            width = _part_ms(case, steps) * scale
            drawing.box(Box(at, top, width, _BAR), look, f"{part}: {_ms(_part_ms(case, steps))}")
            at += width
        label = _ms(case["total_ms"]["p50"])
        if case.get("floor_ms"):
            bare = case["floor_ms"]["p50"]
            drawing.box(Box(left, top - 2, bare * scale, _BAR + 4), "bare", f"bare engine: {_ms(bare)}")
            label += f" · {case['ratio']['p50']:.2f} x bare"
            at = max(at, left + bare * scale)
        drawing.text(at + 8, top + _BAR - 3, label, "number")
        top += _ROW
    return _draw_legend(drawing, top + 6)


def _stacked(case: Mapping[str, Any]) -> float:
    return sum(float(figures["p50"]) for figures in case["steps_ms"].values())


def _part_ms(case: Mapping[str, Any], steps: Sequence[str]) -> float:
    """Return the milliseconds of a part; that without steps of its own has what no other part has."""
    named = {step for _look, _name, mine in _PARTS for step in mine}
    return sum(
        float(figures["p50"])
        for step, figures in case["steps_ms"].items()
        if (step in steps if steps else step not in named)
    )


def _draw_legend(drawing: Drawing, top: float) -> float:
    at = _MARGIN
    for look, name, _steps in _PARTS:
        drawing.box(Box(at, top, 11, 11), look, radius=2)
        drawing.text(at + 17, top + 10, name, "quiet")
        at += 17 + 7.0 * len(name) + 18
    return top + 16


def _draw_plumbing(drawing: Drawing, warm: Mapping[str, Any], top: float) -> float:
    """Draw the steps of a warm request that are not the engine's: the median as a bar, p95 and p99 as marks."""
    steps = {name: figures for name, figures in warm["steps_ms"].items() if name not in ENGINE_STEPS}
    total = _ms(warm["plumbing_ms"]["p50"])
    feedback = _ms(warm["feedback_ms"]["p50"])
    title = f"A warm request but for the engine: {total} in the median; the first sign of life after {feedback}"
    drawing.text(_MARGIN, top, title, "head")
    drawing.text(_WIDTH - _MARGIN, top, "p50 · p95 · p99", "quiet", anchor="end")
    scale, left = _scale(max(figures["p99"] for figures in steps.values()))
    top += 12
    for name, figures in steps.items():
        middle = top + _BAR / 2
        drawing.text(left - 12, top + _BAR - 3, name, anchor="end")
        look = next((look for look, _part, mine in _PARTS if name in mine), "daemon")
        drawing.line((left, middle), (left + figures["p99"] * scale, middle), "grid")
        drawing.box(Box(left, top, max(figures["p50"] * scale, 1), _BAR), look, f"{name}: {_ms(figures['p50'])}")
        for mark in ("p95", "p99"):
            at = left + figures[mark] * scale
            drawing.line((at, top + 2), (at, top + _BAR - 2), "whisker")
        told = " · ".join(f"{figures[mark]:.1f}" for mark in ("p50", "p95", "p99")) + " ms"
        drawing.text(_WIDTH - _MARGIN, top + _BAR - 3, told, "number quiet", anchor="end")
        top += _ROW - 6
    return top + 4


def _draw_rivals(drawing: Drawing, rows: Sequence[Mapping[str, Any]], title: str, top: float) -> float:
    """Draw two bars a command: ours and theirs, medians of the same pairs."""
    drawing.text(_MARGIN, top, f"{title}: medians of pairs, and how many times as long theirs takes", "head")
    scale, left = _scale(max(row[key]["p50"] for row in rows for key in ("ours_ms", "theirs_ms")))
    top += 14
    for row in rows:
        name = row.get("name") or row["command"]
        drawing.text(
            left - 12,
            top + _BAR + 4,
            name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…",
            anchor="end",
        )
        ratio = row["ratio"]
        for key, look, told in (("ours_ms", "apply", "caro"), ("theirs_ms", "theirs", name)):
            width = row[key]["p50"] * scale
            drawing.box(Box(left, top, width, _BAR - 2), look, f"{told}: {_ms(row[key]['p50'])}")
            label = f"caro {_ms(row[key]['p50'])}" if key == "ours_ms" else _ms(row[key]["p50"])
            if key == "theirs_ms":
                label += f" · {ratio['p50']:.2f} x ({ratio['low']:.2f} to {ratio['high']:.2f})"
            drawing.text(left + width + 8, top + _BAR - 4, label, "number")
            top += _BAR
        top += 12
    return top
