"""Asks llama.cpp which device it would use, in a process of its own: a build for another machine ends its process."""

import json
import subprocess
import sys
from contextlib import suppress

# A GPU's library may take seconds to come up; a broken one must not hold anybody longer.
LIMIT_S = 15.0
_PROGRAM = """
import json
from caro_shell.engines import llama_library
from caro_shell.engines.devices import choose_device
found = choose_device("auto", llama_library.devices())
print(json.dumps([found.kind, found.backend.lower(), found.free, found.total]))
"""
# What people call a backend, where llama.cpp has a shorter name for it.
_NAMES = {"mtl": "metal"}


def ask_llama() -> tuple[str, int]:
    """Return the kind of the device that llama.cpp would use, and the bytes a model may take there; else the CPU."""
    with suppress(OSError, ValueError, subprocess.SubprocessError):
        command = [sys.executable, "-P", "-c", _PROGRAM]
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=True)
        kind, backend, free, total = json.loads(done.stdout)
        if kind != "cpu":
            return _NAMES.get(backend, backend), int(free or total)
    return "cpu", 0
