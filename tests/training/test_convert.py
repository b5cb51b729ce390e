"""A converted adapter does in llama.cpp what adding the product of its matrices to the weights would do."""

import json
from pathlib import Path

import numpy as np
import pytest
from small_gguf import HEADS, INNER, LAYERS, WIDTH, write_small_gguf

from caro_shell.engines.llama_library import LoadOptions, try_load
from caro_shell.engines.loaded import Loaded
from caro_shell.models.adapters import BASE_KEY, RUN_KEY
from caro_shell.models.gguf import texts_of
from training.convert import ADAPTER, convert, tensor_name
from training.install import install
from training.pairs import TrainingError
from training.run import NUMBERS, RUN

RANK, ALPHA = 4, 12
HEAD = WIDTH // HEADS
# PEFT's name, llama.cpp's, and the shape of the weight: out, in.
LAYER = {
    "self_attn.q_proj": ("attn_q", WIDTH, WIDTH),
    "self_attn.k_proj": ("attn_k", HEAD, WIDTH),
    "self_attn.v_proj": ("attn_v", HEAD, WIDTH),
    "self_attn.o_proj": ("attn_output", WIDTH, WIDTH),
    "mlp.gate_proj": ("ffn_gate", INNER, WIDTH),
    "mlp.up_proj": ("ffn_up", INNER, WIDTH),
    "mlp.down_proj": ("ffn_down", WIDTH, INNER),
}
TOLD = {"id": "cafe01234567", "base": "Small", "base_sha256": "ab" * 32, "recipe": {"base": "tiny", "alpha": ALPHA}}


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """The folder of a finished run over the small model."""
    numbers = np.random.default_rng(3)
    matrices = {}
    for layer in range(LAYERS):
        for name, (_theirs, rows, columns) in LAYER.items():
            stem = f"base_model.model.model.layers.{layer}.{name}"
            # Sixteen bits hold them exactly.
            matrices[f"{stem}.lora_A.default.weight"] = numbers.integers(-4, 5, (RANK, columns)).astype(np.float32) / 32
            matrices[f"{stem}.lora_B.default.weight"] = numbers.integers(-4, 5, (rows, RANK)).astype(np.float32) / 32
    np.savez(tmp_path / NUMBERS, **matrices)  # type: ignore[arg-type]  # its stub takes them for options
    (tmp_path / RUN).write_text(json.dumps(TOLD), encoding="utf-8")
    return tmp_path


def merged(out: Path) -> dict[str, np.ndarray]:
    """Return what the adapter adds to each weight, as the paper on LoRA defines it: alpha / rank times B times A."""
    numbers = np.load(out / NUMBERS)
    found = {}
    for layer in range(LAYERS):
        for name, (theirs, _rows, _columns) in LAYER.items():
            stem = f"base_model.model.model.layers.{layer}.{name}"
            first, second = (numbers[f"{stem}.lora_{side}.default.weight"] for side in "AB")
            found[f"blk.{layer}.{theirs}.weight"] = ALPHA / RANK * (second @ first)
    return found


def told(loaded: Loaded, *, adapter: Path | None = None) -> list[float]:
    """Return what the model thinks of every byte behind a few words."""
    if adapter:
        assert loaded.add_adapter(str(adapter))
        assert loaded.use_adapter(on=True)
    assert loaded.evaluate(loaded.tokenize("list files", special=False))
    return [loaded.log_probability(token) or 0.0 for token in range(256)]


def test_an_adapter_is_applied_as_if_it_were_merged(out: Path) -> None:
    """All names and the scale: of fourteen weights in each of two layers none may be left out."""
    path = convert(out)
    files = [write_small_gguf(out / "base.gguf", plus={}), write_small_gguf(out / "merged.gguf", plus=merged(out))]
    base, sum_of_both = (try_load(LoadOptions(str(file), 1, 0, 256)) for file in files)
    try:
        plain, wanted = told(base), told(sum_of_both)
        base.forget_after(0)
        applied = told(base, adapter=path)
        assert np.allclose(applied, wanted, atol=2e-3)
        assert not np.allclose(plain, wanted, atol=0.1)
        base.forget_after(0)
        assert base.use_adapter(on=False)
        assert told(base) == plain
    finally:
        base.close()
        sum_of_both.close()


def test_an_adapter_says_what_it_is_for(out: Path) -> None:
    """In its own file, which the product reads before it lets llama.cpp have it."""
    said = texts_of(convert(out))
    assert (said[BASE_KEY], said[RUN_KEY]) == (TOLD["base_sha256"], TOLD["id"])
    assert said["general.type"] == "adapter"


def test_what_llama_cpp_has_no_name_for_is_refused() -> None:
    """Rather than left out of the adapter in silence."""
    with pytest.raises(TrainingError, match="no matrix for"):
        tensor_name("base_model.model.lm_head.lora_A.default.weight")


def test_installing_names_the_adapter_in_the_catalogue(out: Path) -> None:
    """Its size, hash, base and run; what stands there else stays, comments too; once more replaces it."""
    convert(out)
    catalogue, folder = out / "catalogue.toml", out / "adapters"
    before = f'# Ours.\n[tiny]\ntitle = "T"\nsha256 = "{TOLD["base_sha256"]}"\n\n[tiny.quantisations]\nq4_0 = {{}}\n'
    catalogue.write_text(before, encoding="utf-8")
    for _ in range(2):
        path = install(out, catalogue, folder)
    text = catalogue.read_text("utf-8")
    assert text.startswith(before.rstrip())
    assert text.count("[tiny.adapter]") == 1
    assert path.read_bytes() == (out / ADAPTER).read_bytes()
    assert f'run = "{TOLD["id"]}"' in text
    catalogue.write_text(before.replace("ab", "cd"), encoding="utf-8")
    with pytest.raises(TrainingError, match="another file than the catalogue's"):
        install(out, catalogue, folder)


def test_a_run_that_is_not_over_is_said(tmp_path: Path) -> None:
    """One sentence, with the step that comes before."""
    with pytest.raises(TrainingError, match=r"has no finished run.*python -m training train"):
        convert(tmp_path)
