"""The ways to load a model, the wished one first: on a device, on less of it, on the CPU, with less context."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from caro_shell.config import Settings
from caro_shell.engines.devices import Device
from caro_shell.engines.header import read_numbers
from caro_shell.errors import CaroError
from caro_shell.models.catalogue import read_catalogue
from caro_shell.models.store import Weights, find_model

# Working buffers beside the weights and the context: for 512 tokens at once, scores of a vocabulary of 150,000.
_BUFFERS = 400_000_000
# A request, the prompt around it, and an answer; the setting's default has room for long ones.
LEAST_CONTEXT, USUAL_CONTEXT = 512, Settings.context


@dataclass(frozen=True)
class Step:
    """One way to load a model; `layers` go to the device, -1 all of them."""

    weights: Weights
    device: Device
    layers: int
    context: int

    @property
    def name(self) -> str:
        """What it is called in the record of attempts."""
        return f"{self.device.name} {self.layers} {self.context} {self.weights.path}"

    @property
    def is_on_the_cpu(self) -> bool:
        """Tell whether nothing goes to another device."""
        return self.device.kind == "cpu"


def parts(path: Path) -> list[Path]:
    """Return all files of a model; one that is split into `-00001-of-00003` and so on has several."""
    head, found, tail = path.name.partition("-00001-of-")
    return sorted(path.parent.glob(f"{head}-*-of-{tail}")) if found else [path]


def weight_bytes(path: Path) -> int:
    """Return the size of a model's files together."""
    return sum(part.stat().st_size for part in parts(path))


def count_layers(path: Path) -> int:
    """Return how many layers llama.cpp counts, the output among them; 0 where the file does not say."""
    blocks = read_numbers(path).get("block_count", 0)
    return blocks + 1 if blocks else 0


def fitting_layers(path: Path, context: int, free: int) -> int:
    """Return how many layers have room in `free` bytes, -1 for all; also where the file or the device does not say."""
    numbers = read_numbers(path)
    layers, heads = count_layers(path), numbers.get("attention.head_count", 0)
    if not (layers and heads and free):
        return -1
    width = numbers.get("embedding_length", 0) // heads * numbers.get("attention.head_count_kv", heads)
    # Keys and values of 16 bits each for every token.
    each = weight_bytes(path) // layers + 2 * 2 * width * context
    return -1 if each * layers + _BUFFERS <= free else max(0, (free - _BUFFERS) // each)


def _layers_to_try(path: Path, device: Device, settings: Settings) -> list[int]:
    """Return what fits, or what is wished for; then half of it, twice."""
    most = settings.gpu_layers if settings.gpu_layers >= 0 else fitting_layers(path, settings.context, device.free)
    count = most if most >= 0 else count_layers(path)
    return [number for number in dict.fromkeys((most, count // 2, count // 4)) if number]


def steps_for(weights: Weights, device: Device, cpu: Device, settings: Settings) -> list[Step]:
    """Return the ways to load these weights, the wished one first."""
    smaller = {max(settings.context // 4, LEAST_CONTEXT), USUAL_CONTEXT, LEAST_CONTEXT}
    contexts = [settings.context, *sorted((size for size in smaller if size < settings.context), reverse=True)]
    on_the_cpu = [Step(weights, cpu, 0, size) for size in contexts]
    if device.kind == "cpu" or not settings.gpu_layers:
        return on_the_cpu
    layers = _layers_to_try(weights.path, device, settings)
    return [*(Step(weights, device, number, settings.context) for number in layers), *on_the_cpu]


def smaller_models(weights: Weights, settings: Settings) -> Iterator[Weights]:
    """Yield the models of the catalogue that are here and smaller, the largest first; nothing is fetched."""
    size, present = weight_bytes(weights.path), {}
    for name, model in read_catalogue().items():
        if model.last_resort:
            continue
        try:
            found = find_model(name, settings)
        except CaroError:
            continue
        if not found.stands_in_for:
            present[weight_bytes(found.path)] = found
    yield from (present[other] for other in sorted(present, reverse=True) if other < size)
