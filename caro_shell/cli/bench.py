"""`caro bench`: latency step by step, against the engine's own floor, on this machine."""

import argparse
import json
import os
import shutil
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from caro_shell.cli import ANSWERED, FAILED
from caro_shell.cli.options import Parser
from caro_shell.errors import CaroError, UsageError
from caro_shell.prompt import SHELLS

_LIMIT_S = 120.0
_AGAIN = "With the output of --json it can be drawn again: caro bench --read FILE --svg FILE"


def _names(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


def _compare(options: argparse.Namespace) -> int:
    """Measure engines beside each other."""
    from caro_shell import config
    from caro_shell.bench import engines

    models = options.models or [config.current().model]
    pairs = [engines.Pair(engine, model) for model in models for engine in options.engines]
    print("caro: measuring; keep the machine quiet …", file=sys.stderr)
    rows = engines.compare(pairs, options.n)
    print(json.dumps(rows) if options.json else engines.table(rows))
    return ANSWERED if any("error" not in row for row in rows) else FAILED


def parser() -> Parser:
    """Return what the verb takes, with its help."""
    made = Parser(
        prog="caro bench",
        description="Measures a key press in a real shell from end to end, step by step, beside llama.cpp's bare "
        "evaluation of the same tokens in the same run: cold, warm, asked before, and after the model was unloaded. "
        "Quiet the machine first: a busy one makes every figure wrong.",
        examples=(
            ("caro bench", "a table, after a minute or two"),
            ("caro bench -n 5 --cold 1 --json", "quicker, for programs"),
            ("caro bench --json --svg bench.svg > bench.json", "with a picture"),
            ("caro bench --read bench.json --svg bench.svg", "the same picture again"),
            ("caro bench --vs 'sgpt --no-cache -s {}'", "another command in turn with ours"),
            ("caro bench --engines llama,xllamacpp", "engines beside each other"),
        ),
    )
    made.add_argument("-n", type=int, default=20, metavar="N", help="warm requests (default 20)")
    made.add_argument("--cold", type=int, default=3, metavar="N", help="cold starts, and after unloading (default 3)")
    made.add_argument("--shell", choices=SHELLS, help="the shell that the key is pressed in (default: yours)")
    made.add_argument(
        "--vs",
        action="append",
        default=[],
        metavar="LINE",
        help="another command in turn with warm requests, {} where the request goes; may be given again",
    )
    made.add_argument(
        "--vs-cold", action="append", default=[], metavar="LINE", help="the same, in turn with the cold starts"
    )
    made.add_argument(
        "--limit",
        type=float,
        default=_LIMIT_S,
        metavar="SECONDS",
        help=f"give another command up that has not ended by then (default {_LIMIT_S:g})",
    )
    made.add_argument("--svg", metavar="FILE", help="draw a picture, readable on light and on dark")
    made.add_argument("--read", metavar="FILE", help="measure nothing: show what --json has printed")
    made.add_argument(
        "--engines",
        type=_names,
        default=[],
        metavar="NAME,…",
        help="instead: engines beside each other (llama, xllamacpp, openai, mlx, candle)",
    )
    made.add_argument("--models", type=_names, default=[], metavar="NAME,…", help="with --engines: of these models")
    made.add_argument("--json", action="store_true", help="print one object")
    return made


def run(argv: Sequence[str]) -> int:
    """Measure and print; takes a minute or two, and lies on a busy machine."""
    options = parser().parse_args(argv)
    if options.n < 1 or options.cold < 1 or not 0 < options.limit < float("inf"):
        raise UsageError("There is nothing to measure in less than one request.", "Try: caro bench -n 20 --cold 3")
    if options.engines and (options.svg or options.read or options.vs or options.vs_cold):
        raise UsageError("--engines is a measurement of its own.", "Try: caro bench --engines llama,xllamacpp")
    if options.svg:
        _check_place(Path(options.svg))
    if options.engines:
        return _compare(options)
    result = _read(Path(options.read)) if options.read else _measure(options)
    from caro_shell.bench.text import table

    print(json.dumps(result) if options.json else table(result), flush=True)
    if options.svg:
        _draw(result, Path(options.svg))
    failed = any("error" in row for row in (*result["versus"], *result["versus_cold"]))
    return FAILED if failed and not options.read else ANSWERED


def _measure(options: argparse.Namespace) -> dict[str, Any]:
    from caro_shell.bench import measure, versus

    plan = measure.Plan(
        warm=options.n,
        cold=options.cold,
        shell=options.shell or _own_shell(),
        rivals=versus.rivals_of(options.vs, options.limit),
        cold_rivals=versus.rivals_of(options.vs_cold, options.limit),
    )
    print("caro: measuring; keep the machine quiet …", file=sys.stderr)
    # A shell, a daemon and perhaps another command are to end with us, whatever ends us.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    return measure.measure(plan)


def _own_shell() -> str:
    """Return the user's shell if it is one of ours, else the first of ours that is installed."""
    own = Path(os.environ.get("SHELL", "")).name
    return own if own in SHELLS else next((shell for shell in SHELLS if shutil.which(shell)), SHELLS[0])


def _check_place(path: Path) -> None:
    """Raise UsageError when no picture can be written there: better known before the measurement than after it."""
    if path.is_dir() or not os.access(path if path.exists() else path.parent, os.W_OK):
        raise UsageError(f"There can be no picture at {path}.", "Name a file that can be written.")


def _draw(result: dict[str, Any], path: Path) -> None:
    from caro_shell.bench.picture import picture

    drawn = picture(result)
    try:
        path.write_text(drawn, encoding="utf-8")
    except OSError as error:
        raise CaroError(f"The picture cannot be written to {path} ({error.strerror}).", _AGAIN) from None


def _read(path: Path) -> dict[str, Any]:
    """Return an earlier result; raises UsageError when that is none."""
    try:
        result = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}).", "Try: caro bench --json > bench.json") from None
    except ValueError:
        result = None
    if not isinstance(result, dict) or not {"cases", "versus", "versus_cold", "machine"} <= set(result):
        raise UsageError(f"{path} is not what caro bench --json prints.", "Try: caro bench --json > bench.json")
    return result
