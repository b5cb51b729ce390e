"""From what the model wrote about a command to a few plain sentences for a terminal."""

import re

from caro_shell.errors import Unusable
from caro_shell.parse.characters import without_refused

_BULLET = re.compile(r"^[ \t]*(?:[-*•]|\d+[.)])[ \t]+")
_MARKUP = re.compile(r"\*\*|__|`+|^#+[ \t]*", re.MULTILINE)
_FENCE = re.compile(r"^[ \t]*(?:```|~~~).*$", re.MULTILINE)
# No screen has room for more, and it is gone through again with every piece that comes.
_MOST_CHARACTERS = 8 * 1024
_SENTENCE_END = re.compile(r"[.!?\u3002\uff01\uff1f](?=\s|$)")


def plain(raw: str) -> str:
    """Return `raw` without markup and without characters that a terminal must not see."""
    text = _MARKUP.sub("", _FENCE.sub("", without_refused(raw[:_MOST_CHARACTERS].replace("\r\n", "\n")))).replace(
        "\t", "  "
    )
    lines = [_BULLET.sub("· ", line).rstrip() for line in text.split("\n")]
    return "\n".join(line for line in lines if line.strip())


def parse_explanation(raw: str, *, ended: bool) -> str:
    """Return the explanation in `raw`; one that was cut off ends with its last whole sentence.

    Raises Unusable when there is none.
    """
    text = plain(raw)
    if not ended:
        ends = [found.end() for found in _SENTENCE_END.finditer(text)]
        text = text[: ends[-1]] if ends else f"{text} …" if text else ""
    if not text:
        raise Unusable("The model wrote no explanation.", "Press the key again, or try a larger model.")
    return text
