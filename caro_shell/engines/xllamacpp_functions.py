"""llama.h's functions out of xllamacpp's wheel, by the names that llama-cpp-python gives them.

The wheel is one shared library that exports all of llama.cpp. Its own Python interface is a server, which opens a
port, does not tokenise and cannot be stopped in the middle of a prompt; so it is not used.

llama.h's functions keep their meaning from release to release, its parameter structures grow. Of these only the
beginning is declared here, with room behind it: what is in that room comes from the library and goes back to it as
it was. Whether the beginning is what it is thought to be is asked once, by the values that the library puts there.
"""

import ctypes
import importlib.util
from ctypes import POINTER, Structure, c_bool, c_char_p, c_float, c_int8, c_int32, c_size_t, c_uint8, c_uint32, c_void_p
from functools import cache
from pathlib import Path
from typing import Any

from caro_shell.errors import EngineError

# Well above the largest structure of llama.h; they are passed in memory, so a larger one does no harm.
_ROOM_BYTES = 1024

llama_token = c_int32
llama_adapter_lora_p_ctypes = POINTER(c_void_p)
llama_log_callback = ctypes.CFUNCTYPE(None, ctypes.c_int, c_char_p, c_void_p)
ggml_abort_callback = ctypes.CFUNCTYPE(c_bool, c_void_p)


class ModelParams(Structure):
    """llama_model_params."""

    _fields_ = (
        ("devices", c_void_p),
        ("tensor_buft_overrides", c_void_p),
        ("n_gpu_layers", c_int32),
        ("split_mode", c_int32),
        ("rest", ctypes.c_byte * _ROOM_BYTES),
    )


class ContextParams(Structure):
    """llama_context_params."""

    _fields_ = (
        ("n_ctx", c_uint32),
        ("n_batch", c_uint32),
        ("n_ubatch", c_uint32),
        ("n_seq_max", c_uint32),
        ("n_rs_seq", c_uint32),
        ("n_outputs_max", c_uint32),
        ("n_outputs_max_per_seq", c_uint32),
        ("n_threads", c_int32),
        ("n_threads_batch", c_int32),
        ("rest", ctypes.c_byte * _ROOM_BYTES),
    )


class Batch(Structure):
    """llama_batch."""

    _fields_ = (
        ("n_tokens", c_int32),
        ("token", POINTER(llama_token)),
        ("embd", POINTER(c_float)),
        ("pos", POINTER(c_int32)),
        ("n_seq_id", POINTER(c_int32)),
        ("seq_id", POINTER(POINTER(c_int32))),
        ("logits", POINTER(c_int8)),
    )


class SamplerChainParams(Structure):
    """llama_sampler_chain_params."""

    _fields_ = (("no_perf", c_bool),)


