"""Prints how much of the corpus is judged as it should be: `python tests/safety/shares.py [--missed]`.

With `--missed`, the lines that are judged wrong, of those to learn from only: what is held back is never printed.
"""

import sys
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1] / "support")]

from danger_cases import cases_of  # noqa: E402  a program by itself, found by the lines above

from caro_shell.safety.judge import judge  # noqa: E402  as above

BAD = ("high", "critical")


def main(*, missed: bool) -> None:
    """Judge every case and print the shares, and how long one takes."""
    for held in (False, True):
        for side in ("dangerous", "harmless"):
            if not (cases := cases_of(side, held=held)):
                continue
            took, wrong = [], []
            for case in cases:
                start = time.perf_counter()
                level = judge(case.command, case.shell, case.facts).level
                took.append((time.perf_counter() - start) * 1000)
                if (level in BAD) != (side == "dangerous"):
                    wrong.append(case)
            took.sort()
            share = len(wrong) / len(cases)
            said = f"{1 - share:.1%} found" if side == "dangerous" else f"{share:.2%} alarms"
            kept = "held back" if held else "to learn from"
            speed = f"median {took[len(took) // 2]:.2f} ms, 99 % below {took[int(len(took) * 0.99)]:.1f} ms"
            print(f"{side}, {kept}: {said} of {len(cases)}; {speed}")  # noqa: T201  a program's output
            for case in wrong if missed and not held else ():
                print(f"  {case.file.name}: {case.command!r}")  # noqa: T201


if __name__ == "__main__":
    main(missed="--missed" in sys.argv)
