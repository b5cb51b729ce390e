"""What `python -m training` understands."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from evals import commands as evals
from training import run
from training.agreement import agreement
from training.build import Order, Report, build
from training.convert import ADAPTER, convert, read_run
from training.install import install
from training.intents import INTENTS, intent_files, read_intents
from training.pairs import PROMPTS, TrainingError
from training.recipe import read_recipe
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
    data.add_argument("--prompt", choices=PROMPTS, default="tuned", help="what stands before a request (tuned)")
    data.add_argument("--per-intent", type=int, default=40, help="pairs of an intent of our own at most (40)")
    data.add_argument("--most-find", type=int, default=2000, help="pairs of NL2Bash with find at most (2000)")
    data.add_argument("--short", type=int, default=4, help="commands of so many words may be a task's (4)")
    data.add_argument("--at-most", type=int, default=0, help="pairs read of each public file, by chance (all)")
    data.set_defaults(run=_build)
    train = verbs.add_parser("train", help="tune an adapter on them; goes on where it broke off")
    train.add_argument("recipe", help="tiny, small, or a file")
    train.add_argument("--data", type=Path, required=True, help="the folder that build-data wrote")
    train.add_argument("--out", type=Path, required=True, help="the folder for checkpoints and the tuned numbers")
    train.add_argument("--threads", type=int, default=0, help="of the CPU (as many as there are)")
    train.set_defaults(run=_train)
    convert = verbs.add_parser("convert", help="write the adapter that llama.cpp loads, and check what it computes")
    convert.add_argument("--data", type=Path, required=True, help="the folder that build-data wrote")
    convert.add_argument("--out", type=Path, required=True, help="the folder of the finished run")
    convert.set_defaults(run=_convert)
    evaluate = verbs.add_parser("evaluate", help="ask the tasks of evals/ with the adapter and without, and compare")
    evaluate.add_argument("--out", type=Path, required=True, help="the folder of the finished run")
    evaluate.add_argument("--split", default="dev", help="dev, or test for what is claimed (dev)")
    evaluate.set_defaults(run=_evaluate)
    put = verbs.add_parser("install", help="put the adapter into the package and its entry into the catalogue")
    put.add_argument("--out", type=Path, required=True, help="the folder of the finished run")
    put.set_defaults(run=_install)
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


def _train(options: argparse.Namespace) -> int:
    def tell(line: str) -> None:
        print(line, flush=True)

    run.train(read_recipe(options.recipe), options.data, options.out, options.threads, tell)
    return 0


def _convert(options: argparse.Namespace) -> int:
    path = convert(options.out)
    found = agreement(options.out, options.data)
    print(f"{path}: {path.stat().st_size:,} bytes.")
    print(
        f"From what the training computes, over {found.pairs} pairs, llama.cpp is {found.applied:.3f} nats a token "
        f"away with the adapter, {found.without:.3f} without."
    )
    if not found.is_sound:
        raise TrainingError("That is too far: names or scale of the adapter are wrong.")
    return 0


def _evaluate(options: argparse.Namespace) -> int:
    base = read_run(options.out)["recipe"]["base"]
    files = {name: options.out / f"{options.split}-{name}.jsonl" for name in ("without", "with")}
    for name, adapter in (("without", "off"), ("with", options.out / ADAPTER)):
        asked = ["--model", base, "--split", options.split, "--set", f"adapter={adapter}", "--out", str(files[name])]
        if status := evals.main(["run", *asked]):
            return status
    return evals.main(["compare", *map(str, files.values())])


def _install(options: argparse.Namespace) -> int:
    print(f"{install(options.out)} is in the catalogue.")
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
