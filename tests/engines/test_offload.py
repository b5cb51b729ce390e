"""Where a model ends up when there is no room for it, with the real 0.5B; the failures are real but for a GPU's."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from engine_kinds import models_dir

from caro_shell.config import Settings
from caro_shell.engines import Sampling, llama_library, never
from caro_shell.engines.attempts import Attempts
from caro_shell.engines.devices import CPU, Device
from caro_shell.engines.llama import LlamaEngine
from caro_shell.engines.llama_library import LoadOptions, NotLoadedError
from caro_shell.engines.loaded import Loaded
from caro_shell.engines.steps import Step, fitting_layers, steps_for
from caro_shell.errors import EngineError
from caro_shell.models.store import Weights, find_model
from caro_shell.prompt import Message

pytestmark = pytest.mark.model
GPU = Device("CUDA0", "GeForce GT 1030", "gpu", "CUDA", free=8 << 30, total=8 << 30, handle=1)
CALLED = "CUDA0 (GeForce GT 1030)"
FULL = [(4, "alloc_buffer: allocating 900.00 MiB on device 0: cudaMalloc failed: out of memory")]


def ask(request: str) -> list[Message]:
    """Return the messages of a request."""
    return [Message("system", "Reply with one shell command."), Message("user", request)]


def answer(engine: LlamaEngine, request: str = "list all files") -> str:
    """Return the whole answer."""
    return "".join(engine.stream(ask(request), Sampling(max_tokens=20), never))


@pytest.fixture
def tiny() -> Weights:
    """The 0.5B's file."""
    return find_model("tiny", Settings(model="tiny", models_dir=models_dir()))


class Machine:
    """llama.cpp with a GPU in its list whose memory is full from so many layers on; the CPU is the real one."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, fits: int) -> None:
        """Put it in the library's place."""
        self.tried: list[tuple[str, int]] = []
        really, listed = llama_library.try_load, llama_library.devices

        def try_load(options: LoadOptions) -> Loaded:
            self.tried.append((options.device.name, options.gpu_layers))
            if options.device.kind == "cpu":
                return really(options)
            if not 0 < options.gpu_layers <= fits:
                raise NotLoadedError(FULL, of_context=False)
            loaded = really(replace(options, device=CPU, gpu_layers=0))
            loaded.layers = (options.gpu_layers, 25)
            return loaded

        monkeypatch.setattr(llama_library, "try_load", try_load)
        monkeypatch.setattr(llama_library, "devices", lambda binding: (GPU, *listed(binding)))


@pytest.fixture
def loaded(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[LlamaEngine, Machine]]:
    """An engine that was loaded on a machine whose GPU takes so many layers (the test's parameter)."""
    machine = Machine(monkeypatch, request.param)
    engine = LlamaEngine(Settings(model="tiny", models_dir=models_dir()))
    engine.load()
    yield engine, machine
    engine.close()


@pytest.mark.parametrize("loaded", [0], indirect=True)
def test_a_gpu_that_takes_nothing_is_given_up_for_the_cpu_with_a_note(loaded: tuple[LlamaEngine, Machine]) -> None:
    """All layers, half, a quarter; then the CPU, which is said."""
    engine, machine = loaded
    assert machine.tried == [("CUDA0", -1), ("CUDA0", 12), ("CUDA0", 6), ("cpu", 0)]
    assert (engine.placement.device, engine.placement.layers, engine.placement.offloaded) == ("cpu", 25, 0)
    assert engine.notes == (f"The model runs on the CPU, not on {CALLED}: there is not enough memory.",)
    assert "ls" in answer(engine)


@pytest.mark.parametrize("loaded", [12], indirect=True)
def test_a_gpu_that_takes_half_has_half_with_a_note(loaded: tuple[LlamaEngine, Machine]) -> None:
    """What is on it, and of how much, is told as it is."""
    engine, machine = loaded
    assert machine.tried == [("CUDA0", -1), ("CUDA0", 12)]
    assert (engine.placement.device, engine.placement.layers, engine.placement.offloaded) == ("CUDA0", 25, 12)
    assert engine.placement.hardware == "GeForce GT 1030"
    assert engine.notes == (f"12 of 25 layers are on {CALLED}: there is not enough memory.",)


def test_as_many_layers_are_given_as_have_room(tiny: Weights) -> None:
    """Of the device's free memory, so that the first try mostly is the last."""
    assert fitting_layers(tiny.path, 2048, 8 << 30) == -1
    some = fitting_layers(tiny.path, 2048, 700_000_000)
    assert 0 < some < fitting_layers(tiny.path, 2048, 800_000_000) < 25
    assert fitting_layers(tiny.path, 2048, 300_000_000) == 0
    # A device that does not tell its memory gets all of them, and may refuse.
    assert fitting_layers(tiny.path, 2048, 0) == -1


