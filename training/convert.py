"""From tuned numbers to an adapter that llama.cpp loads: a GGUF file with two matrices for each layer's."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np

from caro_shell.models.adapters import BASE_KEY, RUN_KEY
from training.pairs import TrainingError
from training.run import MISSING, NUMBERS, RUN

ADAPTER = "adapter.gguf"
_ARCHITECTURE = "qwen2"
# transformers' names of the linear layers, and llama.cpp's.
_LAYERS = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
_NAME = re.compile(r".*\.layers\.(\d+)\.(\w+\.\w+)\.lora_([AB])\.\w+\.weight")


def tensor_name(name: str) -> str:
    """Return llama.cpp's name of one of PEFT's matrices; raises TrainingError where it has none."""
    found = _NAME.fullmatch(name)
    if not found or found[2] not in _LAYERS:
        raise TrainingError(f"llama.cpp has no matrix for {name}.")
    return f"blk.{found[1]}.{_LAYERS[found[2]]}.weight.lora_{found[3].lower()}"


def read_run(out: Path) -> dict[str, Any]:
    """Return what a finished run was made of; raises TrainingError where it is not finished."""
    try:
        told: dict[str, Any] = json.loads(out.joinpath(RUN).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TrainingError(f"{out} has no finished run: {error}. python -m training train …") from None
    return told


def read_numbers(out: Path) -> dict[str, Any]:
    """Return the matrices of a finished run in 32 bits, by PEFT's names: lora_A (rank, in), lora_B (out, rank)."""
    with np.load(out / NUMBERS) as numbers:
        return dict(numbers)


def convert(out: Path) -> Path:
    """Write the adapter of a finished run beside it, in 16 bits, and return its path; raises TrainingError."""
    told = read_run(out)
    try:
        import gguf
    except ImportError as error:
        raise TrainingError(f"{error.msg}. {MISSING}") from None
    path = out / ADAPTER
    new = path.with_suffix(".new")
    writer = gguf.GGUFWriter(new, _ARCHITECTURE)
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_name(f"caro adapter for {told['base']}")
    writer.add_license("Apache-2.0")
    writer.add_string(BASE_KEY, told["base_sha256"])
    writer.add_string(RUN_KEY, told["id"])
    writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
    writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, float(told["recipe"]["alpha"]))
    for name, values in read_numbers(out).items():
        writer.add_tensor(tensor_name(name), values.astype(np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    new.replace(path)
    return path
