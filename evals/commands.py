"""What `python -m evals` understands."""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from caro_shell.errors import CaroError
from evals import danger, fit, runs, selfcheck, syntax, tables, tasks
from evals.sandbox.client import Pool, SandboxError
from evals.score import Scorer
from evals.surroundings import Surroundings
from evals.systems import SYSTEMS, Answer, settings_for
from evals.variants import VARIANTS


def main(arguments: Sequence[str]) -> int:
    """Do what is asked; returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
    except (tasks.TaskError, SandboxError) as error:
        print(error, file=sys.stderr)
        return 1
    except CaroError as error:
        print(f"{error.message} {error.hint}".strip(), file=sys.stderr)
        return 1
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m evals", description="How often the commands are right.")
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    check = verbs.add_parser("check", help="the instrument tests itself and its tasks")
    check.add_argument("files", nargs="*", type=Path, help="only the tasks of these files")
    check.add_argument("--cross", type=int, default=300, help="so many other tasks' references (300)")
    check.set_defaults(run=_check)
    run = verbs.add_parser("run", help="ask a system every task and score its answers")
    run.add_argument("--model", default="small", help="as the setting `model`")
    run.add_argument("--system", choices=tuple(SYSTEMS), default="product")
    run.add_argument("--variant", choices=tuple(VARIANTS), default="", help="a changed product")
    run.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="a setting of the product")
    run.add_argument("--out", type=Path, required=True, help="the run's file")
    run.set_defaults(run=_run)
    score = verbs.add_parser("score", help="score a run's commands again, without a model")
    score.add_argument("file", type=Path)
    score.add_argument("--out", type=Path, help="another file than the run's own")
    score.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="sandboxes at a time")
    score.set_defaults(run=_score)
    show = verbs.add_parser("show", help="a run's table")
    show.add_argument("file", type=Path)
    show.set_defaults(run=lambda options: _show(runs.read(options.file), options))
    compare = verbs.add_parser("compare", help="two runs, task by task")
    compare.add_argument("first", type=Path)
    compare.add_argument("second", type=Path)
    compare.set_defaults(run=_compare)
    calibration = verbs.add_parser("calibration", help="how often answers of one confidence are right")
    calibration.add_argument("file", type=Path)
    calibration.set_defaults(run=_calibration)
    dangerous = verbs.add_parser("danger", help="answers that are more dangerous than what was asked for")
    dangerous.add_argument("file", type=Path)
    dangerous.set_defaults(run=_danger)
    fitted = verbs.add_parser("fit", help="fit the product's confidence to runs over dev")
    fitted.add_argument("files", nargs="+", type=Path)
    fitted.set_defaults(run=_fit)
    for verb in (check, run):
        _choose_tasks(verb)
    for verb in (run, score, show):
        verb.add_argument("--failures", action="store_true", help="list them with both outputs")
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
        raise tasks.TaskError(f"There is no task {min(missing)}.")
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


def _run(options: argparse.Namespace) -> int:
    changes = dict(text.partition("=")[::2] for text in options.set)
    settings = settings_for(options.model, changes)
    chosen = runs.able(_chosen(options), _tell)
    about = {
        "system": options.system,
        "model": options.model,
        "variant": options.variant,
        "split": options.split,
        "topics": ",".join(options.topic),
        "set": ",".join(options.set),
        "tasks": len(chosen),
    }
    programs = syntax.programs_of([task.reference for task in tasks.load(tasks.files_of("all")) if not task.is_run])
    with Pool(options.jobs) as pool:
        with Surroundings(pool, programs) as around, SYSTEMS[options.system](settings, options.variant) as system:
            answers: list[tuple[tasks.Task, Answer]] = []
            try:
                answers.extend(runs.ask_all(chosen, system, around, _tell))
            finally:
                # Whatever happens now, `score` can go on from here.
                runs.write(runs.Run(about, [runs.unscored(*one) for one in answers]), options.out)
        run = runs.Run(about, runs.score_all(answers, Scorer(pool)))
    runs.write(run, options.out)
    return _show(run, options)


def _score(options: argparse.Namespace) -> int:
    old = runs.read(options.file)
    known = {task.id: task for task in tasks.load(tasks.files_of("all"))}
    gone = [outcome.id for outcome in old.outcomes if outcome.id not in known]
    for name in gone:
        _tell(f"{name} is passed over: there is no such task any more.")
    answers = [(known[one.id], runs.answer_of(one)) for one in old.outcomes if one.id in known]
    with Pool(options.jobs) as pool:
        run = replace(old, outcomes=runs.score_all(answers, Scorer(pool)))
    runs.write(run, options.out or options.file)
    return _show(run, options)


def _show(run: runs.Run, options: argparse.Namespace) -> int:
    for line in tables.summary(run):
        print(line)
    if options.failures:
        for line in tables.failures(run):
            print(line)
    return 0


def _compare(options: argparse.Namespace) -> int:
    for line in tables.comparison(runs.read(options.first), runs.read(options.second)):
        print(line)
    return 0


def _calibration(options: argparse.Namespace) -> int:
    for line in tables.calibration(runs.read(options.file)):
        print(line)
    return 0


def _danger(options: argparse.Namespace) -> int:
    for line in danger.danger(runs.read(options.file), {task.id: task for task in tasks.load(tasks.files_of("all"))}):
        print(line)
    return 0


def _fit(options: argparse.Namespace) -> int:
    fit.FILE.write_text(fit.fit([runs.read(path) for path in options.files]), encoding="utf-8")
    print(f"{fit.FILE} is written.")
    return 0


def _tell(line: str) -> None:
    print(line, file=sys.stderr)
