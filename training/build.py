"""All pairs from all sources, judged, capped and split, and a report of what became of how many."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from caro_shell.parse.likeness import likeness
from evals import tasks
from training.clean import OWN, PUBLIC, objection
from training.intents import INTENTS, Intent, intent_files, read_intents
from training.overlap import Guard, shape
from training.pairs import NONE, Pair, TrainingError, row_of, write_rows
from training.slots import Kinds, read_kinds
from training.sources import nl2bash, no_command, own, tldr, workflows
from training.sources.reminded import reminded

LICENCES = {
    "own": own.LICENCE,
    "nl2bash": nl2bash.LICENCE,
    "tldr": tldr.LICENCE,
    "workflows": workflows.LICENCE,
}
PUBLIC_FILES = ("nl2bash.jsonl", "tldr.jsonl", "workflows.jsonl")
# A command that is asked for in more ways than these is learnt at the cost of the others.
_SAME_COMMAND = 4
# One in so many goes to valid.jsonl.
_VALID = 32


@dataclass(frozen=True)
class Order:
    """What is built: from which data, how much of it, by which seed."""

    data: Path | None
    """The folder with nl2bash.jsonl, tldr.jsonl and workflows.jsonl; None: our own intents only."""
    intents: Path = INTENTS
    """The folder with our own; beside it, if there are such, lines that ask for no command (no_command.toml)."""
    seed: int = 1
    prompt: str = "tuned"
    per_intent: int = 40
    most_find: int = 2000
    """Pairs of NL2Bash that begin with `find`."""
    short: int = 4
    """Words of a command that may be a task's, as long as the requests are not alike; 0: none may."""
    at_most: int = 0
    """Rows that are read of each public file, drawn by chance; 0: all."""


@dataclass
class Report:
    """What became of the pairs: how many were drawn, dropped for which reason, and kept."""

    drawn: Counter[str] = field(default_factory=Counter)
    kept: Counter[str] = field(default_factory=Counter)
    dropped: dict[str, Counter[str]] = field(default_factory=dict)
    topics: dict[str, Counter[str]] = field(default_factory=dict)
    places: Counter[str] = field(default_factory=Counter)
    own: dict[str, Counter[str]] = field(default_factory=dict)
    """Of our own intents, why pairs were dropped, by intent."""

    def drop(self, pair: Pair, reason: str) -> None:
        """Count a pair that is not taken."""
        self.dropped.setdefault(pair.source, Counter())[reason] += 1
        if pair.source == "own":
            self.own.setdefault(pair.origin, Counter())[reason] += 1

    def keep(self, pair: Pair) -> None:
        """Count a pair that is."""
        self.kept[pair.source] += 1
        self.topics.setdefault(pair.source, Counter())[pair.topic] += 1
        self.places[f"{pair.place.system} {pair.place.shell}"] += 1

    def as_table(self) -> dict[str, Any]:
        """Return it as it is written into report.json."""
        return {
            "drawn": dict(self.drawn),
            "kept": dict(self.kept),
            "dropped": {source: dict(counts.most_common()) for source, counts in self.dropped.items()},
            "topics": {source: dict(counts.most_common()) for source, counts in self.topics.items()},
            "places": dict(self.places.most_common()),
            "own intents that lost pairs": {name: dict(counts) for name, counts in sorted(self.own.items())},
        }


def build(order: Order, out: Path) -> Report:
    """Write train.jsonl, valid.jsonl and report.json into `out`; the same order and data make the same files."""
    kinds = read_kinds()
    intents = read_intents(intent_files(order.intents), kinds)
    report = Report()
    pairs = kept_pairs(drawn_pairs(order, intents, kinds), order, evals_guard(order.short), report)
    more = list(reminded(pairs, Random(f"{order.seed} reminded")))
    for pair in more:
        report.keep(pair)
    report.drawn["own"] += len(more)
    pairs += more
    Random(order.seed).shuffle(pairs)
    out.mkdir(parents=True, exist_ok=True)
    for name, valid in (("train", False), ("valid", True)):
        rows = (row_of(pair, order.prompt, LICENCES[pair.source]) for pair in pairs if is_valid(pair) == valid)
        write_rows(rows, out / f"{name}.jsonl")
    told = {"seed": order.seed, "prompt": order.prompt, **report.as_table()}
    (out / "report.json").write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return report


def evals_guard(short: int) -> Guard:
    """Return the guard of the tasks in evals/, dev and test; raises TrainingError where they cannot be read."""
    try:
        found = tasks.load(tasks.files_of("all"))
    except tasks.TaskError as error:
        raise TrainingError(str(error)) from error
    return Guard(((task.request, (*task.references, *task.also)) for task in found), short)


def drawn_pairs(order: Order, intents: list[Intent], kinds: Kinds) -> Iterator[Pair]:
    """Yield the pairs of every source, those of one source in an order by chance; raises TrainingError."""
    for path in [order.data / name for name in PUBLIC_FILES] if order.data else ():
        if not path.is_file():
            raise TrainingError(f"There is no {path}.")
    yield from own.draw_own(intents, kinds, order.per_intent, Random(f"{order.seed} own"))
    yield from no_command.read_no_command(order.intents, Random(f"{order.seed} none"))
    if order.data is None:
        return
    readers: dict[str, Callable[[Path, Random], Iterable[Pair]]] = {
        "nl2bash": nl2bash.read_nl2bash,
        "tldr": lambda path, random: tldr.read_tldr(path, kinds, random),
        "workflows": lambda path, random: workflows.read_workflows(path, kinds, random),
    }
    for name, read in readers.items():
        random = Random(f"{order.seed} {name}")
        try:
            pairs = list(read(order.data / f"{name}.jsonl", random))
        except (OSError, ValueError, KeyError) as error:
            raise TrainingError(f"{order.data / name}.jsonl cannot be read: {error}.") from error
        random.shuffle(pairs)
        yield from pairs[: order.at_most or None]


def kept_pairs(pairs: Iterable[Pair], order: Order, guard: Guard, report: Report) -> list[Pair]:
    """Return the pairs that are fit to be learnt from; the report has the others."""
    kept: list[Pair] = []
    asked: set[tuple[str, str, str]] = set()
    same: Counter[object] = Counter()
    for pair in pairs:
        report.drawn[pair.source] += 1
        key = (" ".join(pair.request.lower().split()), pair.place.system, pair.place.shell)
        if reason := _refusal(pair, order, guard, report):
            report.drop(pair, reason)
        elif key in asked:
            report.drop(pair, "asked before")
        elif pair.source != "own" and same[likeness(pair.command)] >= _SAME_COMMAND:
            report.drop(pair, "the same command too often")
        else:
            asked.add(key)
            same[likeness(pair.command)] += 1
            report.keep(pair)
            kept.append(pair)
    return kept


def _refusal(pair: Pair, order: Order, guard: Guard, report: Report) -> str:
    """Return why a pair is not taken; empty where it is, for all that can be said of it alone."""
    found = report.topics.get("nl2bash", Counter())["find"]
    if pair.source == "nl2bash" and pair.topic == "find" and found >= order.most_find:
        return "enough of find"
    if like := guard.resemblance(pair.request, pair.command):
        return f"like {like}"
    return objection(pair, OWN if pair.source == "own" else PUBLIC)


def is_valid(pair: Pair) -> bool:
    """Say whether a pair is kept for validation: by the shape of its command, so that none is on both sides."""
    told = repr(pair.request if pair.gesture == NONE else shape(pair.command, pair.request)).encode()
    return int.from_bytes(hashlib.sha256(told).digest()[:4]) % _VALID == 0
