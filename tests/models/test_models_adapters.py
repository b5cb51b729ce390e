"""Which adapter weights get: the catalogue's own, a file that says it is for them, or none."""

from dataclasses import replace
from pathlib import Path

import gguf
import numpy as np
import pytest

from caro_shell import config
from caro_shell.errors import ConfigError, ModelError
from caro_shell.models import adapters
from caro_shell.models.adapters import BASE_KEY, RUN_KEY, Chosen, adapter_for
from caro_shell.models.catalogue import Adapter, Model
from caro_shell.models.checksum import file_sha256
from caro_shell.models.store import Weights

BASE = "ab" * 32


def write_adapter(path: Path, base: str = BASE) -> Path:
    """Write the head of an adapter for the weights of hash `base`."""
    writer = gguf.GGUFWriter(path, "qwen2")
    writer.add_string(BASE_KEY, base)
    writer.add_string(RUN_KEY, "run-7")
    writer.add_tensor("blk.0.attn_q.weight.lora_a", np.zeros((1, 32), np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Weights:
    """Weights of the catalogue that an adapter comes with."""
    monkeypatch.setattr(adapters, "FOLDER", tmp_path)
    path = write_adapter(tmp_path / "small.gguf")
    entry = Adapter(path.name, path.stat().st_size, file_sha256(path), BASE, "run-7")
    return Weights(tmp_path / "w", "small", "Small", BASE, Model("small", "Small", (), adapter=entry))


def settings(value: str) -> config.Settings:
    """Return the defaults with this adapter."""
    return config.resolve({"CARO_ADAPTER": value}, "/nonexistent")


def test_weights_of_the_catalogue_get_theirs(weights: Weights, tmp_path: Path) -> None:
    """Unless it is turned off."""
    assert adapter_for(weights, settings("on")) == Chosen(tmp_path / "small.gguf", "run-7")
    assert adapter_for(weights, settings("off")) is None


def test_other_weights_get_none(weights: Weights) -> None:
    """Another hash under the same name, another quantisation, and the user's own file."""
    for other in (replace(weights, sha256="cd" * 32), replace(weights, sha256=None, model=None)):
        assert adapter_for(other, settings("on")) is None


def test_an_adapter_that_was_changed_is_not_used(weights: Weights, tmp_path: Path) -> None:
    """Nor one that is gone; what to do is said."""
    path = tmp_path / "small.gguf"
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(ModelError, match="not what came with caro") as caught:
        adapter_for(weights, settings("on"))
    assert "caro config set adapter off" in caught.value.hint
    path.unlink()
    with pytest.raises(ModelError, match="not what came with caro"):
        adapter_for(weights, settings("on"))


def test_a_file_of_the_users_own_has_to_be_for_the_weights(weights: Weights, tmp_path: Path) -> None:
    """By the hash in it, which weights of no known hash cannot have."""
    right, wrong = write_adapter(tmp_path / "own.gguf"), write_adapter(tmp_path / "other.gguf", "cd" * 32)
    assert adapter_for(weights, settings(str(right))) == Chosen(right, "run-7")
    unknown = replace(weights, sha256=None, model=None)
    for of, path in ((weights, wrong), (unknown, right), (weights, tmp_path / "none.gguf")):
        with pytest.raises(ModelError) as caught:
            adapter_for(of, settings(str(path)))
        assert path.name in caught.value.message
        assert caught.value.hint == "Try: caro config set adapter on"


def test_the_setting_is_on_off_or_a_file() -> None:
    """In one sentence."""
    with pytest.raises(ConfigError, match="must be on, off, or the path of an adapter's GGUF file, not 'yes please'"):
        settings("yes please")
