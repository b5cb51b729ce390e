"""A directory of MLX's, loaded by mlx-lm: evaluate tokens, draw one, take tokens for text and text for tokens.

Nothing here asks a network: mlx-lm is given a directory, and the tokenizer is read from its file.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import mlx.core as mx
from mlx_lm.models.cache import can_trim_prompt_cache, make_prompt_cache, trim_prompt_cache
from mlx_lm.utils import load_model
from tokenizers import Tokenizer
from tokenizers.decoders import DecodeStream

from caro_shell.engines import Placement
from caro_shell.engines.chat_template import SpecialTokens
from caro_shell.errors import EngineError

# Tokens evaluated between two looks at whether somebody has cancelled. A CPU gains nothing from more.
_PIECE = {"cpu": 8}
_PIECE_OF_A_GPU = 128
# The same middle of published defaults as with llama.cpp.
_TOP_P = 0.95


def device() -> str:
    """Return the name of what MLX evaluates on here."""
    if mx.default_device().type == mx.cpu:
        return "cpu"
    return "metal" if mx.metal.is_available() else "cuda"


def _hardware() -> str:
    """Return the device's name by its maker; MLX has had the call for it under several names."""
    with suppress(AttributeError, RuntimeError):
        return str(mx.device_info().get("device_name", ""))
    return ""


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__


def _number(array: Any) -> int:  # noqa: ANN401  an array of MLX's with one number in it
    return int(array.item())


def _ids(value: object) -> set[int]:
    """Return the token ids in a configuration's entry, which is one, a list, or nothing."""
    return {item for item in (value if isinstance(value, list) else [value]) if isinstance(item, int)}


def _read(path: Path) -> dict[str, Any]:
    with suppress(OSError, ValueError):
        found = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(found, dict):
            return found
    return {}


def _text_of(token: object) -> str:
    """Return a token's text in tokenizer_config.json, where it may stand alone or with its properties."""
    return str(token.get("content", "")) if isinstance(token, dict) else str(token or "")


def _template(directory: Path, words: dict[str, Any]) -> str:
    with suppress(OSError):
        return (directory / "chat_template.jinja").read_text(encoding="utf-8")
    found = words.get("chat_template") or ""
    if isinstance(found, list):
        return next((str(entry["template"]) for entry in found if entry.get("name") == "default"), "")
    return str(found)


