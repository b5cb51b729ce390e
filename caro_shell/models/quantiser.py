"""Runs llama.cpp's quantiser, `FROM TO TYPE THREADS`: a program of its own, which may crash or be killed at any moment.

On stdout stands a line a tensor, `done of`; on stderr what llama.cpp complains of.
"""

import ctypes
import re
import sys

import llama_cpp

TYPES = {"q4_0": llama_cpp.LLAMA_FTYPE_MOSTLY_Q4_0, "q8_0": llama_cpp.LLAMA_FTYPE_MOSTLY_Q8_0}
_TENSOR = re.compile(r"\[ *(\d+)/ *(\d+)\]")
_COMPLAINTS = (3, 4)


@llama_cpp.llama_log_callback  # type: ignore[untyped-decorator]
def _say(level: int, text: bytes, _data: object) -> None:
    line = text.decode(errors="replace")
    if found := _TENSOR.match(line):
        sys.stdout.write(f"{found[1]} {found[2]}\n")
        sys.stdout.flush()
    elif level in _COMPLAINTS:
        sys.stderr.write(line)


def main(source: str, target: str, kind: str, threads: str) -> int:
    """Quantise the file `source` into `target`; return llama.cpp's status, 0 when it is done."""
    llama_cpp.llama_log_set(_say, ctypes.c_void_p(0))
    llama_cpp.llama_backend_init()
    params = llama_cpp.llama_model_quantize_default_params()
    params.nthread, params.ftype, params.allow_requantize = int(threads), TYPES[kind], True
    return int(llama_cpp.llama_model_quantize(source.encode(), target.encode(), ctypes.byref(params)))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
