"""`auto`: which size suits this machine, and why. A function of facts; nothing is looked up here.

On the CPU a larger model than `small` keeps its user waiting for seconds, so it is the largest there. On a GPU, or on
Apple silicon, the largest that fits is as quick. `large` has a licence for research only, so `xl` comes first.
"""

from collections.abc import Collection
from dataclasses import dataclass

from caro_shell.models.catalogue import Catalogue
from caro_shell.models.machine import Machine
from caro_shell.models.progress import size_text

ON_A_DEVICE, ON_THE_CPU = ("xl", "large"), ("small", "tiny")
# Half of the memory is the user's own; a device that drives a screen needs some of its own, too.
SHARE, DEVICE_SHARE = 0.5, 0.9


@dataclass(frozen=True)
class Choice:
    """What `auto` stands for."""

    name: str
    """What is used: `best`, or while that is not here what is."""
    best: str
    """What suits the machine."""
    why: str
    """One sentence."""


def _device_reason(machine: Machine, models: Catalogue) -> tuple[list[str], str]:
    """Return what suits a device, the best first, and why."""
    room, on = round(machine.device_memory * DEVICE_SHARE), machine.device
    fitting = [name for name in ON_A_DEVICE if name in models and 0 < models[name].device_need <= room]
    # What it shares with the CPU must leave the user's own half of it.
    if on == "metal":
        fitting = [name for name in fitting if models[name].device_need <= machine.memory * SHARE]
    if not fitting:
        return [], ""
    has = f"{on} has {size_text(machine.device_memory)}"
    why = f"{has}, and `{fitting[0]}` takes {size_text(models[fitting[0]].device_need)}"
    if fitting[0] == "large":
        why += "; `xl` does not fit. Its licence is for research only"
    return fitting, why


def _cpu_reason(machine: Machine, models: Catalogue) -> tuple[list[str], str]:
    need, free, half = models["small"].memory_need, machine.available, round(machine.memory * SHARE)
    if machine.memory and need > half:
        return ["tiny"], f"this machine has {size_text(machine.memory)} of memory, and `small` takes {size_text(need)}"
    if machine.memory and need > free:
        return ["tiny"], f"{size_text(free)} of memory are free, and `small` takes {size_text(need)}"
    if machine.device != "cpu":
        return list(ON_THE_CPU), f"{machine.device} has {size_text(machine.device_memory)}, too little for `large`"
    return list(ON_THE_CPU), "it runs on the CPU, where a larger one keeps you waiting"


def choose(machine: Machine, models: Catalogue, here: Collection[str]) -> Choice:
    """Return the best size for `machine`, or the best of those that are `here` while it is not."""
    suiting, why = _device_reason(machine, models) if machine.device != "cpu" else ([], "")
    slower, slow_why = _cpu_reason(machine, models)
    names = [*suiting, *slower]
    best, why = names[0], why or slow_why
    name = next((name for name in names if name in here), best)
    if name != best:
        why += f"; `{name}` is used while `{best}` is not here"
    return Choice(name, best, f"`{best}`: {why}.")
