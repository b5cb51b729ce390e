"""A process of its own loads a file that nobody vouches for, before the daemon does.

llama.cpp checks much of a file, but ends the process (abort, division by zero) over some of what it does not expect.
"""

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from caro_shell.engines.attempts import Attempts, write_private
from caro_shell.errors import EngineError
from caro_shell.models.catalogue import read_catalogue
from caro_shell.models.store import Weights

if TYPE_CHECKING:
    from caro_shell.engines.loaded import Loaded

FILE = "trials.json"
_KEPT = 32
# A large model on a slow disk; what takes longer is not worth the wait at a prompt either.
_LIMIT_S = 180.0
_CONTEXT = 64
_WORDS = "find . -name '*.py' -mtime -1 | wc -l; naïve 日本語 😀\t\n{}[]<>&$#@!"
_OOM_SCORE = Path("/proc/self/oom_score_adj")


@dataclass(frozen=True)
class Trial:
    """What became of it: `ok`, or llama.cpp's reason; `out_of_memory` when another machine might have done it."""

    ok: bool
    reason: str = ""
    out_of_memory: bool = False


def result(weights: Weights, binding: str, attempts: Attempts) -> Trial:
    """Return the outcome for these weights; a file that went well is not tried again until it changes."""
    if weights.model is not None and weights.model.name.partition(":")[0] in read_catalogue():
        return Trial(ok=True)
    found = weights.path.stat()
    key = [str(weights.path), found.st_size, found.st_mtime_ns, binding]
    passed = _read_passed(attempts.path)
    if key in passed:
        return Trial(ok=True)
    trial = _try_in_a_process(weights.path, binding)
    if trial.ok and attempts.path:
        write_private(attempts.path.with_name(FILE), json.dumps([*passed, key][-_KEPT:]))
    return trial


def _read_passed(beside: Path | None) -> list[Any]:
    with suppress(OSError, ValueError):
        found = json.loads(beside.with_name(FILE).read_text(encoding="utf-8")) if beside else []
        return found if isinstance(found, list) else []
    return []


def _try_in_a_process(path: Path, binding: str) -> Trial:
    """Load the file on the CPU and use it once, in a process that may die of it."""
    asked = json.dumps([str(path), binding])
    command = [sys.executable, "-I", "-m", "caro_shell.engines.trials"]
    try:
        done = subprocess.run(
            command, input=asked, capture_output=True, text=True, errors="replace", timeout=_LIMIT_S, check=False
        )
    except subprocess.TimeoutExpired:
        return Trial(ok=False, reason=f"it was not loaded within {_LIMIT_S:.0f} s")
    with suppress(ValueError, TypeError, IndexError):
        # A driver may have said something before.
        return Trial(**json.loads(done.stdout.splitlines()[-1]))
    from caro_shell.engines.llama_library import is_about_memory

    if done.returncode >= 0:
        return Trial(ok=False, reason=(done.stderr.strip().splitlines() or ["it said nothing"])[-1])
    # The kernel takes a process with SIGKILL when there is no memory left.
    killed = -done.returncode == signal.SIGKILL or is_about_memory(done.stderr)
    return Trial(ok=False, reason=f"llama.cpp breaks over it ({_signal_name(-done.returncode)})", out_of_memory=killed)


def _signal_name(number: int) -> str:
    with suppress(ValueError):
        return signal.Signals(number).name
    return f"signal {number}"


def _exercise(loaded: "Loaded") -> None:
    """Use all that a request uses: template, vocabulary, evaluation, sampling."""
    from caro_shell.engines.loaded import Sampler

    with suppress(EngineError):
        loaded.tokenize(loaded.chat_template(), special=True)
    loaded.evaluate(loaded.tokenize(_WORDS, special=False)[: _CONTEXT // 2] or [0])
    sampler = Sampler(loaded, 0.0, 0)
    token = sampler.sample()
    loaded.ends(token)
    loaded.piece(token)


def main() -> int:
    """Try what stdin names; stdout gets the outcome."""
    path, binding = json.load(sys.stdin)
    with suppress(OSError):
        # When memory runs out, this process is the one to go.
        _OOM_SCORE.write_text("1000")
    from caro_shell.engines import llama_library
    from caro_shell.engines.loaded import EvaluationError

    outcome = Trial(ok=True)
    try:
        loaded = llama_library.try_load(llama_library.LoadOptions(path, 1, 0, _CONTEXT, binding))
        _exercise(loaded)
    except llama_library.NotLoadedError as error:
        outcome = Trial(ok=False, reason=error.reason, out_of_memory=error.out_of_memory)
    except EvaluationError as error:
        outcome = Trial(ok=False, reason=str(error))
    sys.stdout.write(f"\n{json.dumps(asdict(outcome))}")
    sys.stdout.flush()
    # Freeing is what the system does best; and a library that breaks over it must not change the outcome.
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
