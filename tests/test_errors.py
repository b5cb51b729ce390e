"""The tree of errors: one class a code, one sentence a failure."""

import re
from pathlib import Path

import pytest

import caro_shell
from caro_shell import client, errors, pipeline
from caro_shell.daemon import server as daemon
from caro_shell.errors import CaroError, error_from_wire

EVERYTHING = (client, daemon, pipeline)
"""Loaded, so that a subclass hidden in one of them would be seen."""


def tree(root: type[CaroError]) -> list[type[CaroError]]:
    """Return a class and all below it."""
    return [root, *(found for child in root.__subclasses__() for found in tree(child))]


def test_every_class_has_a_code_of_its_own() -> None:
    """The word on the wire stands for exactly one class."""
    codes = [kind.code for kind in tree(CaroError)]
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("kind", tree(CaroError), ids=lambda kind: kind.__name__)
def test_an_error_survives_the_wire(kind: type[CaroError]) -> None:
    """Class, sentence and next step come out as they went in."""
    sent = kind("It broke.", "Mend it.")
    got = error_from_wire(sent.code, sent.message, sent.hint)
    assert type(got) is kind
    assert (got.message, got.hint, str(got)) == ("It broke.", "Mend it.", "It broke.")


def test_an_unknown_code_is_a_plain_error() -> None:
    """A newer daemon may know more kinds of errors."""
    assert type(error_from_wire("weather", "It rains.", "")) is CaroError


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    """A newcomer reads it there first."""
    assert errors.__doc__
    drawn = re.findall(r"^[│ ├└─]*(\w+)(?:  |$)", errors.__doc__, re.MULTILINE)
    assert sorted(drawn) == sorted(kind.__name__ for kind in tree(CaroError))


def test_sentences_are_sentences() -> None:
    """Every message written in the code begins with a capital, a name or a value, and ends like one."""
    for path in Path(caro_shell.__file__).parent.rglob("*.py"):
        names = "|".join(kind.__name__ for kind in tree(CaroError))
        for message in re.findall(rf"\b(?:{names})\(\s*f?\"([^\"]+)\"", path.read_text(encoding="utf-8")):
            assert message.endswith((".", "?", "}")), (path.name, message)
