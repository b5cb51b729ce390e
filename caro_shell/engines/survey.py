"""What a build of llama.cpp can run on here, and which GPU of the machine it knows nothing of."""

import json
import os
import re
import shlex
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from caro_shell.engines.devices import Device

# A GPU's library may take seconds to come up.
_LIMIT_S = 30.0
# PCI's numbers of those who make GPUs; other graphics (a virtual machine's, a server's console) evaluate nothing.
_MAKERS = {"0x10de": "NVIDIA", "0x1002": "AMD", "0x8086": "Intel"}
# What the installer calls a backend, and what llama.cpp's build needs for it.
_BACKENDS = {"NVIDIA": "cuda", "AMD": "vulkan", "Intel": "vulkan", "Apple": "metal"}
_NEEDS = {"cuda": "the CUDA toolkit", "vulkan": "the Vulkan SDK", "metal": "Xcode's command line tools"}


@dataclass(frozen=True)
class Survey:
    """A build's devices and the features of the CPU that it was compiled for; `trouble` when it cannot be asked."""

    devices: tuple[Device, ...] = ()
    features: tuple[str, ...] = ()
    trouble: str = ""

    @property
    def has_gpu(self) -> bool:
        """Tell whether there is anything besides the CPU."""
        return any(device.kind != "cpu" for device in self.devices)


def survey(binding: str) -> Survey:
    """Ask the build, in a process of its own: a driver that is broken ends the process that calls it."""
    command = [sys.executable, "-I", "-m", "caro_shell.engines.survey"]
    try:
        done = subprocess.run(
            command, input=binding, capture_output=True, text=True, errors="replace", timeout=_LIMIT_S, check=False
        )
    except subprocess.TimeoutExpired:
        return Survey(trouble=f"it did not say within {_LIMIT_S:.0f} s which devices there are")
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1]
        return Survey(trouble=f"it cannot say which devices there are: {last.rstrip('.')}")
    found = json.loads(done.stdout)
    return Survey(tuple(Device(**device) for device in found["devices"]), tuple(found["features"]))


def main() -> int:
    """Answer on stdout for the binding on stdin."""
    from caro_shell.engines import llama_library

    binding = sys.stdin.read()
    system = llama_library.functions(binding).llama_print_system_info().decode(errors="replace")
    devices = [asdict(device) for device in llama_library.devices(binding)]
    json.dump({"devices": devices, "features": re.findall(r"(\w+) = 1", system)}, sys.stdout)
    sys.stdout.flush()
    # What a driver does while it is taken down must not change the answer.
    os._exit(0)


def graphics(root: Path = Path("/")) -> str:
    """Return who made the GPU of this machine, `NVIDIA`, `AMD`, `Intel` or `Apple`; empty when there is none."""
    if sys.platform == "darwin":
        return "Apple" if os.uname().machine == "arm64" else ""
    if any((root / path).exists() for path in ("proc/driver/nvidia", "dev/nvidia0", "dev/nvidiactl")):
        return "NVIDIA"
    if (root / "dev/kfd").exists():
        return "AMD"
    for card in sorted((root / "dev/dri").glob("renderD*")):
        with suppress(OSError):
            maker = (root / "sys/class/drm" / card.name / "device/vendor").read_text().strip()
            if maker in _MAKERS:
                return _MAKERS[maker]
    return ""


def how_to_build(maker: str) -> str:
    """Return what rebuilds llama.cpp for such a GPU, and what that needs."""
    backend = _BACKENDS[maker]
    # Otherwise pip takes the wheel that it built before, for the CPU.
    words = "--force-reinstall --no-cache-dir --no-binary llama-cpp-python llama-cpp-python"
    pip = f"CMAKE_ARGS=-DGGML_{backend.upper()}=on {shlex.quote(sys.executable)} -m pip install {words}"
    return f"./install.sh --gpu {backend}, or {pip} (needs {_NEEDS[backend]})"


if __name__ == "__main__":
    sys.exit(main())
