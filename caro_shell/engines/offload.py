"""Where a model ends up: each way to load it is tried once and in order, until one can be done.

What was given up on the way becomes a note. A way that an earlier daemon died of is passed over (attempts.py).
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain

from caro_shell.config import Settings
from caro_shell.engines import Placement, llama_library, trials
from caro_shell.engines.attempts import Attempts
from caro_shell.engines.devices import Device, choose_device
from caro_shell.engines.llama_library import LoadOptions, NotLoadedError
from caro_shell.engines.loaded import Loaded
from caro_shell.engines.steps import Step, count_layers, smaller_models, steps_for, weight_bytes
from caro_shell.engines.threads import choose_threads
from caro_shell.errors import EngineError
from caro_shell.models.machine import read_memory
from caro_shell.models.progress import size_text
from caro_shell.models.store import Weights

_log = logging.getLogger(__name__)
_NO_MEMORY = "there is not enough memory"
_DEADLY = "the daemon died of it before (`caro daemon restart` tries it again)"


@dataclass(frozen=True)
class Placed:
    """A loaded model, how it was loaded, and what the user should know of that."""

    loaded: Loaded
    step: Step
    placement: Placement
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _GivenUp:
    step: Step
    why: str
    """Half a sentence, as in `there is not enough memory`."""
    of_context: bool = False
    """With less context it might be done."""


def place(wished: Weights, settings: Settings, binding: str, attempts: Attempts) -> Placed:
    """Return the model where it runs: these weights if at all possible, else smaller ones that are here.

    Raises EngineError, and ConfigError when the device of the settings is not there.
    """
    devices = llama_library.devices(binding)
    device, cpu = choose_device(settings.device, devices), choose_device("cpu", devices)
    search = _Search(settings, binding, attempts)
    first = steps_for(wished, device, cpu, settings)[0]
    search.check(first)
    for weights in chain([wished], smaller_models(wished, settings)):
        for step in steps_for(weights, device, cpu, settings):
            if loaded := search.attempt(step):
                placement = _placement(step, loaded)
                return Placed(loaded, step, placement, tuple(_notes(search, (device, first), step, placement)))
    raise search.error()


def place_on_the_cpu(failed: Step, settings: Settings, binding: str, attempts: Attempts) -> Placed:
    """Return the model of a step that has failed at work, on the CPU; raises EngineError."""
    search = _Search(settings, binding, attempts)
    step = Step(failed.weights, choose_device("cpu", llama_library.devices(binding)), 0, failed.context)
    if loaded := search.attempt(step):
        return Placed(loaded, step, _placement(step, loaded))
    raise search.error()


@dataclass
class _Search:
    settings: Settings
    binding: str
    attempts: Attempts
    given_up: list[_GivenUp] = field(default_factory=list)

    def check(self, step: Step) -> None:
        """Let another process load a file that nobody vouches for; raises EngineError when it is not fit for use."""
        trial = trials.result(step.weights, self.binding, self.attempts)
        if trial.out_of_memory and step.is_on_the_cpu:
            self._give_up(step, _NO_MEMORY)
        elif not (trial.ok or trial.out_of_memory):
            raise _not_loadable(step, trial.reason)

    def attempt(self, step: Step) -> Loaded | None:
        """Return the model loaded so, or None when it cannot be; raises EngineError when no other way would help."""
        if self._is_hopeless(step):
            return None
        if why := self._objection(step):
            self._give_up(step, why)
            return None
        if self.attempts.was_deadly(step.name):
            self._give_up(step, _DEADLY, of_context=True)
            return None
        self.attempts.begin("load", step.name)
        try:
            return llama_library.try_load(self._options(step))
        except NotLoadedError as error:
            self.attempts.leave()
            if step.is_on_the_cpu and not error.out_of_memory:
                raise _not_loadable(step, error.reason) from None
            why = _NO_MEMORY if error.out_of_memory else error.reason
            self._give_up(step, why, of_context=error.of_context)
            return None

    def _options(self, step: Step) -> LoadOptions:
        threads = choose_threads(self.settings.threads)
        return LoadOptions(str(step.weights.path), threads, step.layers, step.context, self.binding, step.device)

    def _is_hopeless(self, step: Step) -> bool:
        """Tell whether the weights alone are too large, so that less context makes no difference."""
        return any(
            one.step.weights == step.weights and one.step.is_on_the_cpu and not one.of_context for one in self.given_up
        )

    def _objection(self, step: Step) -> str:
        """Say why a step need not even be tried; empty when it may be."""
        size, left = weight_bytes(step.weights.path), read_memory().available
        if step.is_on_the_cpu and left and size > left and any(smaller_models(step.weights, self.settings)):
            return f"it has {size_text(size)}, and {size_text(left)} of memory are free"
        return ""

    def _give_up(self, step: Step, why: str, *, of_context: bool = False) -> None:
        _log.warning("%s is given up: %s", step.name, why)
        self.given_up.append(_GivenUp(step, why, of_context))

    def error(self) -> EngineError:
        """Return the sentence for when nothing was left to try."""
        weights = self.given_up[0].step.weights
        why = next(one.why for one in reversed(self.given_up) if one.step.weights == weights)
        hint = "Fetch a smaller one: caro models list; or make room, and: caro daemon restart"
        return EngineError(f"{weights.title} cannot be loaded: {why}.", hint)


def _not_loadable(step: Step, reason: str) -> EngineError:
    return EngineError(
        f"llama.cpp cannot load {step.weights.path}: {reason}.",
        "Fetch it again: caro models pull; or set another `model`.",
    )


def _placement(step: Step, loaded: Loaded) -> Placement:
    offloaded, layers = loaded.layers
    return Placement(
        device=step.device.name,
        hardware=step.device.description,
        layers=layers or count_layers(step.weights.path),
        offloaded=0 if step.is_on_the_cpu else offloaded,
    )


def _notes(search: _Search, wish: tuple[Device, Step], got: Step, placement: Placement) -> Iterator[str]:
    """Yield what differs from what was wished for, and why, a sentence each."""
    device, first = wish
    if got.weights != first.weights:
        why = next(one.why for one in reversed(search.given_up) if one.step.weights == first.weights)
        yield f"{got.weights.title} answers in the place of {first.weights.title}: {why}."
        return
    of_first = search.given_up[0].why if search.given_up else "there is no room for more"
    if got.is_on_the_cpu and device.kind != "cpu" and search.settings.gpu_layers:
        yield f"The model runs on the CPU, not on {called(device)}: {of_first}."
    elif 0 < placement.offloaded < placement.layers and got.layers != search.settings.gpu_layers:
        yield f"{placement.offloaded} of {placement.layers} layers are on {called(device)}: {of_first}."
    if got.context != first.context:
        yield f"The context has {got.context} tokens, not {first.context}: {search.given_up[-1].why}."


def called(device: Device) -> str:
    """Return a device's name, with its maker's in parentheses."""
    return f"{device.name} ({device.description})" if device.description else device.name
