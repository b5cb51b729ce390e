"""llama.cpp through its C functions: what it can run on here, and a file loaded onto that. The rest is in loaded.py.

Only the calls this project needs, by name, with the library's own defaults for everything else. `c` is a binding:
a module that has llama.h's functions and types by their names.
"""

import ctypes
import logging
import re
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from caro_shell.engines.devices import CPU, Device, list_devices
from caro_shell.engines.loaded import Loaded

_log = logging.getLogger(__name__)
# ggml.h: GGML_LOG_LEVEL_INFO, _WARN and _ERROR; 5 continues the line before, whatever its level was.
_INFO = 2
_KEPT_LEVELS = (3, _ERROR := 4)
_LONGEST_REASON = 200
# What llama.cpp, ggml and the C++ library say when memory runs out, on any device.
_MEMORY_WORDS = re.compile(
    r"out of (?:device |host )?memory|cannot allocate|failed to allocate|unable to allocate|bad_alloc|"
    r"alloc(?:ation)? failed|OutOfDeviceMemory|OutOfHostMemory|insufficient memory",
    re.IGNORECASE,
)
_OFFLOADED = re.compile(r"offloaded (\d+)/(\d+) layers")
# What one prompt may have answers at once.
SEQUENCES = 4
# The library holds no more than their addresses.
_callbacks: list[Any] = []
# What llama.cpp says while a model is loaded; one at a time.
_said: deque[tuple[int, str]] = deque(maxlen=1000)


@dataclass(frozen=True)
class LoadOptions:
    """How a file is loaded: `gpu_layers` -1 is all of them, `context` counts tokens."""

    path: str
    threads: int
    gpu_layers: int
    context: int
    binding: str = "llama_cpp"
    """The module of the functions: llama-cpp-python's own, or one like it."""
    device: Device = CPU
    """What the layers are given to; all others of the machine are left alone."""


class NotLoadedError(Exception):
    """llama.cpp cannot load a model so; `reason` is its own, in one line without a full stop."""

    def __init__(self, said: Iterable[tuple[int, str]], *, of_context: bool) -> None:
        """Find the reason in what was said meanwhile."""
        errors = [line for level, line in said if level == _ERROR]
        # The first names the cause, the ones after it what could not be done for that reason.
        first = next((line for line in errors if _MEMORY_WORDS.search(line)), errors[0] if errors else "")
        # In front of it stands the name of a C function, and what is said anyway.
        words = (first.partition(": ")[2] or first).removeprefix("error loading model: ")
        self.reason = " ".join(words.split())[:_LONGEST_REASON].rstrip(".") or "it does not say why"
        self.of_context = of_context
        """The weights were loaded, and there was no context to be had for them."""
        self.out_of_memory = is_about_memory(" ".join(errors))
        super().__init__(self.reason)


def is_about_memory(words: str) -> bool:
    """Say whether a message of the library's means that there was no memory."""
    return bool(_MEMORY_WORDS.search(words))


def _keep_log(level: int, text: bytes, _data: object) -> None:
    if level not in (_INFO, *_KEPT_LEVELS):
        return
    line = text.decode(errors="replace").strip()
    _said.append((level, line))
    if level in _KEPT_LEVELS and line:
        _log.info("llama.cpp: %s", line)


@cache
def functions(binding: str) -> Any:  # noqa: ANN401  a module, whose names are llama.h's
    """Return the binding, ready to be called."""
    c = import_module(binding)
    # Before anything else: llama.cpp writes to stderr until it is told where to log.
    callback = c.llama_log_callback(_keep_log)
    _callbacks.append(callback)
    c.llama_log_set(callback, ctypes.c_void_p(0))
    c.llama_backend_init()
    return c


def devices(binding: str = "llama_cpp") -> tuple[Device, ...]:
    """Return what this build of llama.cpp can run on here, the CPU among it."""
    c = functions(binding)
    if hasattr(c, "ggml_library"):
        return list_devices(c.ggml_library())
    # llama-cpp-python has ggml's functions in a module of their own.
    return list_devices(import_module(f"{c.__name__}._ggml").libggml)


def try_load(options: LoadOptions) -> Loaded:
    """Return the loaded model; raises NotLoadedError when llama.cpp cannot load it so."""
    c = functions(options.binding)
    _said.clear()
    model_params = c.llama_model_default_params()
    # Without a list, llama.cpp takes every device it finds; it ends with a NULL, so one of that alone means the CPU.
    chosen = (ctypes.c_void_p * 2)(options.device.handle if options.device.kind != "cpu" else None, None)
    model_params.devices = ctypes.cast(chosen, ctypes.c_void_p)
    model_params.n_gpu_layers = options.gpu_layers
    model = c.llama_model_load_from_file(options.path.encode(), model_params)
    if not model:
        raise NotLoadedError(_said, of_context=False)
    params = c.llama_context_default_params()
    params.n_ctx = params.n_batch = options.context
    params.n_threads = params.n_threads_batch = options.threads
    params.no_perf = True
    sequences = SEQUENCES if hasattr(params, "kv_unified") else 1
    if sequences > 1:
        # Of one store for all, so that the prompt is there once, and one sequence has all of it.
        params.n_seq_max, params.kv_unified = sequences, True
    context = c.llama_init_from_model(model, params)
    if not context:
        c.llama_model_free(model)
        raise NotLoadedError(_said, of_context=True)
    return Loaded(c, model, context, _layers_on_the_device(), sequences)


def _layers_on_the_device() -> tuple[int, int]:
    found = next((match for _level, line in _said if (match := _OFFLOADED.search(line))), None)
    _said.clear()
    return (int(found[1]), int(found[2])) if found else (0, 0)