# The result, then the arguments.
_FUNCTIONS: dict[str, tuple[Any, ...]] = {
    "llama_adapter_lora_init": (llama_adapter_lora_p_ctypes, c_void_p, c_char_p),
    "llama_backend_init": (None,),
    "llama_batch_get_one": (Batch, POINTER(llama_token), c_int32),
    "llama_context_default_params": (ContextParams,),
    "llama_decode": (c_int32, c_void_p, Batch),
    "llama_free": (None, c_void_p),
    "llama_get_logits_ith": (POINTER(c_float), c_void_p, c_int32),
    "llama_get_memory": (c_void_p, c_void_p),
    "llama_init_from_model": (c_void_p, c_void_p, ContextParams),
    "llama_log_set": (None, llama_log_callback, c_void_p),
    "llama_memory_seq_rm": (c_bool, c_void_p, c_int32, c_int32, c_int32),
    "llama_model_chat_template": (c_char_p, c_void_p, c_char_p),
    "llama_model_default_params": (ModelParams,),
    "llama_model_free": (None, c_void_p),
    "llama_model_get_vocab": (c_void_p, c_void_p),
    "llama_model_load_from_file": (c_void_p, c_char_p, ModelParams),
    "llama_model_n_layer": (c_int32, c_void_p),
    "llama_print_system_info": (c_char_p,),
    "llama_sampler_chain_add": (None, c_void_p, c_void_p),
    "llama_sampler_chain_default_params": (SamplerChainParams,),
    "llama_sampler_chain_init": (c_void_p, SamplerChainParams),
    "llama_sampler_free": (None, c_void_p),
    "llama_sampler_init_dist": (c_void_p, c_uint32),
    "llama_sampler_init_greedy": (c_void_p,),
    "llama_sampler_init_temp": (c_void_p, c_float),
    "llama_sampler_init_top_k": (c_void_p, c_int32),
    "llama_sampler_init_top_p": (c_void_p, c_float, c_size_t),
    "llama_sampler_sample": (llama_token, c_void_p, c_void_p, c_int32),
    "llama_set_adapters_lora": (
        c_int32,
        c_void_p,
        POINTER(llama_adapter_lora_p_ctypes),
        c_size_t,
        POINTER(c_float),
    ),
    "llama_set_abort_callback": (None, c_void_p, ggml_abort_callback, c_void_p),
    "llama_set_n_threads": (None, c_void_p, c_int32, c_int32),
    "llama_state_seq_get_data": (c_size_t, c_void_p, POINTER(c_uint8), c_size_t, c_int32),
    "llama_state_seq_get_size": (c_size_t, c_void_p, c_int32),
    "llama_state_seq_set_data": (c_size_t, c_void_p, POINTER(c_uint8), c_size_t, c_int32),
    "llama_supports_gpu_offload": (c_bool,),
    "llama_token_to_piece": (c_int32, c_void_p, llama_token, c_char_p, c_int32, c_int32, c_bool),
    "llama_tokenize": (c_int32, c_void_p, c_char_p, c_int32, POINTER(llama_token), c_int32, c_bool, c_bool),
    "llama_vocab_bos": (llama_token, c_void_p),
    "llama_vocab_eos": (llama_token, c_void_p),
    "llama_vocab_get_add_bos": (c_bool, c_void_p),
    "llama_vocab_get_text": (c_char_p, c_void_p, llama_token),
    "llama_vocab_is_eog": (c_bool, c_void_p, llama_token),
    "llama_vocab_n_tokens": (c_int32, c_void_p),
}
# What the functions of these names fill in, in llama.cpp's src/llama-model.cpp and llama-context.cpp.
_DEFAULTS: dict[str, dict[str, Any]] = {
    "llama_model_default_params": {"devices": None, "tensor_buft_overrides": None, "n_gpu_layers": -1, "split_mode": 1},
    "llama_context_default_params": {
        "n_ctx": 512,
        "n_batch": 2048,
        "n_ubatch": 512,
        "n_seq_max": 1,
        "n_threads": 4,
        "n_threads_batch": 4,
    },
}


@cache
def ggml_library() -> ctypes.CDLL:
    """Return the shared library; raises EngineError when it is missing, or another one than it is taken for."""
    found = importlib.util.find_spec("xllamacpp")
    folders = (found.submodule_search_locations or []) if found else []
    path = next((path for folder in folders for path in sorted(Path(folder).glob("xllamacpp*.so"))), None)
    try:
        library = ctypes.CDLL(str(path)) if path else None
    except OSError as error:
        raise _unusable(" ".join(str(error).split())) from None
    if library is None:
        raise _unusable("it is not installed")
    for name, (result, *arguments) in _FUNCTIONS.items():
        try:
            function = library[name]
        except AttributeError:
            raise _unusable(f"it has no {name}") from None
        function.restype, function.argtypes = result, arguments
        _functions[name] = function
    for name, defaults in _DEFAULTS.items():
        params = _functions[name]()
        if {field: getattr(params, field) for field in defaults} != defaults:
            raise _unusable(f"its {name} is not the one that is known here")
    return library


_functions: dict[str, Any] = {}


def _unusable(reason: str) -> EngineError:
    return EngineError(f"xllamacpp cannot be used: {reason}.", "Try: ./install.sh --engine xllamacpp")


def __getattr__(name: str) -> Any:  # noqa: ANN401  a C function
    """Return a function of the library's by its name in llama.h."""
    ggml_library()
    try:
        return _functions[name]
    except KeyError:
        raise AttributeError(name) from None
