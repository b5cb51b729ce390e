"""bash's grammar, as its users get it: no text ends the process, and places are those of the text."""

import os
import subprocess
import sys

import pytest

from caro_shell.safety.grammar import parse

SWEEP = """
import sys
from caro_shell.safety.grammar import parse
for code in [*range(0x80, 0xD800, 499), *range(0xE000, 0x110000, 499)]:
    for form in ("[ -{} ]", "{{{}h", "cat <<A\\nx ${}\\nA\\n"):
        parse(form.format(chr(code)).encode())
"""


@pytest.mark.parametrize("attempt", range(8))
def test_no_character_ends_the_process(attempt: int) -> None:
    """The grammar's C code looks every character up in a table of 384; an icon of plane 16 lies 2 MB beyond its end.

    What lies there is another thing in every process: without our care, every second one of these is killed.
    """
    locale = "C" if attempt == 0 else "C.UTF-8"
    environ = {**os.environ, "LC_ALL": locale, "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "1"}
    swept = subprocess.run([sys.executable, "-c", SWEEP], env=environ, capture_output=True, text=True, check=False)
    assert swept.returncode == 0, swept.stderr


@pytest.mark.parametrize("word", ["é", "日本", "\U0010ffff", "año", "\U0001f600x", "\N{IDEOGRAPHIC SPACE}"])
def test_words_of_other_scripts_are_words(word: str) -> None:
    """Their bytes are where the text has them, and nothing beside them is taken for a part of them."""
    text = f"rm '{word}' {word} $HOME".encode()
    written = [text[node.start_byte : node.end_byte].decode() for node in parse(text).children[0].children]
    assert written == ["rm", f"'{word}'", word, "$HOME"]
