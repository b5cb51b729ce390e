"""The models caro knows by name, read from catalogue.toml: `small`, and `small:q8_0` for another quantisation of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

CATALOGUE_FILE = Path(__file__).with_name("catalogue.toml")
# llama.cpp keeps a second copy of most weights, laid out for the CPU, beside the mapped file: measured, 1.5B Q4_K_M,
# 1.12 GB on disk, 1.89 GB in memory with a context of 2048. On a device there is one copy, and its working buffers.
_ON_THE_CPU, _CPU_BUFFERS = 1.6, 150_000_000
_ON_A_DEVICE, _DEVICE_BUFFERS = 1.05, 700_000_000


@dataclass(frozen=True)
class Chunks:
    """The same bytes, in pieces, inside wheels of the package index."""

    package: str
    """The distribution's name; `{n}` stands for the piece's number, from 1."""
    version: str
    count: int
    member: str
    """The pattern of the piece's name inside its wheel; `{n}` as above."""


@dataclass(frozen=True)
class File:
    """One file of weights; a large model may have several, which llama.cpp loads by the first."""

    name: str
    """Its name on this machine."""
    bytes: int = 0
    """0: not known until its source has been asked."""
    sha256: str = ""
    """Empty: as above."""
    remote_name: str = ""
    """Its name where it comes from, if that is another."""

    @property
    def remote(self) -> str:
        """Return its name where it comes from."""
        return self.remote_name or self.name


@dataclass(frozen=True)
class Adapter:
    """What was tuned for one file of weights, and comes with this package (docs/training.md)."""

    file: str
    """Its name in the package's folder of adapters."""
    bytes: int
    sha256: str
    base_sha256: str
    """The weights it was made for."""
    run: str
    """The training run's identity."""


@dataclass(frozen=True)
class Model:
    """Something that can be fetched and checked: what its files are, and where their bytes may be had."""

    name: str
    title: str
    files: tuple[File, ...]
    licence: str = ""
    """Empty: not known to us."""
    about: str = ""
    quantisation: str = ""
    memory: int = 0
    """Bytes that the engine took on the CPU when it was measured; 0: never."""
    repo: str = ""
    """Its repository on the Hugging Face hub; empty: it has none."""
    revision: str = "main"
    """The commit of the repository; a branch until the hub has been asked."""
    url: str = ""
    """Its https address, where it has one of its own."""
    chunks: Chunks | None = None
    adapter: Adapter | None = None
    last_resort: bool = False
    """Fetched only when the wanted model cannot be had from anywhere."""

    @property
    def bytes(self) -> int:
        """Return the size of all files together; 0 while one of them is not known."""
        sizes = [file.bytes for file in self.files]
        return sum(sizes) if all(sizes) else 0

    @property
    def is_pinned(self) -> bool:
        """Tell whether the size and the SHA-256 of every file are known."""
        return all(file.bytes and file.sha256 for file in self.files)

    @property
    def memory_need(self) -> int:
        """Return about how many bytes the engine takes on the CPU; 0 when that cannot be told."""
        return self.memory or (round(self.bytes * _ON_THE_CPU) + _CPU_BUFFERS if self.bytes else 0)

    @property
    def device_need(self) -> int:
        """Return about how many bytes of a device's memory all its layers take; 0 when that cannot be told."""
        return round(self.bytes * _ON_A_DEVICE) + _DEVICE_BUFFERS if self.bytes else 0


Catalogue = Mapping[str, Model]


def split_names(name: str, count: int) -> tuple[str, ...]:
    """Return the names of a file in `count` parts, as llama.cpp wants them."""
    stem = name.removesuffix(".gguf")
    return tuple(f"{stem}-{number:05}-of-{count:05}.gguf" for number in range(1, count + 1))


def _other_files(name: str, entry: Mapping[str, Any]) -> tuple[File, ...]:
    parts: Sequence[Mapping[str, Any]] = entry.get("parts", ())
    if not parts:
        return (File(name, **entry),)
    return tuple(File(part, **values) for part, values in zip(split_names(name, len(parts)), parts, strict=True))


def _models(name: str, entry: Mapping[str, Any]) -> Iterator[Model]:
    """Yield a model in its usual quantisation, then in the others."""
    values = dict(entry)
    title, usual, others = values.pop("title"), values["quantisation"], values.pop("quantisations", {})
    first = File(values.pop("file"), values.pop("bytes"), values.pop("sha256"), values.pop("repo_file", ""))
    if adapter := values.pop("adapter", None):
        values["adapter"] = Adapter(**adapter)
    if chunks := values.pop("chunks", None):
        values["chunks"] = Chunks(**chunks)
    yield Model(name=name, title=f"{title}, {usual.upper()}", files=(first,), **values)
    values |= {"chunks": None, "adapter": None, "memory": 0}
    for other, facts in others.items():
        values["quantisation"] = other
        files = _other_files(first.name.replace(usual, other), facts)
        yield Model(name=f"{name}:{other}", title=f"{title}, {other.upper()}", files=files, **values)


@cache
def read_catalogue(path: Path = CATALOGUE_FILE) -> Catalogue:
    """Return the models of the catalogue at `path`, by name, in the file's order."""
    import tomllib

    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return {model.name: model for name, entry in table.items() for model in _models(name, entry)}
