"""Mutates the lines of the corpus at random and judges them: `python tests/safety/fuzz.py SECONDS [SEED]`.

Nothing is run. It fails, and prints the line, when the judge raises, takes longer than half a second of the
processor (or does not come to an end at all), or gives no level. Lines that are held back are not used.
"""

import random
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1] / "support")]

from danger_cases import cases_of  # noqa: E402  a program by itself, found by the lines above
from mutations import mutated_text  # noqa: E402  as above

from caro_shell.safety.judge import judge  # noqa: E402  as above
from caro_shell.safety.rules import LEVELS  # noqa: E402  as above

SHELLS = ("bash", "zsh", "fish")
_SINGLE = "'\"`$(){}[]<>|&;\\~*?!#=,:@%^+-/ \n\t\x00\x1b"
SIGNS = [*_SINGLE, "$(", "${", "<<E\n", "<(", "&&", "||", "$'", "((", "\ue000", "é"]
MOST_SECONDS = 0.5
MOST_CHARACTERS = 4000
END_SECONDS = 10
"""After so long it is taken off a line: a pattern may try for ever, and nobody would learn at what."""


class NoEndError(Exception):
    """The judge was still at it."""


def stop(_number: int, _frame: FrameType | None) -> None:
    """Take the judge off a line."""
    raise NoEndError


def mutated(lines: Sequence[str], chance: random.Random) -> str:
    """Return a line of the corpus with a few changes."""
    return mutated_text(chance.choice(lines), lines, SIGNS, chance, MOST_CHARACTERS)


def trouble(line: str, shell: str) -> str:
    """Return what is wrong with the judgement of a line, or nothing."""
    start = time.process_time()
    signal.setitimer(signal.ITIMER_PROF, END_SECONDS)
    try:
        level = judge(line, shell).level
    except Exception as error:
        return f"raised {error!r}"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    took = time.process_time() - start
    if level not in LEVELS:
        return f"the level {level!r}"
    return f"took {took:.2f} s" if took > MOST_SECONDS else ""


def main(seconds: float, seed: int) -> int:
    """Mutate and judge for so many seconds; return the exit status."""
    signal.signal(signal.SIGPROF, stop)
    chance = random.Random(seed)  # noqa: S311  not for secrets
    lines = [case.command for side in ("dangerous", "harmless") for case in cases_of(side, held=False)]
    end = time.monotonic() + seconds
    judged = wrong = 0
    while time.monotonic() < end and wrong < 20:
        line, shell = mutated(lines, chance), chance.choice(SHELLS)
        judged += 1
        if said := trouble(line, shell):
            wrong += 1
            print(f"{shell}: {said}: {line!r}", flush=True)  # noqa: T201  a program's output
    print(f"{judged} lines judged, {wrong} wrong, seed {seed}")  # noqa: T201
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 10, int(sys.argv[2]) if len(sys.argv) > 2 else 1))
