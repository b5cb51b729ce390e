"""What evaluating a request while it is typed would bring: `python bench/prefill.py MODEL RUN.jsonl [-n N]`.

Of each request in a run of `python -m evals`, the prompt is evaluated once as the daemon does, in one piece when it has
come, and once as its words are typed, so that only the last word is left. Printed are the share of a request's time
that this would save, the evaluations that it would add, and the answers that it would change: pieces of another length
go through other functions of llama.cpp, whose last bits differ.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from caro_shell import context, prompt
from caro_shell.config import current
from caro_shell.engines.chat_template import ChatTemplate
from caro_shell.engines.llama_library import LoadOptions, try_load
from caro_shell.engines.loaded import Loaded, Sampler
from caro_shell.engines.threads import choose_threads
from caro_shell.errors import CaroError
from caro_shell.models.adapters import adapter_for
from caro_shell.models.store import find_model

_MOST = 40


def evaluated(loaded: Loaded, prefix: int, pieces: Sequence[Sequence[int]]) -> tuple[list[float], list[int], float]:
    """Return the milliseconds of each piece, the greedy answer behind them, and the milliseconds of that."""
    loaded.forget_after(prefix)
    taken = []
    for piece in pieces:
        start = time.perf_counter()
        loaded.evaluate(piece)
        taken.append((time.perf_counter() - start) * 1000)
    answer, sampler, start = list[int](), Sampler(loaded, 0.0, 0), time.perf_counter()
    while len(answer) < _MOST and not loaded.ends(token := sampler.sample()):
        answer.append(token)
        loaded.evaluate([token])
    sampler.close()
    return taken, answer, (time.perf_counter() - start) * 1000


def common(one: Sequence[int], other: Sequence[int]) -> int:
    """Return how many tokens two prompts begin with alike."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def main(arguments: Sequence[str]) -> int:
    """Print what typing would have hidden."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("model")
    parser.add_argument("run", type=Path)
    parser.add_argument("-n", type=int, default=60)
    asked = parser.parse_args(arguments)
    rows = [json.loads(line) for line in asked.run.read_text(encoding="utf-8").splitlines()]
    requests = [row["request"] for row in rows if row.get("gesture") == "ask"][: asked.n]
    try:
        weights, settings = find_model(asked.model, current()), current()
    except CaroError as error:
        sys.stderr.write(f"{error.message} {error.hint}\n")
        return 1
    loaded = try_load(LoadOptions(str(weights.path), choose_threads(0), 0, 4096))
    if adapter := adapter_for(weights, settings):
        loaded.add_adapter(str(adapter.path))
        loaded.use_adapter(on=True)
    template = ChatTemplate(loaded.chat_template(), loaded.tokenize, loaded.special_tokens())
    place = context.place("bash")
    prefix, _ = template.tokens(prompt.tuned_messages("", place))
    loaded.evaluate(prefix)
    saved, added, changed = list[float](), list[float](), 0
    for request in requests:
        words = request.split(" ")
        steps = [prefix, *(_tokens(template, " ".join(words[:count]), place) for count in range(1, len(words)))]
        whole = [*prefix, *template.tokens(prompt.tuned_messages(request, place))[1]]
        reach = [len(prefix)]
        # What stands behind the words in a message is not there yet, nor is a last token that may still grow.
        reach += [max(reach[0], common(step, whole) - 1) for step in steps[1:]]
        marks = sorted({*reach, len(whole)})
        pieces = [whole[start:end] for start, end in pairwise(marks)]
        once, answer, decode = evaluated(loaded, len(prefix), [whole[len(prefix) :]])
        typed, other, _ = evaluated(loaded, len(prefix), pieces)
        saved.append((once[0] - typed[-1]) / (once[0] + decode))
        added.append(sum(typed) / once[0])
        changed += answer != other
    print(f"{len(requests)} requests: typing hides {statistics.median(saved):.0%} of the model's time in the median,")
    print(f"evaluates the prompt for {statistics.median(added):.1f} times as long, and changes {changed} answers.")
    loaded.close()
    return 0


def _tokens(template: ChatTemplate, words: str, place: prompt.Place) -> list[int]:
    prefix, rest = template.tokens(prompt.tuned_messages(words, place))
    return [*prefix, *rest]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
