"""MLX: a GGUF file becomes a directory of MLX's with the same numbers and tokens, and the engine keeps its promises."""

import errno
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from engine_kinds import models_dir, need_module

for _module in ("gguf", "mlx_lm", "llama_cpp"):
    need_module(_module)

import gguf
import mlx.core as mx
import numpy as np
from small_gguf import write_small_gguf

from caro_shell.config import Settings
from caro_shell.engines import Sampling, never
from caro_shell.engines.mlx import MlxEngine, conversion
from caro_shell.engines.mlx.blocks import Packed, repack
from caro_shell.engines.mlx.gguf_file import BLOCKS, Tensor, read_gguf
from caro_shell.engines.mlx.tokenizer_file import build_tokenizer
from caro_shell.errors import EngineError, ModelError, Unusable
from caro_shell.models.catalogue import read_catalogue
from caro_shell.models.removal import remove
from caro_shell.models.store import find_model, known_model, model_path
from caro_shell.prompt import Message

# ggml's number of a quantised type, and where in its block a 16-bit scale lies.
SCALES = {2: (0,), 3: (0, 2), 6: (0,), 7: (0, 2), 8: (0,), 12: (0, 2), 13: (0, 2), 14: (208,)}


def ask(request: str) -> list[Message]:
    """Return the messages of a request."""
    return [Message("system", "Answer with one command."), Message("user", request)]


def answer(engine: MlxEngine, request: str, sampling: Sampling | None = None) -> str:
    """Return the whole answer."""
    return "".join(engine.stream(ask(request), sampling or Sampling(max_tokens=12), never))


@pytest.fixture
def small(tmp_path: Path) -> Settings:
    """Settings for a model of a few kilobytes."""
    path = write_small_gguf(tmp_path / "small.gguf")
    return Settings(engine="mlx", model=str(path), models_dir=str(tmp_path / "models"))


@pytest.fixture
def engine(small: Settings) -> Iterator[MlxEngine]:
    """That model, converted and loaded."""
    made = MlxEngine(small)
    made.load()
    yield made
    made.close()


def converted(settings: Settings) -> list[Path]:
    """Return what lies where conversions are kept."""
    return sorted(path for path in Path(settings.models_dir, "mlx").iterdir() if path.name != ".lock")


