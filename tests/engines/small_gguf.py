"""A GGUF file of a few kilobytes, with numbers drawn by chance: the form of a model, and nothing of its sense."""

from collections.abc import Mapping
from pathlib import Path

import gguf
import numpy as np

WIDTH, HEADS, LAYERS, INNER = 64, 2, 2, 96
TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
CONTROL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")


def _bytes_as_characters() -> list[str]:
    """Return how byte-level BPE writes each of the 256 bytes: printable ones as they are, the others from U+0100 on."""
    printable = {*range(33, 127), *range(161, 173), *range(174, 256)}
    others = iter(range(256, 512))
    return [chr(byte) if byte in printable else chr(next(others)) for byte in range(256)]


def write_small_gguf(
    path: Path,
    architecture: str = "qwen2",
    cut: str = "qwen2",
    *,
    untied: bool = True,
    plus: Mapping[str, np.ndarray] | None = None,
) -> Path:
    """Write a model with two layers, whose tokens are bytes; the same bytes at every call.

    With `plus`, nothing is quantised, and what it has for a tensor is added to its numbers.
    """
    numbers = np.random.default_rng(7)
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_block_count(LAYERS)
    writer.add_context_length(4096)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(1)
    writer.add_rope_freq_base(10000.0)
    writer.add_layer_norm_rms_eps(1e-6)
    tokens = [*_bytes_as_characters(), "ls", *CONTROL]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(cut)
    writer.add_token_list(tokens)
    writer.add_token_types([3 if token in CONTROL else 1 for token in tokens])
    writer.add_token_merges(["l s"])
    writer.add_eos_token_id(len(tokens) - 1)
    writer.add_chat_template(TEMPLATE)

    def add(name: str, *shape: int, kind: gguf.GGMLQuantizationType = gguf.GGMLQuantizationType.F32) -> None:
        data = numbers.normal(0, 0.3, shape).astype(np.float32)
        if plus is not None:
            data, kind = data + plus.get(name, np.float32(0)), gguf.GGMLQuantizationType.F32
        writer.add_tensor(name, gguf.quantize(data, kind), raw_dtype=kind)

    q8, q5 = gguf.GGMLQuantizationType.Q8_0, gguf.GGMLQuantizationType.Q5_0
    add("token_embd.weight", len(tokens), WIDTH, kind=q8)
    if untied:
        add("output.weight", len(tokens), WIDTH, kind=q8)
    add("output_norm.weight", WIDTH)
    for layer in range(LAYERS):
        head = WIDTH // HEADS
        for part, rows in (("attn_q", WIDTH), ("attn_k", head), ("attn_v", head)):
            add(f"blk.{layer}.{part}.weight", rows, WIDTH, kind=q5)
            add(f"blk.{layer}.{part}.bias", rows)
        add(f"blk.{layer}.attn_output.weight", WIDTH, WIDTH, kind=q5)
        for part, rows, columns in (("gate", INNER, WIDTH), ("up", INNER, WIDTH), ("down", WIDTH, INNER)):
            add(f"blk.{layer}.ffn_{part}.weight", rows, columns, kind=q5)
        add(f"blk.{layer}.attn_norm.weight", WIDTH)
        add(f"blk.{layer}.ffn_norm.weight", WIDTH)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
