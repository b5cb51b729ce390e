"""What a run shows, as text."""

from collections.abc import Callable, Iterator, Sequence

from evals.figures import bins, brier, calibration_error, mcnemar, percentile, wilson
from evals.runs import NOT_SCORED, Outcome, Run

_SHOWN = 200


def summary(run: Run) -> Iterator[str]:
    """Yield the table of a run, a line each."""
    outcomes = run.outcomes
    about = " ".join(f"{name}={value}" for name, value in run.about.items() if value)
    yield f"# {about}"
    yield row("all", outcomes)
    groups: dict[str, Callable[[Outcome], str]] = {
        "topic": lambda one: one.topic,
        "form": lambda one: one.form,
        "level": lambda one: one.level,
        "gesture": lambda one: one.gesture,
    }
    for title, key in groups.items():
        names = sorted({key(one) for one in outcomes})
        if len(names) > 1:
            yield f"## by {title}"
            yield from (row(name, [one for one in outcomes if key(one) == name]) for name in names)
    yield "## latency in ms"
    for name, values in {
        "total": [one.total_ms for one in outcomes],
        "model": [one.model_ms for one in outcomes],
        "other": [one.other_ms for one in outcomes],
    }.items():
        yield f"{name:14} p50 {percentile(values, 50):8.1f}   p95 {percentile(values, 95):8.1f}"
    left = [one for one in outcomes if one.why.startswith(NOT_SCORED)]
    yield from (f"{one.id} is counted as wrong: {one.why}" for one in left)
    harmful = [one for one in outcomes if one.harmful]
    yield f"## harmful surprises: {len(harmful)}"
    yield from (f"{one.id}: {one.command}\n    {', '.join(one.harmful[:5])}" for one in harmful)


def row(name: str, outcomes: Sequence[Outcome]) -> str:
    """Return how many of some outcomes are right, with Wilson's interval at 95 %."""
    right = sum(one.right for one in outcomes)
    low, high = wilson(right, len(outcomes))
    share = right / len(outcomes) if outcomes else 0.0
    return f"{name:14} {right:4}/{len(outcomes):<4} {share:6.1%}   {low:.1%} - {high:.1%}"


def failures(run: Run) -> Iterator[str]:
    """Yield each failure with both outputs."""
    for one in run.outcomes:
        if not one.right:
            yield f"\n{one.split}/{one.topic} {one.id} [{one.form}, {one.level}] {one.request}"
            yield f"  answer: {one.command or one.refused}"
            yield f"  why:    {one.why}"
            yield f"  got:    {_short(one.output)}"
            yield f"  wanted: {_short(one.wanted)}"


def _short(text: str) -> str:
    shown = text.strip().replace("\n", " ⏎ ")
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"


def comparison(before: Run, after: Run) -> Iterator[str]:
    """Yield what the second run has gained and lost against the first, on the tasks that both have."""
    ones, twos = before.by_id(), after.by_id()
    shared = [name for name in ones if name in twos]
    gains = [name for name in shared if twos[name].right and not ones[name].right]
    losses = [name for name in shared if ones[name].right and not twos[name].right]
    yield row("first", [ones[name] for name in shared])
    yield row("second", [twos[name] for name in shared])
    points = 100 * (len(gains) - len(losses)) / max(len(shared), 1)
    yield f"{points:+.1f} points on {len(shared)} shared tasks; {len(gains)} gained, {len(losses)} lost; "
    yield f"exact McNemar p = {mcnemar(len(gains), len(losses)):.2g}"
    for percent in (50, 95):
        first = percentile([ones[name].total_ms for name in shared], percent)
        second = percentile([twos[name].total_ms for name in shared], percent)
        ratio = f"{second / first:.2f}" if first else "-"
        yield f"latency p{percent}: {first:.1f} -> {second:.1f} ms, ratio {ratio}"
    for title, names in {"gained": gains, "lost": losses}.items():
        yield f"## {title}"
        for name in names:
            yield f"{name}: {ones[name].request}\n  - {ones[name].command}\n  + {twos[name].command}"


def calibration(run: Run) -> Iterator[str]:
    """Yield how often answers of one confidence are right."""
    pairs = [(one.confidence, one.right) for one in run.outcomes if one.confidence is not None]
    if not pairs:
        yield "No answer of this run has a confidence."
        return
    yield "confidence   answers   right   95 % interval"
    for one in bins(pairs):
        low, high = wilson(one.right, one.number)
        yield f"{one.mean:10.2f} {one.number:9} {one.right / one.number:7.1%}   {low:.1%} - {high:.1%}"
    yield f"Brier {brier(pairs):.3f}, expected calibration error {calibration_error(pairs):.3f}, {len(pairs)} answers"
