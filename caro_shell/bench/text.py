"""The result of `caro bench` for people."""

from collections.abc import Iterator, Mapping
from typing import Any

from caro_shell.bench.figures import PERCENTILES

CASES = {
    "cold": "cold: no daemon yet",
    "unloaded": "after idle unload",
    "warm": "warm",
    "cached": "asked before",
}
"""What each case is called, in the order of the pages."""
_TOTALS = {
    "total_ms": "key to command on the line",
    "floor_ms": "bare evaluation, same tokens",
    "feedback_ms": "key to first sign of life",
    "first_words_ms": "key to first words",
    "client_ms": "key to request sent",
    "plumbing_ms": "everything but the engine",
}
# The bare work of these cases is the loading, too.
_LOADS = frozenset({"cold", "unloaded"})
_OTHERS = {
    "source_ms": "loading the plugin in zsh",
    "source_bash_ms": "loading the plugin in bash",
    "source_fish_ms": "loading the plugin in fish",
}
_WIDTH = 34


def table(result: Mapping[str, Any]) -> str:
    """Return a result as lines: each case step by step, the ratios, and the other commands."""
    lines = [*_about(result), "", f"{'':{_WIDTH}}" + "".join(f"{f'p{p}':>10}" for p in PERCENTILES)]
    for name, title in CASES.items():
        case = result["cases"][name]
        lines += ["", f"{title}, {case['n']} requests"]
        lines += [_row(f"  {step}", figures, "ms") for step, figures in case["steps_ms"].items()]
        for key, label in _TOTALS.items():
            if case.get(key):
                label = "bare load and evaluation" if key == "floor_ms" and name in _LOADS else label  # noqa: PLW2901
                lines.append(_row(label, case[key], "ms"))
        if case.get("ratio"):
            lines.append(_row("total / bare", case["ratio"], "x"))
    lines += ["", *(_row(label, result[key], "ms") for key, label in _OTHERS.items())]
    lines += [
        f"{f'memory of the daemon, {name}':{_WIDTH}}{b / 1e6:>10.1f} MB" for name, b in result["rss_bytes"].items()
    ]
    return "\n".join([*lines, *_versus(result)])


def _about(result: Mapping[str, Any]) -> Iterator[str]:
    machine = result["machine"]
    model = f"{result['model']} ({result['title']}) on {result['device']}"
    yield f"{model}, pressed in {result['shell']}; caro {result['caro']}"
    yield (
        f"{machine['processor']}, {machine['processors']} processors, {machine['memory_bytes'] / 1e9:.1f} GB, "
        f"{machine['system']}; load when it was over: {machine['load'][0]:.2f}"
    )


def _row(label: str, figures: Mapping[str, float], unit: str) -> str:
    if not figures:
        return f"{label:{_WIDTH}}{'-':>10}"
    digits = 3 if unit == "x" else 1
    return f"{label:{_WIDTH}}" + "".join(f"{figures[f'p{p}']:>10.{digits}f}" for p in PERCENTILES) + f" {unit}"


def _versus(result: Mapping[str, Any]) -> Iterator[str]:
    for key, kind in (("versus", "warm"), ("versus_cold", "cold")):
        for row in result[key]:
            yield ""
            yield f"beside ours, {kind}, {row['pairs']} pairs: {row.get('name') or row['command']}"
            if "error" in row:
                yield f"  {row['error']}"
            if "ratio" in row:
                ratio, wins = row["ratio"], f"ours faster in {row['faster']} of {row['pairs']}"
                yield _row("  ours, key to line", row["ours_ms"], "ms")
                yield _row("  theirs, start to end", row["theirs_ms"], "ms")
                yield (
                    f"  theirs / ours: median {ratio['p50']:.2f} x, {ratio['low']:.2f} to {ratio['high']:.2f} with "
                    f"{ratio['confidence']:.1%} confidence (sign test); {wins}"
                )
