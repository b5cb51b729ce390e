"""docs/security.md names tests that are there, and leaves none of this directory out."""

import ast
import re
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "security.md"


def names_in(file: Path) -> set[str]:
    """Return the names of the tests in a file."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def named() -> set[tuple[str, str]]:
    """Return the tests that the page names: file and function."""
    found = re.findall(r"`(test_security_\w+\.py)::(test_\w+)", PAGE.read_text(encoding="utf-8"))
    assert found
    return set(found)


def test_each_test_that_the_page_names_is_there() -> None:
    """A threat that nothing shows to be met is none that we say is met."""
    assert {(file, name) for file, name in named() if name not in names_in(HERE / file)} == set()


def test_each_test_here_is_named_for_a_threat() -> None:
    """Except what only tells apart what is refused from what is not."""
    there = {(file.name, name) for file in HERE.glob("test_security_*.py") for name in names_in(file)}
    spared = {
        "test_what_lies_above_the_home_is_the_systems_business",
        "test_a_configuration_of_dotfiles_is_a_link_and_is_read",
        "test_a_directory_in_the_sockets_place_is_one_sentence",
    }
    missing = {name for file, name in there - named() if file != Path(__file__).name}
    assert missing == spared