def _random_blocks(kind: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Return eight rows of 512 values in blocks that hold any bits, and scales of a sensible size."""
    numbers = np.random.default_rng(kind)
    per_block, size = BLOCKS[kind]
    blocks = numbers.integers(0, 256, (8 * 512 // per_block, size), dtype=np.uint8)
    for at in SCALES[kind]:
        blocks[:, at : at + 2] = numbers.uniform(0.001, 0.02, (len(blocks), 1)).astype("<f2").view(np.uint8)
    return blocks.reshape(8, 512 // per_block, size)


@pytest.mark.parametrize("kind", SCALES, ids=lambda kind: gguf.GGMLQuantizationType(kind).name)
def test_a_quantised_matrix_keeps_its_numbers(kind: int) -> None:
    """What MLX reads is what ggml reads, but for the rounding of a scale to 16 bits, and Q6_K's of a value to 8."""
    blocks = _random_blocks(kind)
    expected = gguf.dequantize(blocks.reshape(8, -1), gguf.GGMLQuantizationType(kind))
    packed = repack(Tensor(kind, (8, 512), blocks))
    assert isinstance(packed, Packed)
    scales, biases = (mx.array(part).astype(mx.float32) for part in (packed.scales, packed.biases))
    read = np.array(mx.dequantize(mx.array(packed.weight), scales, biases, group_size=32, bits=packed.bits))
    step = np.abs(expected).max() / (128 if kind == 14 else 1024)
    assert np.abs(read - expected).max() <= step


@pytest.mark.model
@pytest.mark.parametrize(
    "text",
    [
        "list all files",
        "naïve Grüße, 日本語, 😀🚀",
        "  if x:\n\t\tprint('a')\r\n\n  12345 don't I'LL",
        "<|im_end|><|fim_prefix|><tool_call>",
        "e\u0301 ﬁ \u00a0\u200b",
        "a" * 60,
    ],
)
@pytest.mark.parametrize("special", [False, True], ids=["text", "template"])
def test_text_has_the_tokens_that_llama_cpp_gives_it(tokenizers: tuple[Any, Any], *, text: str, special: bool) -> None:
    """The tokenizer that is built from a GGUF file is the one in the file."""
    ours, theirs = tokenizers
    ours.encode_special_tokens = not special
    expected = theirs.tokenize(text.encode(), add_bos=False, special=special)
    assert ours.encode(text, add_special_tokens=False).ids == expected


@pytest.fixture(scope="module")
def tokenizers() -> Iterator[tuple[Any, Any]]:
    """Ours, and llama.cpp's, of the 0.5B."""
    import llama_cpp

    path = find_model("tiny", Settings(model="tiny", models_dir=models_dir())).path
    theirs = llama_cpp.Llama(str(path), vocab_only=True, verbose=False)
    yield build_tokenizer(read_gguf(path).facts), theirs
    theirs.close()


def test_a_file_is_converted_once(small: Settings, engine: MlxEngine) -> None:
    """The second load takes what the first has made, and says nothing more of it."""
    made = converted(small)
    assert len(made) == 1
    assert [note for note in engine.notes if "converted for MLX" in note]
    again = MlxEngine(small)
    again.load()
    assert again.notes == ()
    assert converted(small) == made
    assert answer(again, "list files") == answer(engine, "list files")
    again.close()


def test_the_conversion_is_told_with_the_first_answer_only(engine: MlxEngine) -> None:
    """What was done once is not said for ever."""
    answer(engine, "list files")
    assert engine.notes
    answer(engine, "show the date")
    assert engine.notes == ()


def test_the_same_file_gives_the_same_directory(tmp_path: Path) -> None:
    """Nothing in it depends on when or where it was made."""
    source = write_small_gguf(tmp_path / "small.gguf")
    for name in ("one", "two"):
        conversion.convert(source, tmp_path / name)
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


def test_a_model_whose_output_is_its_embedding_is_converted(tmp_path: Path) -> None:
    """Small models hold the one matrix for both."""
    source = write_small_gguf(tmp_path / "tied.gguf", untied=False)
    settings = Settings(model=str(source), models_dir=str(tmp_path / "models"))
    engine = MlxEngine(settings)
    engine.load()
    (made,) = converted(settings)
    assert json.loads((made / "config.json").read_text())["tie_word_embeddings"]
    answer(engine, "list files")
    assert engine.usage.prompt_tokens > 0
    engine.close()


def test_a_conversion_that_fails_leaves_nothing(small: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The directory appears whole or not at all; the next start makes it."""

    def full(_facts: object) -> None:
        raise OSError(errno.ENOSPC, "no space")

    with monkeypatch.context() as patch:
        patch.setattr(conversion, "build_tokenizer", full)
        with pytest.raises(ModelError, match="disk is full"):
            MlxEngine(small).load()
    assert converted(small) == []
    engine = MlxEngine(small)
    engine.load()
    engine.close()


def test_what_a_killed_conversion_left_is_cleared_away(small: Settings, engine: MlxEngine) -> None:
    """A half-made directory is never taken for a whole one, and takes no room for ever."""
    (made,) = converted(small)
    shutil.rmtree(made)
    half = made.parent / f".{made.name}.partial"
    half.mkdir()
    (half / "model-00001.safetensors").write_bytes(b"half")
    again = MlxEngine(small)
    again.load()
    assert converted(small) == [made]
    again.close()


def test_a_damaged_conversion_is_made_anew(small: Settings, engine: MlxEngine) -> None:
    """It comes from a file that is verified, so the user need not know."""
    expected = answer(engine, "list files")
    (made,) = converted(small)
    (made / "model-00001.safetensors").write_bytes(b"broken")
    again = MlxEngine(small)
    again.load()
    assert answer(again, "list files") == expected
    again.close()


@pytest.mark.parametrize(("architecture", "cut"), [("mamba", "qwen2"), ("qwen2", "unheard-of")])
def test_a_model_of_another_kind_is_one_sentence(tmp_path: Path, architecture: str, cut: str) -> None:
    """What is not known here is refused before anything is written, and the user is told what to use."""
    source = write_small_gguf(tmp_path / "other.gguf", architecture, cut)
    settings = Settings(model=str(source), models_dir=str(tmp_path / "models"))
    with pytest.raises(EngineError, match="MLX cannot take this model") as caught:
        MlxEngine(settings).load()
    assert caught.value.hint
    assert converted(settings) == []


def test_a_model_is_removed_with_its_conversion(tmp_path: Path) -> None:
    """`caro models rm` leaves nothing of it, and leaves alone what was made of another one."""
    settings = Settings(models_dir=str(tmp_path))
    tiny = known_model("tiny", read_catalogue(), settings)
    path = model_path(tiny, settings)
    path.write_bytes(b"GGUF")
    own, other = (conversion.converted_path(tmp_path, source, "0" * 64) for source in (path, tmp_path / "other.gguf"))
    for directory in (own, other):
        directory.mkdir(parents=True)
        (directory / "config.json").write_text("{}")
    assert remove(tiny, settings) == 6
    assert (path.exists(), own.exists(), other.exists()) == (False, False, True)


def test_a_directory_of_the_users_is_loaded_as_it_is(small: Settings, engine: MlxEngine, tmp_path: Path) -> None:
    """`model` may be the path of a directory that mlx-lm takes; nothing is converted."""
    (made,) = converted(small)
    settings = Settings(model=str(made), models_dir=str(tmp_path / "none"))
    own = MlxEngine(settings)
    own.load()
    assert own.model == made.name
    assert answer(own, "list files") == answer(engine, "list files")
    assert not (tmp_path / "none").exists()
    own.close()


def test_a_directory_without_a_model_is_one_sentence(tmp_path: Path) -> None:
    """The user hears which directory, and what it lacks."""
    with pytest.raises(EngineError, match=r"no config\.json") as caught:
        MlxEngine(Settings(model=f"{tmp_path}/")).load()
    assert caught.value.hint
    (tmp_path / "config.json").write_text('{"model_type": "qwen2"}')
    with pytest.raises(EngineError, match="MLX cannot load"):
        MlxEngine(Settings(model=f"{tmp_path}/")).load()


def test_no_network_is_asked(small: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither for a conversion nor for a repository of the hub that is not here."""

    def refuse(*_args: object) -> None:
        raise AssertionError("somebody asked the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    engine = MlxEngine(small)
    engine.load()
    engine.close()
    settings = Settings(model="mlx-community/Nothing-4bit", models_dir=str(tmp_path / "models"))
    with pytest.raises(ModelError, match="is not on this machine") as caught:
        MlxEngine(settings).load()
    assert "hf download" in caught.value.hint


def test_a_repository_beside_the_other_models_is_found(small: Settings, engine: MlxEngine) -> None:
    """`owner/repo` is looked for in the directory of the models first."""
    (made,) = converted(small)
    place = Path(small.models_dir, "mlx", "someone", "small-4bit")
    shutil.copytree(made, place)
    own = MlxEngine(Settings(model="someone/small-4bit", models_dir=small.models_dir))
    own.load()
    assert own.model == "small-4bit"
    own.close()


def test_cancelling_in_the_prompt_keeps_the_prefix(engine: MlxEngine) -> None:
    """What was evaluated of a prompt is dropped down to the constant part, which stays warm."""
    engine.prime(ask(""))
    expected = answer(engine, "list files")
    asked = 0

    def cancelled() -> bool:
        nonlocal asked
        asked += 1
        return asked > 4

    assert list(engine.stream(ask("files " * 60), Sampling(max_tokens=5), cancelled)) == []
    assert answer(engine, "list files") == expected
    assert engine.usage.reused_tokens > 5


def test_cancelling_while_the_prefix_is_evaluated_harms_nothing(engine: MlxEngine) -> None:
    """A half-evaluated prefix is not taken for a whole one."""
    expected = answer(engine, "list files")
    other = [Message("system", "Another one, and a longer one."), Message("user", "hello")]
    asked = 0

    def cancelled() -> bool:
        nonlocal asked
        asked += 1
        return asked > 2

    assert list(engine.stream(other, Sampling(max_tokens=5), cancelled)) == []
    assert answer(engine, "list files") == expected
    assert engine.usage.reused_tokens == 0


def test_a_prompt_that_is_too_long_is_refused(engine: MlxEngine) -> None:
    """One sentence, before anything is evaluated."""
    with pytest.raises(Unusable, match="too long"):
        answer(engine, "words " * 1000)


def test_the_likeliest_tokens_are_drawn_by_seed(engine: MlxEngine) -> None:
    """A seed decides, whatever was drawn before."""
    drawn = [answer(engine, "list", Sampling(20, temperature=1.0, seed=seed)) for seed in (1, 2, 1)]
    assert drawn[0] == drawn[2] != drawn[1]


def test_closing_gives_the_memory_back(small: Settings) -> None:
    """Nothing of the model stays."""
    mx.clear_cache()
    before = mx.get_active_memory()
    engine = MlxEngine(small)
    engine.load()
    answer(engine, "list files")
    assert mx.get_active_memory() > before
    engine.close()
    del engine
    assert mx.get_active_memory() <= before


def test_an_engine_that_was_not_loaded_can_be_closed(tmp_path: Path) -> None:
    """A load that failed leaves nothing to free."""
    MlxEngine(Settings(model=str(tmp_path / "none.gguf"))).close()


def test_the_library_says_nothing(small: Settings) -> None:
    """From the first import on, in a process of its own: the streams are the daemon's log, and its user's."""
    program = (
        "import sys; from caro_shell.config import Settings; from caro_shell.engines.mlx import MlxEngine;"
        "MlxEngine(Settings(model=sys.argv[1], models_dir=sys.argv[2])).load()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, small.model, small.models_dir],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONWARNINGS": "default"},
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
