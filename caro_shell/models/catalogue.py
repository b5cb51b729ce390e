"""The models caro knows by name, read from catalogue.toml."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

CATALOGUE_FILE = Path(__file__).with_name("catalogue.toml")


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
class Model:
    """One entry of the catalogue: what the file is, and where its bytes may be had."""

    name: str
    title: str
    about: str
    file: str
    bytes: int
    sha256: str
    licence: str
    repo: str = ""
    """Its repository on the Hugging Face hub; empty: it has none."""
    repo_file: str = ""
    """The file's name in that repository, where it differs from ours."""
    revision: str = "main"
    chunks: Chunks | None = None
    last_resort: bool = False
    """Fetched only when the wanted model cannot be had from anywhere."""

    @property
    def hub_file(self) -> str:
        """The file's name in its repository on the hub."""
        return self.repo_file or self.file


Catalogue = Mapping[str, Model]


def _model(name: str, entry: Mapping[str, Any]) -> Model:
    values = dict(entry)
    if "chunks" in values:
        values["chunks"] = Chunks(**values["chunks"])
    return Model(name=name, **values)


@cache
def read_catalogue(path: Path = CATALOGUE_FILE) -> Catalogue:
    """Return the models of the catalogue at `path`, by name, in the file's order."""
    import tomllib

    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return {name: _model(name, entry) for name, entry in table.items()}
