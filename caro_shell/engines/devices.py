"""The devices that llama.cpp itself lists, and which of them the model is given to."""

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from caro_shell.errors import ConfigError

# ggml-backend.h, enum ggml_backend_dev_type. What else there is (accelerators of the CPU) takes no layers.
_KINDS = {0: "cpu", 1: "gpu", 2: "igpu"}
# What people call a backend, where llama.cpp has a shorter name for it.
_OTHER_NAMES = {"metal": "mtl"}
_FUNCTIONS: dict[str, tuple[Any, list[Any]]] = {
    "ggml_backend_dev_count": (ctypes.c_size_t, []),
    "ggml_backend_dev_get": (ctypes.c_void_p, [ctypes.c_size_t]),
    "ggml_backend_dev_name": (ctypes.c_char_p, [ctypes.c_void_p]),
    "ggml_backend_dev_description": (ctypes.c_char_p, [ctypes.c_void_p]),
    "ggml_backend_dev_type": (ctypes.c_int, [ctypes.c_void_p]),
    "ggml_backend_dev_memory": (None, [ctypes.c_void_p] * 3),
    "ggml_backend_dev_backend_reg": (ctypes.c_void_p, [ctypes.c_void_p]),
    "ggml_backend_reg_name": (ctypes.c_char_p, [ctypes.c_void_p]),
}


@dataclass(frozen=True)
class Device:
    """Something that evaluates layers: `name` is llama.cpp's (`CUDA0`), memory counts bytes, 0 where it is unknown."""

    name: str
    description: str
    kind: str
    """`cpu`, `gpu` (memory of its own) or `igpu` (a part of the machine's memory)."""
    backend: str
    free: int = 0
    total: int = 0
    handle: int = 0
    """llama.cpp's pointer to it."""


CPU = Device("cpu", "", "cpu", "CPU")


def list_devices(library: ctypes.CDLL) -> tuple[Device, ...]:
    """Return the devices of a llama.cpp whose backends are loaded, the CPU among them."""
    ggml = {name: _function(library, name) for name in _FUNCTIONS}
    handles = [ggml["ggml_backend_dev_get"](number) for number in range(ggml["ggml_backend_dev_count"]())]
    return tuple(_device(ggml, handle) for handle in handles if ggml["ggml_backend_dev_type"](handle) in _KINDS)


def _function(library: ctypes.CDLL, name: str) -> Any:  # noqa: ANN401  a C function
    # By subscript it is an object of our own, whose types no other binding of the same library sees.
    function = library[name]
    function.restype, function.argtypes = _FUNCTIONS[name]
    return function


def _device(ggml: dict[str, Any], handle: int) -> Device:
    free, total = ctypes.c_size_t(), ctypes.c_size_t()
    ggml["ggml_backend_dev_memory"](handle, ctypes.byref(free), ctypes.byref(total))
    kind = _KINDS[ggml["ggml_backend_dev_type"](handle)]
    name = _text(ggml["ggml_backend_dev_name"](handle))
    return Device(
        name="cpu" if kind == "cpu" else name,
        description=_text(ggml["ggml_backend_dev_description"](handle)),
        kind=kind,
        backend=_text(ggml["ggml_backend_reg_name"](ggml["ggml_backend_dev_backend_reg"](handle))),
        free=free.value,
        total=total.value,
        handle=handle,
    )


def _text(words: bytes | None) -> str:
    return " ".join((words or b"").decode(errors="replace").split())


def choose_device(wanted: str, devices: Sequence[Device]) -> Device:
    """Return the device that the setting `device` means; raises ConfigError with the list when there is none such.

    `auto` is the discrete GPU with the most free memory, else the integrated one, else the CPU. A backend's name
    (`cuda`, `metal`) means its first device.
    """
    cpu = next((device for device in devices if device.kind == "cpu"), CPU)
    gpus = [device for device in devices if device.kind != "cpu"]
    name = wanted.lower()
    if name in {"auto", ""}:
        return max(gpus, key=lambda device: (device.kind == "gpu", device.free), default=cpu)
    if name == "cpu":
        return cpu
    name = _OTHER_NAMES.get(name, name)
    for device in gpus:
        if device.name.lower() == name:
            return device
    for device in gpus:
        if device.backend.lower() == name:
            return device
    known = ", ".join(["auto", "cpu", *(device.name for device in gpus)])
    raise ConfigError(
        f"This build of llama.cpp has no device `{wanted}`.", f"The setting `device` may be: {known}; see caro doctor."
    )
