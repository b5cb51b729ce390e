"""`caro doctor`: each check, ok or what is wrong and what mends it; with --fix, what is safe to mend is."""

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from caro_shell import doctor
from caro_shell.cli import ANSWERED, FAILED
from caro_shell.cli.options import Parser
from caro_shell.doctor import Finding, Surroundings
from caro_shell.errors import CaroError

_REPORT = "caro-report.txt"


def parser() -> Parser:
    """Return what the verb takes, with its help."""
    made = Parser(
        prog="caro doctor",
        description="Looks at everything that can be wrong, and says what mends it; changes nothing without --fix.",
        statuses={0: "all is well", 1: "something is wrong", 2: "wrong usage"},
        examples=(
            ("caro doctor", "each check, and what mends what is wrong"),
            ("caro doctor --fix", "the same, and what can be mended without a risk is"),
            ("caro doctor --report", f"a file for a bug report, {_REPORT}"),
            ("caro doctor --json | jq '.[] | select(.ok | not)'", "only what is wrong, for programs"),
        ),
    )
    made.add_argument("--json", action="store_true", help="print one array of findings")
    made.add_argument("--fix", action="store_true", help="mend what can be mended without losing anything")
    made.add_argument(
        "--report",
        nargs="?",
        const=_REPORT,
        metavar="FILE",
        help=f"write a file for a bug report (default: {_REPORT}); secrets and names are taken out of it",
    )
    return made


def run(argv: Sequence[str]) -> int:
    """Print the findings; exit code 1 when something is wrong."""
    options = parser().parse_args(argv)
    around = Surroundings(os.environ)
    findings: list[Finding] = []
    fixed: dict[str, str] = {}
    for found in doctor.examine(around):
        finding = _mended(found, fixed) if options.fix else found
        findings.append(finding)
        if not options.json:
            _print(finding, fixed.get(finding.name, ""), found)
    if options.json:
        told = [{**finding.as_object(), "fixed": fixed.get(finding.name, "")} for finding in findings]
        print(json.dumps(told))
    elif not options.fix and any(finding.fix and not finding.ok for finding in findings):
        print("caro doctor --fix mends what is marked *.")
    if options.report:
        _report(findings, around, Path(options.report))
    return ANSWERED if all(finding.ok for finding in findings) else FAILED


def _mended(finding: Finding, fixed: dict[str, str]) -> Finding:
    """Return a finding after its fix, if it has one; a fix that fails is a part of what is wrong."""
    if finding.ok or finding.fix is None:
        return finding
    try:
        fixed[finding.name] = finding.fix()
    except CaroError as error:
        return replace(finding, seen=f"{finding.seen}; mending it failed: {error.message}")
    except OSError as error:
        return replace(finding, seen=f"{finding.seen}; mending it failed: {error.strerror}")
    return replace(finding, ok=True)


def _print(finding: Finding, fixed: str, found: Finding) -> None:
    word = "fixed" if fixed else "ok   " if finding.ok else "wrong"
    mark = "*" if found.fix and not finding.ok else " "
    print(f"{word}{mark} {finding.name}: {finding.seen}", flush=True)
    if fixed:
        print(f"       → {fixed}")
    elif not finding.ok:
        print(f"       → {finding.mend}")


def _report(findings: Sequence[Finding], around: Surroundings, path: Path) -> None:
    from caro_shell.doctor.report import CONTENTS, write_report

    written = write_report(findings, around, path)
    print(f"caro: {written} holds {CONTENTS}.", file=sys.stderr)
    print("      Secrets, your home and your name are taken out; read it before you send it.", file=sys.stderr)
