"""What was measured, a case at a time, and the figures of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from caro_shell.bench.figures import summary
from caro_shell.bench.pressing import Press

# What the engine does; all else is ours to be ashamed of.
ENGINE_STEPS = ("load", "prompt evaluation", "first token", "decode")
# From the key to the request's being sent.
CLIENT_STEPS = ("shell and interpreter", "client start", "daemon start", "connect")


@dataclass
class Case:
    """Requests of one kind, each with the milliseconds of llama.cpp's bare work for the same, where there is any."""

    presses: list[Press] = field(default_factory=list)
    floors: list[float] = field(default_factory=list)

    def add(self, press: Press, floor_ms: float | None = None) -> None:
        """Count a request."""
        self.presses.append(press)
        if floor_ms is not None:
            self.floors.append(floor_ms)

    def figures(self) -> dict[str, Any]:
        """Return the case as an object; percentiles of a step are of that step, so they do not add up."""
        totals = [press.total_ms for press in self.presses]
        names = list(dict.fromkeys(name for press in self._longest_first() for name in press.steps_ms))
        result: dict[str, Any] = {
            "n": len(totals),
            "feedback_ms": summary([press.feedback_ms for press in self.presses]),
            "first_words_ms": summary([press.words_ms for press in self.presses]),
            "total_ms": summary(totals),
            "client_ms": summary([_sum(press, CLIENT_STEPS) for press in self.presses]),
            "plumbing_ms": summary([press.total_ms - _sum(press, ENGINE_STEPS) for press in self.presses]),
            "steps_ms": {
                name: summary([press.steps_ms.get(name, 0.0) for press in self.presses], digits=2) for name in names
            },
        }
        if self.floors:
            result["floor_ms"] = summary(self.floors)
            ratios = [total / floor for total, floor in zip(totals, self.floors, strict=True)]
            result["ratio"] = summary(ratios, digits=3)
        return result

    def _longest_first(self) -> Sequence[Press]:
        """Return the presses, that with most steps first: its order is the order of all of them."""
        return sorted(self.presses, key=lambda press: -len(press.steps_ms))


def _sum(press: Press, names: Sequence[str]) -> float:
    return sum(press.steps_ms.get(name, 0.0) for name in names)


def headlines(cases: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the figures that are asked for most, by one name each."""
    warm, cold, cached, unloaded = (cases[name] for name in ("warm", "cold", "cached", "unloaded"))
    return {
        "ratio_warm": warm["ratio"],
        "ratio_cold": cold["ratio"],
        "ratio_unloaded": unloaded["ratio"],
        "feedback_ms": warm["feedback_ms"],
        "first_token_ms": warm["first_words_ms"],
        "client_ms": warm["client_ms"],
        "plumbing_ms": warm["plumbing_ms"],
        "total_ms": warm["total_ms"],
        "floor_ms": warm["floor_ms"],
        "cached_ms": cached["total_ms"],
        "cold_ms": cold["total_ms"],
        "cold_floor_ms": cold["floor_ms"],
        "unloaded_ms": unloaded["total_ms"],
        "unloaded_floor_ms": unloaded["floor_ms"],
        "steps_ms": warm["steps_ms"],
    }
