"""The doctor's look at what llama.cpp runs on: its devices, which one is chosen, and a GPU that it does not know."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from caro_shell.config import Settings
from caro_shell.doctor.finding import Finding
from caro_shell.engines import attempts
from caro_shell.engines.devices import Device, choose_device
from caro_shell.engines.installed import PACKAGES, examine
from caro_shell.engines.survey import Survey, graphics, how_to_build, survey
from caro_shell.errors import ConfigError
from caro_shell.models.machine import read_memory
from caro_shell.models.progress import size_text

_IN_PROCESS = {"auto", "llama", "xllamacpp"}


def check_devices(settings: Settings, environ: Mapping[str, str]) -> list[Finding]:
    """Return what there is to say, nothing where llama.cpp is not used."""
    if settings.engine not in _IN_PROCESS or (settings.engine == "auto" and settings.base_url):
        return []
    packages = (
        PACKAGES if settings.engine == "auto" else [one for one in PACKAGES if one.module.startswith(settings.engine)]
    )
    binding = next((package.binding for package in packages if not examine(package).trouble), "")
    if not binding:
        return []
    found = survey(binding)
    if found.trouble:
        return [Finding("device", ok=False, seen=found.trouble, mend="CARO_DEVICE=cpu works without")]
    return [_choice(settings, found, deaths(environ)), _list(found)]


def _choice(settings: Settings, found: Survey, died: list[str]) -> Finding:
    try:
        chosen = choose_device("cpu" if settings.gpu_layers == 0 else settings.device, found.devices)
    except ConfigError as error:
        return Finding("device", ok=False, seen=error.message, mend=error.hint)
    seen = f"{chosen.name} ({chosen.description})"
    if died:
        seen += f"; the daemon died of: {', '.join(died)}"
        return Finding("device", ok=False, seen=seen, mend="caro daemon restart tries it again")
    maker = "" if found.has_gpu else graphics()
    if maker:
        seen += f"; there is a GPU of {maker}, which this build of llama.cpp cannot use: {how_to_build(maker)}"
    return Finding("device", ok=True, seen=seen, details={"chosen": chosen.name, "unused_gpu": maker})


def _list(found: Survey) -> Finding:
    devices = [_with_what_is_free(device) for device in found.devices]
    seen = "; ".join(map(_line, devices))
    details = {"devices": [_without_handle(device) for device in devices], "features": list(found.features)}
    return Finding("devices", ok=True, seen=f"{seen}; built for {', '.join(found.features)}", details=details)


def _line(device: Device) -> str:
    memory = f", {size_text(device.free)} of {size_text(device.total)} free" if device.total else ""
    return f"{device.name}: {device.description}{memory}"


def _with_what_is_free(device: Device) -> Device:
    # llama.cpp calls all of the machine's memory free.
    return replace(device, free=read_memory().available) if device.kind == "cpu" else device


def _without_handle(device: Device) -> dict[str, Any]:
    return {name: value for name, value in asdict(device).items() if name != "handle"}


def deaths(environ: Mapping[str, str]) -> list[str]:
    """Return what daemons died of that is not tried at present, each as `loading FILE on CUDA0`."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        found = json.loads(attempts.attempts_path(environ).read_text(encoding="utf-8"))["deaths"]
        return [_in_words(*str(death).split(" ", 4)) for death in found]
    return []


def _in_words(what: str, device: str, _layers: str, context: str, path: str) -> str:
    doing = "loading" if what == "load" else "an answer of"
    return f"{doing} {Path(path).name} on {device} with a context of {context}"
