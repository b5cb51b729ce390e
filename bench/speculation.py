"""What guessing tokens ahead would bring on this machine: `python bench/speculation.py MODEL RUN.jsonl …`.

Speculative decoding evaluates a token and some guesses at those behind it in one batch, and keeps the guesses that the
model would have written itself. It pays where a batch costs less than the tokens that are kept of it. Both are measured
here: what a batch of n costs against one token, and how many guesses are right when they are looked up in the request,
in the answers before, or in both (prompt lookup, n-grams), over the answers of runs of `python -m evals`.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path

from caro_shell.config import current
from caro_shell.engines.llama_library import LoadOptions, try_load
from caro_shell.engines.loaded import Loaded
from caro_shell.engines.threads import choose_threads
from caro_shell.errors import CaroError
from caro_shell.models.store import find_model

_WIDTHS = (1, 2, 3, 4, 5, 6, 8, 12, 16)
_ROUNDS = 15
# Where an answer begins in a usual prompt.
_BEFORE = 64
# The least number of tokens that must be the same before what followed them is guessed; up to so many are compared.
_LEAST, _MOST = (1, 2, 3), 4
_AHEAD = (1, 3, 7)
_SOURCES = ("request", "answers before", "both")
# The latest tokens in which is looked.
_KNOWN = 2000


def costs(loaded: Loaded, tokens: Sequence[int]) -> dict[int, float]:
    """Return the median milliseconds of evaluating so many tokens at once, by their number; the widths take turns."""
    loaded.evaluate(tokens[:_BEFORE])
    taken: dict[int, list[float]] = {width: [] for width in _WIDTHS}
    for turn in range(_ROUNDS + 1):
        for width in _WIDTHS:
            start = time.perf_counter()
            loaded.evaluate(tokens[_BEFORE : _BEFORE + width])
            if turn:
                taken[width].append((time.perf_counter() - start) * 1000)
            loaded.forget_after(_BEFORE)
    return {width: statistics.median(times) for width, times in taken.items()}


def guesses(before: Sequence[int], most: int, least: int) -> list[int]:
    """Return what followed the latest occurrence of the last tokens, of at least `least`; at most `most` tokens."""
    for length in range(_MOST, least - 1, -1):
        tail = list(before[-length:])
        for at in range(len(before) - length - 1, -1, -1):
            if before[at : at + length] == tail:
                return list(before[at + length : at + length + most])
    return []


def batches(known: list[int], answer: Sequence[int], ahead: int, least: int) -> Iterator[tuple[int, int]]:
    """Yield what each batch would be: how many tokens are evaluated, and how many of the answer that gives."""
    at = 0
    while at < len(answer):
        drafted = guesses([*known, *answer[:at]], ahead, least) if at else []
        right = 0
        while right < len(drafted) and at + right < len(answer) and drafted[right] == answer[at + right]:
            right += 1
        yield 1 + len(drafted), right + 1
        at += right + 1


def expected(
    pairs: Sequence[Sequence[list[int]]], cost: Mapping[int, float], source: str, ahead: int, least: int
) -> str:
    """Return how many tokens are guessed rightly, and the time of decoding as a ratio of what it is without."""
    spent = alone = 0.0
    tokens = right = 0
    history: list[int] = []
    for request, answer in pairs:
        known = [*(history if source != "request" else []), *(request if source != "answers before" else [])]
        for width, gained in batches(known[-_KNOWN:], answer, ahead, least):
            # Between the widths that were measured, the next one: llama.cpp's steps are there.
            spent += cost[next(one for one in _WIDTHS if one >= width)]
            alone += cost[1] * gained
            tokens, right = tokens + gained, right + gained - 1
        history += answer
    return (
        f"{right / tokens:.0%} of tokens guessed, decoding takes {spent / alone:.2f} of now" if tokens else "no answers"
    )


def _answers(files: Sequence[Path]) -> Iterator[tuple[str, str]]:
    """Yield the requests and the commands of the runs."""
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if row.get("command"):
                yield row.get("request", ""), row["command"]


def main(arguments: Sequence[str]) -> int:
    """Print what a batch costs, and what looking up would bring."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("model")
    parser.add_argument("runs", nargs="*", type=Path)
    asked = parser.parse_args(arguments)
    try:
        path = find_model(asked.model, current()).path
    except CaroError as error:
        sys.stderr.write(f"{error.message} {error.hint}\n")
        return 1
    loaded = try_load(LoadOptions(str(path), choose_threads(0), 0, 4096))
    words = loaded.tokenize("find . -name '*.py' -mtime -1 -exec wc -l {} + | sort -n | tail -5; " * 8, special=False)
    cost = costs(loaded, words)
    for width, ms in cost.items():
        print(f"{width:3} tokens at once: {ms:6.1f} ms, {ms / cost[1]:.2f} of one, {ms / cost[1] / width:.2f} a token")
    asked_for = [[loaded.tokenize(text, special=False) for text in pair] for pair in _answers(asked.runs)]
    for source, ahead, least in product(_SOURCES, _AHEAD, _LEAST):
        print(f"{source}, {ahead} ahead after {least} alike: {expected(asked_for, cost, source, ahead, least)}")
    loaded.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