def test_the_wished_way_comes_first_and_each_is_tried_once(tiny: Weights) -> None:
    """The numbers of the settings count; without layers for it, a GPU is not even asked."""
    cpu = Device("cpu", "", "cpu", "CPU")

    def names(settings: Settings) -> list[tuple[str, int, int]]:
        return [(step.device.name, step.layers, step.context) for step in steps_for(tiny, GPU, cpu, settings)]

    usual = Settings.context
    on_the_cpu = [("cpu", 0, size) for size in dict.fromkeys((usual, usual // 4, 512))]
    assert names(Settings()) == [("CUDA0", -1, usual), ("CUDA0", 12, usual), ("CUDA0", 6, usual), *on_the_cpu]
    assert names(Settings(gpu_layers=3)) == [("CUDA0", 3, usual), ("CUDA0", 1, usual), *on_the_cpu]
    assert names(Settings(gpu_layers=0)) == on_the_cpu
    assert names(Settings(gpu_layers=0, context=400)) == [("cpu", 0, 400)]
    large = names(Settings(gpu_layers=0, context=100_000))
    assert large == [("cpu", 0, 100_000), ("cpu", 0, 25_000), ("cpu", 0, usual), ("cpu", 0, 512)]


def test_a_way_that_a_daemon_died_of_is_passed_over(
    tiny: Weights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the user is told how to have it tried again."""
    from caro_shell.engines import offload

    machine = Machine(monkeypatch, fits=25)
    died = Attempts(tmp_path / "attempts.json", ())
    died.deaths = [f"load {Step(tiny, GPU, layers, Settings.context).name}" for layers in (-1, 12, 6)]
    placed = offload.place(tiny, Settings(model="tiny", models_dir=models_dir()), "llama_cpp", died)
    placed.loaded.close()
    assert machine.tried == [("cpu", 0)]
    why = "the daemon died of it before (`caro daemon restart` tries it again)"
    assert placed.notes == (f"The model runs on the CPU, not on {CALLED}: {why}.",)


def test_a_context_that_is_too_large_for_the_machine_is_made_smaller_with_a_note() -> None:
    """llama.cpp is really asked for it, and really refuses."""
    engine = LlamaEngine(Settings(model="tiny", models_dir=models_dir(), context=100_000_000))
    engine.load()
    assert engine.notes == (f"The context has {Settings.context} tokens, not 100000000: there is not enough memory.",)
    assert "ls" in answer(engine)
    engine.close()


def test_a_model_that_fails_at_work_is_loaded_anew_on_the_cpu() -> None:
    """llama.cpp really refuses to evaluate, because more is asked of it than its context holds."""
    engine = LlamaEngine(Settings(model="tiny", models_dir=models_dir(), context=256))
    engine.load()
    engine.prime(ask(""))
    # What the engine itself refuses, llama.cpp has to.
    placed = engine._placed  # noqa: SLF001
    engine._placed = replace(placed, step=replace(placed.step, context=1024))  # noqa: SLF001
    assert answer(engine, "list all files " + "and directories " * 117)
    assert engine.notes == (f"cpu ({engine.placement.hardware}) failed at work; the model was loaded anew on the CPU.",)
    assert "ls" in answer(engine)
    engine.close()


_UNDER_A_LIMIT = """
import json, resource, sys
from caro_shell.config import Settings
from caro_shell.engines.llama import LlamaEngine
from caro_shell.errors import CaroError
import llama_cpp

size = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_AS, (size, size))
engine = LlamaEngine(Settings(model="small", models_dir=sys.argv[2]))
try:
    engine.load()
    print(json.dumps([engine.model, engine.notes]))
except CaroError as error:
    print(json.dumps([error.message, error.hint]))
"""


def under_a_limit(size: int) -> tuple[str, list[str] | str]:
    """Load the 1.5B in a process that may take only so many bytes; return the model and the notes, or the error."""
    find_model("small", Settings(model="small", models_dir=models_dir()))
    words = [sys.executable, "-c", _UNDER_A_LIMIT, str(size), models_dir()]
    done = subprocess.run(words, capture_output=True, text=True, check=True, env={**os.environ, "OMP_NUM_THREADS": "2"})
    first, second = json.loads(done.stdout)
    return first, second


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS does not limit a process's memory")
def test_a_model_without_room_gives_way_to_a_smaller_one_that_is_here() -> None:
    """The limit is the kernel's: llama.cpp cannot lay the weights out, and says so."""
    model, notes = under_a_limit(1_600_000_000)
    assert "0.5B" in model
    assert len(notes) == 1
    assert notes[0].endswith(": there is not enough memory.")
    assert "1.5B" in notes[0]


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS does not limit a process's memory")
def test_where_nothing_has_room_it_is_one_sentence() -> None:
    """Nothing is fetched, nothing dies."""
    message, hint = under_a_limit(500_000_000)
    assert "1.5B" in message
    assert message.endswith(" cannot be loaded: there is not enough memory.")
    assert "caro models list" in hint


def bent(path: Path, tiny: Weights, key: str, value: bytes) -> LlamaEngine:
    """Return an engine for a file whose header says something else of a real model; the weights are holes."""
    with tiny.path.open("rb") as file:
        head = bytearray(file.read(6_200_000))
    # After the key stands its type, in four bytes.
    at = head.index(key.encode()) + len(key) + 4
    head[at : at + len(value)] = value
    with path.open("wb") as file:
        file.write(head)
        file.truncate(tiny.path.stat().st_size)
    return LlamaEngine(Settings(model=str(path)))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("qwen2.block_count", b"\0\0\0\0"),
        ("qwen2.block_count", b"\xff\xff\xff\x7f"),
        ("qwen2.attention.layer_norm_rms_epsilon", b"\0\0\xc0\x7f"),
        ("qwen2.attention.head_count", b"\0\0\0\0"),
    ],
)
def test_a_header_that_llama_cpp_breaks_over_is_one_sentence(
    tmp_path: Path, tiny: Weights, key: str, value: bytes
) -> None:
    """Some of these end the process that loads them: it is not this one."""
    engine = bent(tmp_path / "bent.gguf", tiny, key, value)
    with pytest.raises(EngineError, match=r"^llama\.cpp cannot load .*bent\.gguf: .+\.$") as caught:
        engine.load()
    assert "\n" not in caught.value.message
    assert caught.value.hint
