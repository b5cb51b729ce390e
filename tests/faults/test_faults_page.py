"""docs/reliability.md names tests that are there, and leaves none of this directory out."""

import ast
import re
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def names_in(file: Path) -> set[str]:
    """Return the names of the tests in a file; of one that is not there, none."""
    tree = ast.parse(file.read_text(encoding="utf-8") if file.exists() else "")
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def named() -> set[tuple[str, str]]:
    """Return the tests that the page names: file and function."""
    page = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    found = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", page)
    assert found
    return set(found)


def test_each_test_that_the_page_of_faults_names_is_there() -> None:
    """What nothing shows is not said."""
    assert {(file, name) for file, name in named() if name not in names_in(ROOT / file)} == set()


def test_each_fault_that_is_tested_is_told() -> None:
    """Whoever asks what happens finds it on the page."""
    files = [file for file in HERE.glob("test_*.py") if file != Path(__file__)]
    there = {(str(file.relative_to(ROOT)), name) for file in files for name in names_in(file)}
    assert there - named() == set()
