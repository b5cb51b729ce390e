"""A model that llama.cpp has loaded: text to tokens and back, evaluate tokens, draw one, keep what is evaluated."""

import codecs
import ctypes
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from caro_shell.errors import EngineError

if TYPE_CHECKING:
    from caro_shell.engines.chat_template import SpecialTokens

_PIECE_BYTES = 256
# llama.h, llama_decode: 2 means that the abort callback stopped it.
_ABORTED = 2


class EvaluationError(Exception):
    """llama.cpp has loaded a model and cannot evaluate it."""


@cache
def _numpy() -> Any:  # noqa: ANN401  a module, or None
    """Return NumPy, which llama-cpp-python brings and xllamacpp does not; the C functions offer no sum over all."""
    try:
        return import_module("numpy")
    except ImportError:
        return None


@dataclass
class Loaded:
    """A model and its context on one device; frees both in `close`."""

    c: Any
    model: Any
    context: Any
    layers: tuple[int, int] = (0, 0)
    """How many layers are on the device, and of how many; zeros where llama.cpp did not say."""
    sequences: int = 1
    """How many answers may stand on one prompt."""
    aborted: Callable[[], bool] = field(default=lambda: False)

    def __post_init__(self) -> None:
        """Look up what every call needs once, and let `aborted` stop an evaluation on the CPU."""
        self.vocab = self.c.llama_model_get_vocab(self.model)
        self._adapter: Any = None
        self.memory = self.c.llama_get_memory(self.context)
        self._abort = self.c.ggml_abort_callback(lambda _data: self.aborted())
        self.c.llama_set_abort_callback(self.context, self._abort, ctypes.c_void_p(0))

    def chat_template(self) -> str:
        """Return the template in the file; raises EngineError when there is none."""
        found = self.c.llama_model_chat_template(self.model, None)
        if not found:
            raise EngineError("This model has no chat template.", "Use an instruct model: caro models list")
        return str(found.decode())

    def special_tokens(self) -> "SpecialTokens":
        """Return how the vocabulary writes the beginning and the end of a text."""
        from caro_shell.engines.chat_template import SpecialTokens

        return SpecialTokens(
            bos=self._written(self.c.llama_vocab_bos(self.vocab)),
            eos=self._written(self.c.llama_vocab_eos(self.vocab)),
            bos_first=bool(self.c.llama_vocab_get_add_bos(self.vocab)),
        )

    def _written(self, token: int) -> str:
        return (self.c.llama_vocab_get_text(self.vocab, token) or b"").decode() if token >= 0 else ""

    def tokenize(self, text: str, special: bool) -> list[int]:  # noqa: FBT001  a C flag, passed on
        """Return the token ids of `text`; with `special`, names of control tokens in it are those tokens."""
        data = text.encode("utf-8", "replace")
        room = len(data) + 8
        ids = (self.c.llama_token * room)()
        count = self.c.llama_tokenize(self.vocab, data, len(data), ids, room, False, special)
        if count < 0:
            raise EngineError(f"The model cannot read this text ({len(data)} bytes).", "Say it in fewer words.")
        return list(ids[:count])

    def piece(self, token: int) -> bytes:
        """Return the bytes of a token; control tokens have none. A character may span several tokens."""
        room = ctypes.create_string_buffer(_PIECE_BYTES)
        count = self.c.llama_token_to_piece(self.vocab, token, room, _PIECE_BYTES, 0, False)
        return room.raw[: max(count, 0)]

    def ends(self, token: int) -> bool:
        """Say whether the model means the end of its answer by `token`."""
        return bool(self.c.llama_vocab_is_eog(self.vocab, token))

    def log_probability(self, token: int, index: int = -1) -> float | None:
        """Return the natural logarithm of a token's probability after the latest evaluation; None without NumPy.

        `index` says after which of the tokens that were evaluated, -1 the last.
        """
        if (numpy := _numpy()) is None:
            return None
        first = self.c.llama_get_logits_ith(self.context, index)
        scores = numpy.ctypeslib.as_array(first, (self.c.llama_vocab_n_tokens(self.vocab),))
        highest = scores.max()
        # Without the highest score in front, exp() overflows.
        total = numpy.exp(scores - highest).sum(dtype=numpy.float64)
        return min(0.0, float(scores[token]) - float(highest) - math.log(total))

    def add_adapter(self, path: str) -> bool:
        """Load an adapter for these weights, which stay mapped; it is freed with them. False when llama.cpp refuses."""
        self._adapter = self.c.llama_adapter_lora_init(self.model, path.encode())
        return bool(self._adapter)

    def use_adapter(self, *, on: bool) -> bool:
        """Let the adapter count from now on, or not; False when llama.cpp refuses. What is evaluated stays."""
        adapters = (self.c.llama_adapter_lora_p_ctypes * 1)(self._adapter)
        return bool(self.c.llama_set_adapters_lora(self.context, adapters, int(on), (ctypes.c_float * 1)(1.0)) == 0)

    def use_threads(self, decode: int, prompt: int) -> None:
        """Evaluate on so many threads of the CPU from now on: a token alone, and several at once."""
        self.c.llama_set_n_threads(self.context, decode, prompt)

    def forget_after(self, position: int) -> None:
        """Drop what was evaluated from `position` on."""
        self.leave(0, position)

    def state(self) -> bytearray:
        """Return what has been evaluated, as llama.cpp writes it; empty when it cannot."""
        state = bytearray(self.c.llama_state_seq_get_size(self.context, 0))
        room = (ctypes.c_uint8 * len(state)).from_buffer(state)
        return (
            state if self.c.llama_state_seq_get_data(self.context, room, len(state), 0) == len(state) else bytearray()
        )

    def restore(self, state: bytearray) -> bool:
        """Let what `state` returned be what has been evaluated; nothing is there when llama.cpp refuses it."""
        self.forget_after(0)
        room = (ctypes.c_uint8 * len(state)).from_buffer(state)
        if self.c.llama_state_seq_set_data(self.context, room, len(state), 0) == len(state):
            return True
        self.forget_after(0)
        return False

    def evaluate(self, tokens: Sequence[int]) -> bool:
        """Evaluate tokens after those already there; False when it was aborted. Raises EvaluationError."""
        ids = (self.c.llama_token * len(tokens))(*tokens)
        return self._decoded(self.c.llama_batch_get_one(ids, len(tokens)))

    def _decoded(self, batch: Any) -> bool:  # noqa: ANN401  a llama_batch
        status = self.c.llama_decode(self.context, batch)
        if status not in (0, _ABORTED):
            raise EvaluationError(f"llama.cpp could not evaluate the prompt (status {status})")
        return bool(status == 0)

    @property
    def together(self) -> int:
        """How many of these are evaluated in one batch: on a CPU, a batch of two costs twice as much, and more."""
        on_the_device, layers = self.layers
        return self.sequences if 0 < layers <= on_the_device else 1

    def branch(self, count: int) -> None:
        """Let `count` sequences have what is evaluated, of which there is one copy."""
        for sequence in range(1, count):
            self.c.llama_memory_seq_cp(self.memory, 0, sequence, -1, -1)

    def join(self, count: int) -> None:
        """Let there be one sequence again."""
        for sequence in range(1, count):
            self.leave(sequence, 0)

    def leave(self, sequence: int, position: int) -> None:
        """Drop what a sequence alone has from `position` on."""
        self.c.llama_memory_seq_rm(self.memory, sequence, position, -1)

    def evaluate_together(self, tokens: Sequence[tuple[int, int, int]]) -> bool:
        """Evaluate a token for each of several sequences: sequence, position, token. False when it was aborted.

        Raises EvaluationError.
        """
        if [sequence for sequence, _position, _token in tokens] == [0]:
            return self.evaluate([tokens[0][2]])
        batch = self.c.llama_batch_init(len(tokens), 0, 1)
        try:
            batch.n_tokens = len(tokens)
            for index, (sequence, position, token) in enumerate(tokens):
                batch.token[index], batch.pos[index], batch.logits[index] = token, position, 1
                batch.n_seq_id[index], batch.seq_id[index][0] = 1, sequence
            return self._decoded(batch)
        finally:
            self.c.llama_batch_free(batch)

    def close(self) -> None:
        """Give the memory back; a second time there is none."""
        if not self.is_closed:
            self.c.llama_free(self.context)
            self.c.llama_model_free(self.model)
            self.model = self.context = None

    @property
    def is_closed(self) -> bool:
        """Tell whether there is nothing left to evaluate with."""
        return self.context is None


