"""`caro doctor`: each check, ok or what is wrong and the command that mends it."""

import json
from collections.abc import Sequence
from dataclasses import asdict

from caro_shell import doctor
from caro_shell.cli import ANSWERED, FAILED
from caro_shell.cli.options import Parser


def parser() -> Parser:
    """Return what the verb takes, with its help."""
    made = Parser(
        prog="caro doctor",
        description="Looks at everything that can be wrong; changes nothing.",
        statuses={0: "all is well", 1: "something is wrong", 2: "wrong usage"},
        examples=(
            ("caro doctor", "each check, and what mends what is wrong"),
            ("caro doctor --json | jq '.[] | select(.ok | not)'", "only what is wrong, for programs"),
        ),
    )
    made.add_argument("--json", action="store_true", help="print one array of findings")
    return made


def run(argv: Sequence[str]) -> int:
    """Print the findings; exit code 1 when something is wrong."""
    options = parser().parse_args(argv)
    findings = []
    for finding in doctor.examine():
        findings.append(finding)
        if not options.json:
            print(f"{'ok   ' if finding.ok else 'wrong'}  {finding.name}: {finding.seen}", flush=True)
            if not finding.ok:
                print(f"       → {finding.mend}")
    if options.json:
        print(json.dumps([asdict(finding) for finding in findings]))
    return ANSWERED if all(finding.ok for finding in findings) else FAILED
