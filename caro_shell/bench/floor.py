"""The engine's floor: llama.cpp's bare evaluation of the very tokens a request costs, and nothing else."""

import json
import sys
import time
from collections.abc import Sequence

from caro_shell import config
from caro_shell.engines import offload
from caro_shell.engines.attempts import Attempts
from caro_shell.engines.chat_template import ChatTemplate
from caro_shell.engines.llama import LlamaEngine
from caro_shell.engines.loaded import Sampler
from caro_shell.engines.registry import create_engine
from caro_shell.engines.thread_sweep import sweep_of
from caro_shell.models.adapters import adapter_for
from caro_shell.models.store import find_model
from caro_shell.prompt import Message

# An engine that has just worked is some per cent faster than one that has rested: 4 % for a short prompt on two
# cores of an AMD EPYC, where 0.05 s of rest made no difference yet and 0.3 s did.
_REST_S = 0.3


def _milliseconds_since(start: float) -> float:
    return (time.perf_counter() - start) * 1000


class Floor:
    """The daemon's model in this process, driven by C calls alone."""

    def __init__(self, settings: config.Settings) -> None:
        """Load the model; `load_ms` is what llama.cpp took for it."""
        weights = find_model(settings.model, settings)
        adapter = adapter_for(weights, settings)
        engine = create_engine(settings)
        binding = engine.binding if isinstance(engine, LlamaEngine) else LlamaEngine.binding
        start = time.perf_counter()
        placed = offload.place(weights, settings, binding, Attempts(None, ()))
        self._loaded, self.device = placed.loaded, placed.placement.device
        if adapter:
            # What the daemon evaluates, it evaluates with this.
            self._loaded.add_adapter(str(adapter.path))
            self._loaded.use_adapter(on=True)
        self.load_ms = _milliseconds_since(start)
        # The number of threads that the daemon has measured to be fastest here, if it has.
        sweep_of(placed, settings, binding, measures=False)
        self._prefix: list[int] = []
        self._template = ChatTemplate(
            self._loaded.chat_template(), self._loaded.tokenize, self._loaded.special_tokens()
        )

    def warm_ms(self, messages: Sequence[Message], evaluations: int, *, rested: bool = True) -> float:
        """Return the milliseconds of the prompt after its constant prefix, and of `evaluations` single tokens.

        The daemon's engine has rested since the request before, so does this one after the prefix; what is asked once
        more for the same request has not (`rested`).
        """
        prefix, rest = self._template.tokens(messages)
        if prefix != self._prefix:
            self._loaded.forget_after(0)
            self._loaded.evaluate(prefix)
            self._prefix = prefix
        self._loaded.forget_after(len(prefix))
        if rested:
            time.sleep(_REST_S)
        return self._timed(rest, evaluations)

    def cold_ms(self, messages: Sequence[Message], evaluations: int) -> float:
        """Return the milliseconds of the whole prompt in the daemon's two pieces, and of the single tokens."""
        prefix, rest = self._template.tokens(messages)
        self._prefix = []
        self._loaded.forget_after(0)
        start = time.perf_counter()
        self._loaded.evaluate(prefix)
        return _milliseconds_since(start) + self._timed(rest, evaluations)

    def _timed(self, rest: Sequence[int], evaluations: int) -> float:
        sampler = Sampler(self._loaded, 0.0, 0)
        start = time.perf_counter()
        self._loaded.evaluate(rest)
        for _ in range(evaluations):
            self._loaded.evaluate([sampler.sample()])
        sampler.sample()
        took = _milliseconds_since(start)
        sampler.close()
        return took

    def close(self) -> None:
        """Give the memory back."""
        self._loaded.close()


def main() -> int:
    """Measure one cold start in this fresh process; stdin is JSON: of each answer, messages and single tokens."""
    (first, count), *others = [([Message(*message) for message in sent], count) for sent, count in json.load(sys.stdin)]
    floor = Floor(config.current())
    evaluation_ms = floor.cold_ms(first, count)
    evaluation_ms += sum(floor.warm_ms(messages, number, rested=False) for messages, number in others)
    sys.stdout.write(json.dumps({"load_ms": floor.load_ms, "evaluation_ms": evaluation_ms}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