class Sampler:
    """Draws the next token: greedy at temperature 0, else from the likeliest tokens, by seed."""

    # The usual middle of published defaults; only alternatives are drawn this way, never the first answer. Without the
    # first one, all 151,936 words of Qwen were sorted for every token, for 10 ms instead of 0.2.
    TOP_K = 40
    TOP_P = 0.95

    def __init__(self, loaded: Loaded, temperature: float, seed: int) -> None:
        """Build llama.cpp's own chain of samplers."""
        self._loaded, self._c = loaded, loaded.c
        self._chain = self._c.llama_sampler_chain_init(self._c.llama_sampler_chain_default_params())
        for step in self._steps(temperature, seed):
            self._c.llama_sampler_chain_add(self._chain, step)

    def _steps(self, temperature: float, seed: int) -> Iterable[Any]:
        if temperature <= 0:
            return [self._c.llama_sampler_init_greedy()]
        return [
            self._c.llama_sampler_init_top_k(self.TOP_K),
            self._c.llama_sampler_init_top_p(self.TOP_P, 1),
            self._c.llama_sampler_init_temp(temperature),
            self._c.llama_sampler_init_dist(seed),
        ]

    def sample(self, index: int = -1) -> int:
        """Return the token drawn from the latest evaluation, after the token at `index` of those."""
        return int(self._c.llama_sampler_sample(self._chain, self._loaded.context, index))

    def close(self) -> None:
        """Free the chain."""
        self._c.llama_sampler_free(self._chain)


def text_decoder() -> codecs.IncrementalDecoder:
    """Return a decoder that holds back the bytes of a character until it is whole."""
    return codecs.getincrementaldecoder("utf-8")(errors="replace")
