"""Requantising with llama.cpp's own quantiser, on the real `tiny`."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from fake_sources import CHECKOUT
from terminal import wait_for
from user_home import need

from caro_shell.cli import main
from caro_shell.config import Settings
from caro_shell.errors import ModelError
from caro_shell.models import requantize, store
from caro_shell.models.catalogue import read_catalogue

pytestmark = pytest.mark.model


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a home whose directory of weights has `tiny`, without a copy of it."""
    real = Settings(models_dir=os.environ.get("CARO_TEST_MODELS", ""))
    try:
        path = store.find_model("tiny", real).path
    except ModelError:
        need("the model `tiny` is not in CARO_TEST_MODELS")
    for name in [name for name in os.environ if name.startswith("CARO_")]:
        monkeypatch.delenv(name)
    models = tmp_path / "models"
    models.mkdir()
    (models / path.name).symlink_to(path)
    monkeypatch.setenv("CARO_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setenv("CARO_MODELS_DIR", str(models))
    return tmp_path


def left(home: Path) -> list[str]:
    """Return what lies in the directory of weights besides `tiny` and the locks."""
    usual = read_catalogue()["tiny"].files[0].name
    return [
        path.name
        for path in (home / "models").iterdir()
        if not path.name.endswith(".lock") and path.name not in {usual, f"{usual}.verified"}
    ]


def test_a_requantised_model_is_a_model_of_its_own(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It has a name, a hash that is checked, and can be used, listed and removed; the usual one stays."""
    assert main(["models", "requantize", "tiny", "q4_0"]) == 0
    said = capsys.readouterr().err
    assert "`tiny:q4_0-requantized` is ready: 491 MB became 4" in said
    assert "nobody has measured" in said
    settings = Settings(models_dir=str(home / "models"))
    weights = store.find_model("tiny:q4_0-requantized", settings)
    assert weights.path.name == "qwen2.5-coder-0.5b-instruct-q4_k_m--q4_0-requantized.gguf"
    assert weights.title == "Qwen2.5-Coder 0.5B Instruct, Q4_0 (requantized here)"
    assert len(weights.sha256 or "") == 64
    assert main(["models", "use", "tiny:q4_0-requantized"]) == 0
    assert (home / "config.toml").read_text() == 'model = "tiny:q4_0-requantized"\n'
    capsys.readouterr()
    assert main(["models", "list"]) == 0
    assert "* tiny:q4_0-requantized" in capsys.readouterr().out
    assert main(["models", "rm", "tiny:q4_0-requantized", "--force"]) == 0
    assert left(home) == []


def test_ctrl_c_leaves_nothing(home: Path) -> None:
    """The quantiser ends with the command, and its unfinished file goes."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "caro_shell", "models", "requantize", "tiny", "q8_0"],
        env=os.environ | {"PYTHONPATH": str(CHECKOUT)},
        stderr=subprocess.PIPE,
        text=True,
    )
    made = "qwen2.5-coder-0.5b-instruct-q4_k_m--q8_0-requantized.gguf"

    def growing() -> bool:
        assert process.poll() is None, process.communicate()[1]
        return any(path.stat().st_size > 1_000_000 for path in (home / "models").glob(f"{made}.new-*/*"))

    wait_for(growing, lambda: "for the quantiser to write")
    process.send_signal(signal.SIGINT)
    _, said = process.communicate()
    assert process.returncode == 130
    assert "Traceback" not in said
    assert left(home) == []


def test_a_model_that_cannot_be_requantised_is_one_sentence(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever llama.cpp has against it."""
    from fake_sources import make_gguf

    (home / "mine.gguf").write_bytes(make_gguf({"general.architecture": "none-such"}))
    assert main(["models", "requantize", str(home / "mine.gguf"), "q4_0"]) == 1
    said = capsys.readouterr().err
    assert "caro: llama.cpp could not requantize it: " in said
    assert "Traceback" not in said
    assert left(home) == []


def test_a_difference_is_told_where_it_was_measured() -> None:
    """And with where; nothing is said of what nobody has measured."""
    known = requantize.measured("small:q4_0-requantized")
    assert known
    assert "right on 43.3 % to 38 % of the held-back tasks" in known.sentence()
    assert requantize.measured("xl:q4_0-requantized") is None
