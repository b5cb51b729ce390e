"""Which device is chosen, what a build can run on, and which GPU it knows nothing of."""

from pathlib import Path

import pytest

from caro_shell.engines import llama_library
from caro_shell.engines.devices import Device, choose_device
from caro_shell.engines.survey import graphics, how_to_build, survey
from caro_shell.errors import ConfigError

CPU = Device("cpu", "AMD EPYC", "cpu", "CPU")
SMALL = Device("CUDA0", "GeForce GT 1030", "gpu", "CUDA", free=2 << 30, total=2 << 30)
LARGE = Device("CUDA1", "GeForce RTX 3060", "gpu", "CUDA", free=11 << 30, total=12 << 30)
BUILT_IN = Device("Vulkan0", "Radeon Graphics", "igpu", "Vulkan", free=16 << 30, total=16 << 30)
APPLE = Device("MTL0", "Apple M2", "gpu", "MTL", free=10 << 30, total=10 << 30)


@pytest.mark.parametrize(
    ("wanted", "listed", "chosen"),
    [
        ("auto", [CPU], CPU),
        ("auto", [], Device("cpu", "", "cpu", "CPU")),
        ("auto", [SMALL, LARGE, BUILT_IN, CPU], LARGE),
        ("auto", [BUILT_IN, SMALL, CPU], SMALL),
        ("auto", [BUILT_IN, CPU], BUILT_IN),
        ("auto", [APPLE, CPU], APPLE),
        ("cpu", [LARGE, CPU], CPU),
        ("CPU", [LARGE, CPU], CPU),
        ("cuda0", [SMALL, LARGE, CPU], SMALL),
        ("CUDA1", [SMALL, LARGE, CPU], LARGE),
        ("cuda", [SMALL, LARGE, CPU], SMALL),
        ("vulkan", [SMALL, BUILT_IN, CPU], BUILT_IN),
        ("metal", [APPLE, CPU], APPLE),
    ],
)
def test_the_setting_names_a_device(wanted: str, listed: list[Device], chosen: Device) -> None:
    """`auto` prefers memory of its own, then much of it; a backend's name means its first device."""
    assert choose_device(wanted, listed) == chosen


def test_a_device_that_is_not_there_is_one_sentence_with_those_that_are() -> None:
    """Nobody is left to guess how llama.cpp calls its GPU."""
    with pytest.raises(ConfigError) as caught:
        choose_device("CUDA7", [SMALL, BUILT_IN, CPU])
    assert caught.value.message == "This build of llama.cpp has no device `CUDA7`."
    assert "auto, cpu, CUDA0, Vulkan0" in caught.value.hint


def test_llama_cpp_lists_its_own_devices() -> None:
    """The CPU is always there, and has a name of its maker's."""
    listed = llama_library.devices()
    cpu = next(device for device in listed if device.kind == "cpu")
    assert (cpu.name, bool(cpu.description)) == ("cpu", True)


def test_a_build_is_asked_in_a_process_of_its_own() -> None:
    """What it says is what it says here; a binding that ends the process is no crash."""
    found = survey("llama_cpp")
    assert [device.name for device in found.devices] == [device.name for device in llama_library.devices()]
    assert not found.trouble
    assert "cannot say" in survey("no_such_binding").trouble


@pytest.mark.parametrize(
    ("files", "maker"),
    [
        ({}, ""),
        ({"dev/nvidia0": ""}, "NVIDIA"),
        ({"proc/driver/nvidia/version": ""}, "NVIDIA"),
        ({"dev/kfd": ""}, "AMD"),
        ({"dev/dri/renderD128": "", "sys/class/drm/renderD128/device/vendor": "0x8086\n"}, "Intel"),
        ({"dev/dri/renderD128": "", "sys/class/drm/renderD128/device/vendor": "0x1af4\n"}, ""),
    ],
)
def test_the_gpu_of_a_machine_is_seen_without_a_driver(tmp_path: Path, files: dict[str, str], maker: str) -> None:
    """By what the kernel has of it; a virtual machine's own graphics evaluate nothing."""
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert graphics(tmp_path) == maker
    if maker:
        backend = "cuda" if maker == "NVIDIA" else "vulkan"
        assert how_to_build(maker).startswith(
            f"./install.sh --gpu {backend}, or CMAKE_ARGS=-DGGML_{backend.upper()}=on "
        )
