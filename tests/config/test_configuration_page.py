"""docs/configuration.md and the settings say the same: each key, its type, default, variable, an example that works."""

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from caro_shell.config import ENVIRONMENT, TYPES, Settings, resolve
from caro_shell.config import text as config_text

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"
README = PAGE.parent.parent / "README.md"
KINDS = {"text": str, "whole number": int, "number": float, "true or false": bool}


class Row(NamedTuple):
    """A setting as the page has it."""

    key: str
    kind: str
    default: str
    example: str
    variable: str
    meaning: str


def rows() -> list[Row]:
    """Return the rows of all tables of settings."""
    tables = re.findall(r"^\| key \| type .*\n\|[-|]+\n((?:\|.*\n)+)", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    lines = [line for table in tables for line in table.splitlines()]
    return [Row(*(cell.strip().strip("`") for cell in line.strip("|").split("|"))) for line in lines]


def test_every_setting_is_there_once() -> None:
    """No more, no fewer."""
    assert sorted(row.key for row in rows()) == sorted(TYPES)


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.key)
def test_a_row_is_true(row: Row, tmp_path: Path) -> None:
    """Its type, default and variable are the code's, and its example is one, and differs from the default."""
    assert KINDS[row.kind] is TYPES[row.key]
    default = config_text.parse("", f"value = {row.default}").values["value"]
    assert default == getattr(Settings(), row.key)
    assert ENVIRONMENT[row.variable] == row.key
    assert row.meaning
    file = tmp_path / "config.toml"
    if row.key == "api_key":
        variable, _, value = row.example.partition("=")
        assert resolve({variable: value.replace("…", "x")}, str(file)).origins["api_key"] == "CARO_API_KEY"
        return
    file.write_text(row.example)
    found = resolve({}, str(file))
    assert found.origins[row.key] == f"{file}:1"
    assert getattr(found, row.key) != default


def test_the_readme_shows_ten_of_them_with_their_defaults() -> None:
    """The rest is on the page."""
    text = README.read_text(encoding="utf-8").partition("## Settings\n")[2].partition("\n## ")[0]
    shown = dict(re.findall(r"^\| `(\w+)` \| `([^`]*)` \|", text, re.MULTILINE))
    assert len(shown) == 10
    for key, default in shown.items():
        assert config_text.parse("", f"value = {default}").values["value"] == getattr(Settings(), key)
    assert "docs/configuration.md" in text
