"""`caro bench`: latency step by step, against the engine's own floor, on this machine."""

import argparse
import json
import sys
from collections.abc import Sequence

from caro_shell.cli import ANSWERED, FAILED
from caro_shell.cli.options import Parser
from caro_shell.errors import UsageError


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
        description="Measures a key press from end to end, step by step, beside llama.cpp's bare evaluation of "
        "the same tokens in the same run. Quiet the machine first: a busy one makes every figure wrong.",
        examples=(
            ("caro bench", "a table, after a minute or two"),
            ("caro bench -n 5 --cold 1 --json", "quicker, for programs"),
            ("caro bench --engines llama,xllamacpp", "engines beside each other"),
        ),
    )
    made.add_argument("-n", type=int, default=20, metavar="N", help="warm requests (default 20)")
    made.add_argument("--cold", type=int, default=3, metavar="N", help="cold starts (default 3)")
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
    if options.n < 1 or options.cold < 1:
        raise UsageError("There is nothing to measure in less than one request.", "Try: caro bench -n 20 --cold 3")
    if options.engines:
        return _compare(options)
    from caro_shell import bench
    from caro_shell.bench.figures import table

    print("caro: measuring; keep the machine quiet …", file=sys.stderr)
    result = bench.measure(bench.Plan(warm=options.n, cold=options.cold))
    print(json.dumps(result) if options.json else table(result))
    return ANSWERED
