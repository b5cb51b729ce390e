"""Texts that a mutation of the corpus has shown to take the judge longer than anybody waits, or for ever."""

import pytest

from caro_shell.safety.judge import judge
from caro_shell.safety.rules import LEVELS

TEXTS = {
    "commas in a brace": "{::|:::::" + "," * 60 + "command rm -f x.log",
    "commas in a brace that is closed": "{" + "a," * 2000 + "} x",
    "backticks in backticks": "\\`" * 2000 + "`",
    "a long printed text": "awk '{print \"" + "a" * 3000 + " " * 500,
    "a value that is trimmed": "x=" + "ab" * 5000 + '; rm "${x%%*b*a*b*}"',
}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_it_comes_to_an_end(text: str, shell: str) -> None:
    """A pattern that tries every way to cut a text would still be at it when the world ends."""
    assert judge(text, shell).level in LEVELS
