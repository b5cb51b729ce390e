"""A GGUF file turned into a directory that MLX loads: once, here, from weights that are verified already.

The same file always gives the same directory. It appears whole or not at all, and is made anew when it is damaged.
"""

import fcntl
import json
import logging
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from caro_shell.engines.mlx.blocks import GROUP, Packed, repack
from caro_shell.engines.mlx.gguf_file import GgufFile, read_gguf
from caro_shell.engines.mlx.tokenizer_file import build_tokenizer, ending_tokens, special_tokens
from caro_shell.errors import CaroError, EngineError
from caro_shell.models.disk import check_room, storage_error
from caro_shell.models.progress import size_text

if TYPE_CHECKING:
    import mlx.core as mx

_log = logging.getLogger(__name__)
# Rises when the same file would give other bytes.
_FORM = 1
# MLX's groups are a little larger than ggml's blocks, and the head's 6 bits become 8.
_GROWTH = 1.3
_BYTES_A_FILE = 1 << 30
# By architecture: what mlx-lm calls it, and what its configuration says beyond what all have.
_ARCHITECTURES: Mapping[str, Mapping[str, Any]] = {"qwen2": {"model_type": "qwen2"}}
_NAMES = {
    "token_embd": "model.embed_tokens",
    "output_norm": "model.norm",
    "output": "lm_head",
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}


def _mlx_name(name: str) -> str:
    """Return MLX's name of the tensor that is `blk.0.attn_q.weight` and the like in the file."""
    *layer, part, kind = name.split(".")
    if part not in _NAMES or (layer and layer[0] != "blk"):
        raise EngineError(f"MLX cannot take this model: it has no place for `{name}`.", "Use a model of Qwen's.")
    return ".".join([*(["model.layers", layer[1]] if layer else []), _NAMES[part], kind])


def _configuration(file: GgufFile) -> dict[str, Any]:
    facts = file.facts
    kind = facts["general.architecture"]
    if kind not in _ARCHITECTURES:
        raise EngineError(
            f"MLX cannot take this model: its architecture (`{kind}`) is not converted here.",
            "Use a model of Qwen's, or set `model` to a directory that is in MLX's form already.",
        )
    return {
        **_ARCHITECTURES[kind],
        "hidden_size": facts[f"{kind}.embedding_length"],
        "num_hidden_layers": facts[f"{kind}.block_count"],
        "intermediate_size": facts[f"{kind}.feed_forward_length"],
        "num_attention_heads": facts[f"{kind}.attention.head_count"],
        "num_key_value_heads": facts[f"{kind}.attention.head_count_kv"],
        "rms_norm_eps": facts[f"{kind}.attention.layer_norm_rms_epsilon"],
        "rope_theta": facts[f"{kind}.rope.freq_base"],
        "max_position_embeddings": facts[f"{kind}.context_length"],
        "vocab_size": file.tensors["token_embd.weight"].shape[0],
        "tie_word_embeddings": "output.weight" not in file.tensors,
        "eos_token_id": ending_tokens(facts),
    }


def _arrays(file: GgufFile) -> "Iterator[tuple[dict[str, mx.array], dict[str, Any]]]":
    """Yield each tensor as MLX's arrays, and as what its configuration says of it."""
    import mlx.core as mx

    for name, tensor in file.tensors.items():
        place, kept = _mlx_name(name), repack(tensor)
        if not isinstance(kept, Packed):
            yield {place: mx.array(kept)}, {}
            continue
        path = place.removesuffix(".weight")
        arrays: dict[str, Any] = {place: kept.weight, f"{path}.scales": kept.scales, f"{path}.biases": kept.biases}
        yield {key: mx.array(value) for key, value in arrays.items()}, {path: {"group_size": GROUP, "bits": kept.bits}}


def _write(file: GgufFile, directory: Path) -> None:
    import mlx.core as mx

    configuration = _configuration(file)
    quantization: dict[str, Any] = {"group_size": GROUP, "bits": 4}
    pending: dict[str, mx.array] = {}
    count = 0

    def flush() -> None:
        nonlocal count
        count += 1
        mx.save_safetensors(str(directory / f"model-{count:05}.safetensors"), pending)
        pending.clear()

    for arrays, bits in _arrays(file):
        pending |= arrays
        quantization |= bits
        if sum(array.nbytes for array in pending.values()) > _BYTES_A_FILE:
            flush()
    flush()
    build_tokenizer(file.facts).save(str(directory / "tokenizer.json"), pretty=False)
    (directory / "chat_template.jinja").write_text(file.facts.get("tokenizer.chat_template", ""), encoding="utf-8")
    (directory / "tokenizer_config.json").write_text(json.dumps(special_tokens(file.facts)), encoding="utf-8")
    # Last: what has no configuration is no model.
    (directory / "config.json").write_text(
        json.dumps({**configuration, "quantization": quantization}, indent=1), encoding="utf-8"
    )


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """Keep other processes from making the same directory."""
    directory.mkdir(0o700, parents=True, exist_ok=True)
    with (directory / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def converted_path(models_dir: Path, source: Path, digest: str) -> Path:
    """Return where the conversion of the file with this hash belongs, whether or not it is there."""
    # By this name `caro models rm` finds it.
    return models_dir / "mlx" / f"{source.name}-{digest[:8]}-{_FORM}"


def convert(source: Path, target: Path) -> str:
    """Make `target` from the GGUF `source` unless it is there; return what was done, empty: nothing.

    Raises EngineError when MLX has no form for the model, ModelError when there is no room for it.
    """
    # Before the lock: the directory may be one that others may only read.
    if target.exists():
        return ""
    try:
        with _alone(target.parent):
            if target.exists():
                return ""
            start = time.monotonic()
            partial = target.parent / f".{target.name}.partial"
            shutil.rmtree(partial, ignore_errors=True)
            file = read_gguf(source)
            needed = sum(tensor.blocks.nbytes for tensor in file.tensors.values())
            check_room(target.parent, int(needed * _GROWTH))
            partial.mkdir(0o700)
            try:
                _write(file, partial)
                partial.rename(target)
            finally:
                shutil.rmtree(partial, ignore_errors=True)
    except OSError as error:
        raise storage_error(error, target.parent) from None
    except CaroError:
        raise
    except Exception as error:  # the file is whole, but what it says may make no sense, in any way
        raise EngineError(
            f"MLX cannot take {source.name}: {type(error).__name__}: {str(error).partition(chr(10))[0].rstrip('.')}.",
            "Use another model: caro models list",
        ) from None
    size = sum(path.stat().st_size for path in target.iterdir())
    _log.info("converted %s for MLX: %d bytes in %.1f s", source.name, size, time.monotonic() - start)
    return f"The weights were converted for MLX, once: {size_text(size)} in {target}."
