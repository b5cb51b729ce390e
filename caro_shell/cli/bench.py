"""`caro bench`: latency step by step, against the engine's own floor, on this machine."""

import json
import sys
from collections.abc import Sequence

from caro_shell.cli import ANSWERED
from caro_shell.cli.options import Parser
from caro_shell.errors import UsageError


def run(argv: Sequence[str]) -> int:
    """Measure and print; takes a minute or two, and lies on a busy machine."""
    parser = Parser(
        prog="caro bench",
        description="Measures a key press from end to end, step by step, beside llama.cpp's bare evaluation of "
        "the same tokens in the same run. Quiet the machine first: a busy one makes every figure wrong.",
    )
    parser.add_argument("-n", type=int, default=20, metavar="N", help="warm requests (default 20)")
    parser.add_argument("--cold", type=int, default=3, metavar="N", help="cold starts (default 3)")
    parser.add_argument("--json", action="store_true", help="print one object")
    options = parser.parse_args(argv)
    if options.n < 1 or options.cold < 1:
        raise UsageError("There is nothing to measure in less than one request.", "Try: caro bench -n 20 --cold 3")
    from caro_shell import bench
    from caro_shell.bench.figures import table

    print("caro: measuring; keep the machine quiet …", file=sys.stderr)
    result = bench.measure(bench.Plan(warm=options.n, cold=options.cold))
    print(json.dumps(result) if options.json else table(result))
    return ANSWERED