@dataclass
class Loaded:
    """A model, its tokenizer and what has been evaluated; all are freed in `close`."""

    model: Any
    tokenizer: Any
    ends: frozenset[int]
    template: str
    special: SpecialTokens
    device: str
    aborted: Callable[[], bool] = field(default=lambda: False)

    def __post_init__(self) -> None:
        """Begin with nothing evaluated."""
        self._cache: Any = make_prompt_cache(self.model)
        self._length = 0
        self._logits: Any = None

    @property
    def placement(self) -> Placement:
        """Where the model runs: all of it on the one device that MLX has."""
        layers = len(self.model.layers)
        return Placement(self.device, layers, 0 if self.device == "cpu" else layers, hardware=_hardware())

    def tokenize(self, text: str, special: bool) -> list[int]:  # noqa: FBT001  what ChatTemplate calls it with
        """Return the token ids of `text`; with `special`, names of control tokens in it are those tokens."""
        self.tokenizer.encode_special_tokens = not special
        return list(self.tokenizer.encode(text, add_special_tokens=False).ids)

    def texts(self, tokens: Iterator[int]) -> Iterator[str]:
        """Yield the text of tokens as they come; a character that spans several is held back until it is whole."""
        stream = DecodeStream(skip_special_tokens=True)
        for token in tokens:
            if text := stream.step(self.tokenizer, token):
                yield text

    def forget_after(self, position: int) -> bool:
        """Drop what was evaluated from `position` on; False when the model can only forget all, and so has."""
        if position and can_trim_prompt_cache(self._cache):
            trim_prompt_cache(self._cache, self._length - position)
            self._length = position
            return True
        self._cache = make_prompt_cache(self.model)
        self._length = 0
        return position == 0

    def evaluate(self, tokens: Sequence[int]) -> bool:
        """Evaluate tokens after those already there; False when it was aborted, and none of them is there then."""
        start, step = self._length, _PIECE.get(self.device, _PIECE_OF_A_GPU)
        # Of all but the last one nothing is wanted but that it is there, and MLX computes what is asked for only.
        most = len(tokens) - 1
        for piece in [*(tokens[at : min(at + step, most)] for at in range(0, most, step)), tokens[most:]]:
            if self.aborted():
                self.forget_after(start)
                return False
            self._logits = self._run(mx.array(list(piece))[None])
            self._length += len(piece)
        return True

    def _run(self, tokens: Any) -> Any:  # noqa: ANN401  arrays of MLX's
        """Return what the model makes of the last of the tokens; raises EngineError."""
        try:
            logits = self.model(tokens, cache=self._cache)[0, -1]
            mx.eval([entry.state for entry in self._cache])
        except RuntimeError as error:
            self.forget_after(0)
            raise EngineError(f"MLX failed at work: {_first_line(error)}.", "Try again, or a smaller model.") from None
        return logits

    def draw(self, temperature: float, seeds: "Seeds") -> int:
        """Return the next token: the likeliest at temperature 0, else one of the likeliest by the seed."""
        logits = self._logits.astype(mx.float32)
        if temperature <= 0:
            return _number(mx.argmax(logits))
        order = mx.argsort(-logits)
        chances = mx.softmax(logits[order])
        kept = mx.where(mx.cumsum(chances) - chances < _TOP_P, logits[order] / temperature, -mx.inf)
        return _number(order[mx.random.categorical(kept, key=seeds.next())])

    @property
    def evaluated(self) -> int:
        """How many tokens are there."""
        return self._length

    def close(self) -> None:
        """Give the memory back."""
        self.model = self.tokenizer = self._cache = self._logits = None
        mx.clear_cache()


class Seeds:
    """One random key after another, from a seed; no state of MLX's own is touched."""

    def __init__(self, seed: int) -> None:
        """Begin anew."""
        self._key = mx.random.key(seed)

    def next(self) -> Any:  # noqa: ANN401  an array of MLX's
        """Return a key that was not returned before."""
        self._key, key = mx.random.split(self._key)
        return key


def load(directory: Path, *, converted: bool) -> Loaded:
    """Return the model in `directory`, which was converted here or is the user's; raises EngineError."""
    try:
        model, configuration = load_model(directory)
        tokenizer = Tokenizer.from_file(str(directory / "tokenizer.json"))
    except Exception as error:  # whatever is wrong in a file, and each library has its own way to say so
        raise EngineError(
            f"MLX cannot load {directory}: {_first_line(error)}.", "Fetch it again, or set another `model`."
        ) from None
    where = device()
    # On a CPU, MLX multiplies 16-bit floats many times slower than 32-bit ones. On a GPU, Qwen's own type is the one
    # that its numbers do not overflow.
    if where == "cpu" or converted:
        model.set_dtype(mx.float32 if where == "cpu" else mx.bfloat16)
        mx.eval(model.parameters())
    words = _read(directory / "tokenizer_config.json")
    template = _template(directory, words)
    if not template:
        raise EngineError(f"The model in {directory} has no chat template.", "Use an instruct model: caro models list")
    special = SpecialTokens(
        bos=_text_of(words.get("bos_token")),
        eos=_text_of(words.get("eos_token")),
        bos_first=bool(words.get("add_bos_token") and words.get("bos_token")),
    )
    ends = _ids(configuration.get("eos_token_id")) | _ids(tokenizer.token_to_id(special.eos))
    return Loaded(model, tokenizer, frozenset(ends), template, special, where)
