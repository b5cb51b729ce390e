"""The tables that come with the judge, read from this package."""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any


@cache
def read_table(name: str) -> Mapping[str, Any]:
    """Return the table in the file `name` of this package."""
    import tomllib

    return tomllib.loads(resources.files(__package__).joinpath(name).read_text(encoding="utf-8"))


def rule_texts() -> Iterator[tuple[str, str]]:
    """Yield the names and texts of the files of rules, in the order of their names."""
    for file in sorted(resources.files(__package__).joinpath("rules").iterdir(), key=lambda file: file.name):
        if file.name.endswith(".toml"):
            yield file.name, file.read_text(encoding="utf-8")
