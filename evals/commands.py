"""What `python -m evals` understands."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from evals import selfcheck, tasks
from evals.sandbox.client import Pool, SandboxError
from evals.score import Scorer


def main(arguments: Sequence[str]) -> int:
    """Do what is asked; returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
    except (tasks.TaskError, SandboxError) as error:
        print(error, file=sys.stderr)
        return 1
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m evals", description="How often the commands are right.")
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    check = verbs.add_parser("check", help="the instrument tests itself and its tasks")
    check.add_argument("files", nargs="*", type=Path, help="only the tasks of these files")
    check.add_argument("--cross", type=int, default=None, help="at most so many other tasks' references (all)")
    check.set_defaults(run=_check)
    _choose_tasks(check)
    return parser


def _choose_tasks(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--split", choices=(*tasks.SPLITS, "all"), default="all")
    parser.add_argument("--topic", action="append", default=[], help="only this topic; may be given several times")
    parser.add_argument("--only", default="", help="only the tasks with these ids, separated by commas")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="sandboxes at a time")


def _chosen(options: argparse.Namespace) -> list[tasks.Task]:
    paths = getattr(options, "files", None) or tasks.files_of(options.split, options.topic)
    found = tasks.load(paths)
    wanted = [name for name in options.only.split(",") if name]
    if missing := set(wanted) - {task.id for task in found}:
        raise tasks.TaskError(f"There is no task {sorted(missing)[0]}.")
    return [task for task in found if not wanted or task.id in wanted]


def _check(options: argparse.Namespace) -> int:
    with Pool(options.jobs) as pool:
        findings = selfcheck.check(_chosen(options), Scorer(pool), options.cross)
    for line in (*findings.skipped, *findings.faults, *findings.passed):
        print(line)
    print(
        f"{findings.tasks} tasks, {len(findings.skipped)} passed over, {len(findings.faults)} faults; "
        f"{len(findings.passed)} of {findings.crossed} answers to other tasks pass ({findings.share:.1%})."
    )
    return 0 if findings.is_sound else 1
