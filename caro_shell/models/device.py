"""Which device llama.cpp would use here, and how much of its memory a model may take."""

from caro_shell.engines import installed
from caro_shell.engines.devices import choose_device
from caro_shell.engines.survey import survey
from caro_shell.errors import CaroError

# What people call a backend, where llama.cpp has a shorter name for it.
_NAMES = {"mtl": "metal"}


def ask_llama(wanted: str = "auto") -> tuple[str, int]:
    """Return the kind of the device that `wanted` means, and the bytes a model may take there; else the CPU."""
    try:
        package, _ = installed.choose()
        device = choose_device(wanted, survey(package.binding).devices)
    except CaroError:
        return "cpu", 0
    if device.kind == "cpu":
        return "cpu", 0
    backend = device.backend.lower()
    return _NAMES.get(backend, backend), device.free or device.total
