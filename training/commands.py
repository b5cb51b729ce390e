"""What `python -m training` understands."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from training.build import Order, Report, build
from training.intents import INTENTS, intent_files, read_intents
from training.pairs import PROMPTS, TrainingError
from training.slots import read_kinds


def main(arguments: Sequence[str]) -> int:
    """Do what is asked; returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
    except TrainingError as error:
        print(error, file=sys.stderr)
        return 1
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training", description="From data to tuned weights.")
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    data = verbs.add_parser("build-data", help="write the pairs to learn from, and a report")
    data.add_argument("--out", type=Path, required=True, help="the folder for train.jsonl, valid.jsonl, report.json")
    data.add_argument("--data", type=Path, help="the folder of the public pairs; without it our own intents only")
    data.add_argument("--intents", type=Path, default=INTENTS, help="another folder of intents of our own")
    data.add_argument("--seed", type=int, default=1)
    data.add_argument("--prompt", choices=PROMPTS, default="product", help="what stands before a request (product)")
    data.add_argument("--per-intent", type=int, default=40, help="pairs of an intent of our own at most (40)")
    data.add_argument("--most-find", type=int, default=800, help="pairs of NL2Bash with find at most (800)")
    data.add_argument("--short", type=int, default=0, help="commands of so many words may be a task's (0)")
    data.add_argument("--at-most", type=int, default=0, help="pairs read of each public file, by chance (all)")
    data.set_defaults(run=_build)
    check = verbs.add_parser("check", help="say every slip in intents and slots")
    check.add_argument("files", nargs="*", type=Path, help="only these files of intents")
    check.set_defaults(run=_check)
    return parser


def _build(options: argparse.Namespace) -> int:
    order = Order(
        data=options.data,
        intents=options.intents,
        seed=options.seed,
        prompt=options.prompt,
        per_intent=options.per_intent,
        most_find=options.most_find,
        short=options.short,
        at_most=options.at_most,
    )
    for line in _told(build(order, options.out)):
        print(line)
    return 0


def _told(report: Report) -> list[str]:
    lines = []
    for source, count in report.drawn.items():
        lines.append(f"{source}: {report.kept[source]} kept of {count}")
        lines += [f"  {number} {reason}" for reason, number in report.dropped.get(source, {}).items()]
    return lines


def _check(options: argparse.Namespace) -> int:
    intents = read_intents(options.files or intent_files(), read_kinds())
    print(f"{len(intents)} intents and variants, {sum(len(intent.asks) for intent in intents)} ways of asking.")
    return 0
