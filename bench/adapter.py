"""What an adapter adds to each token's time: `python bench/adapter.py MODEL [-n ROUNDS]`.

The same prompts are evaluated and answered with the adapter and without, in turn, by one engine that holds the weights
once: what is read with it and what is written with it, in milliseconds a token.
"""

import argparse
import statistics
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from caro_shell import context, prompt
from caro_shell.config import current
from caro_shell.engines import Sampling, never
from caro_shell.engines.llama import LlamaEngine
from caro_shell.errors import CaroError

_REQUESTS = (
    "list all files in /var/log that changed in the last three days",
    "the biggest files here",
    "count the lines of all python files",
    "replace foo by bar in config.txt",
)
_MOST = 24


def main(arguments: Sequence[str]) -> int:
    """Print the median of a token, read and written, with the adapter and without."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("model")
    parser.add_argument("-n", type=int, default=8)
    asked = parser.parse_args(arguments)
    engine, taken = LlamaEngine(replace(current(), model=asked.model)), defaultdict[str, list[float]](list)
    try:
        engine.load()
    except CaroError as error:
        sys.stderr.write(f"{error.message} {error.hint}\n")
        return 1
    if not engine.adapter:
        sys.stderr.write(f"There is no adapter for {asked.model}. Try: tiny, small\n")
        return 1
    place = context.place("bash")
    for _round in range(asked.n):
        for name in ("without", "with"):
            engine.tune(on=name == "with")
            engine.prime(prompt.tuned_messages("", place))
            for request in _REQUESTS:
                for _text in engine.stream(prompt.tuned_messages(request, place), Sampling(_MOST), never):
                    pass
                used = engine.usage
                taken[f"read {name}"].append(used.prompt_ms / (used.prompt_tokens - used.reused_tokens))
                taken[f"written {name}"].append(used.decode_ms / max(used.evaluations, 1))
    for what in ("read", "written"):
        one, other = (statistics.median(taken[f"{what} {name}"]) for name in ("without", "with"))
        print(f"a token {what}: {one:.1f} ms without the adapter, {other:.1f} ms with it, {other / one:.2f} times")
    engine.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
