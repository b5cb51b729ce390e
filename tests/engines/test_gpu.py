"""llama.cpp on a device of its own list, named by CARO_TEST_DEVICE; not part of the usual run, which has none.

A software device will do, slowly: with Mesa's lavapipe, CARO_TEST_DEVICE=Vulkan0 GGML_VK_VISIBLE_DEVICES=0.
"""

import os

import pytest
from engine_kinds import models_dir

from caro_shell.config import Settings
from caro_shell.engines import Sampling, llama_library, never
from caro_shell.engines.devices import choose_device
from caro_shell.engines.llama import LlamaEngine
from caro_shell.parse import parse_command
from caro_shell.prompt import Message

DEVICE = os.environ.get("CARO_TEST_DEVICE", "")
pytestmark = [pytest.mark.model, pytest.mark.skipif(not DEVICE, reason="CARO_TEST_DEVICE names no device")]
LAYERS = 25


def answers(**wanted: object) -> tuple[LlamaEngine, str]:
    """Load the 0.5B with these settings; return the engine, closed, and its greedy commands."""
    settings = Settings(**{"model": "tiny", "models_dir": models_dir(), "device": DEVICE, **wanted})  # type: ignore[arg-type]
    engine = LlamaEngine(settings)
    engine.load()
    said = []
    for request in ("list files", "show the date"):
        messages = [Message("system", "Reply with one shell command."), Message("user", request)]
        engine.prime(messages)
        raw = "".join(engine.stream(messages, Sampling(max_tokens=16), never))
        # The arithmetic differs in its last bits: enough for `ls` in other marks, not for another command.
        said.append(parse_command(raw, "bash", ended=engine.usage.ended))
    engine.close()
    return engine, "\n".join(said)


@pytest.mark.parametrize("wanted", [-1, LAYERS, LAYERS // 2, 1])
def test_so_many_layers_are_on_the_device_and_write_the_commands_of_the_cpu(wanted: int) -> None:
    """The placement is what llama.cpp really did."""
    engine, said = answers(gpu_layers=wanted)
    placement = engine.placement
    assert placement.device.lower() == DEVICE.lower()
    assert placement.hardware
    assert (placement.layers, placement.offloaded) == (LAYERS, LAYERS if wanted < 0 else wanted)
    assert engine.notes == ()
    assert said == answers(device="cpu")[1]


@pytest.mark.parametrize("settings", [{"gpu_layers": 0}, {"device": "cpu"}])
def test_the_cpu_alone_can_be_had(settings: dict[str, object]) -> None:
    """Nothing of the model is on the device then."""
    engine, _said = answers(**settings)
    assert (engine.placement.device, engine.placement.offloaded, engine.notes) == ("cpu", 0, ())


def test_what_has_no_room_is_on_the_cpu_with_a_note() -> None:
    """The context is so large that the device cannot hold it with all layers; what is there is told."""
    free = choose_device(DEVICE, llama_library.devices()).free
    if not free:
        pytest.skip(f"{DEVICE} does not tell how much memory is free")
    # Half a kilobyte of keys and values for a token and a layer.
    engine, said = answers(context=free // 512 // LAYERS)
    assert 0 < engine.placement.offloaded < LAYERS
    (note,) = engine.notes
    assert note.startswith(f"{engine.placement.offloaded} of {LAYERS} layers are on ")
    assert said


def test_auto_takes_the_gpu() -> None:
    """Without a word of the user's."""
    engine, _said = answers(device="auto")
    assert engine.placement.device != "cpu"
    assert engine.placement.offloaded == LAYERS
