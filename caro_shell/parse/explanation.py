"""From what the model wrote about a command to a few plain sentences for a terminal."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from caro_shell.errors import Unusable
from caro_shell.parse.characters import without_refused

_BULLET = re.compile(r"^[ \t]*(?:[-*•]|\d+[.)])[ \t]+")
_MARKUP = re.compile(r"\*\*|__|`+|^#+[ \t]*", re.MULTILINE)
_FENCE = re.compile(r"^[ \t]*(?:```|~~~).*$", re.MULTILINE)
# No screen has room for more, and it is gone through again with every piece that comes.
_MOST_CHARACTERS = 8 * 1024
_SENTENCE_END = re.compile(r"[.!?\u3002\uff01\uff1f](?=\s|$)")


_NUMBERED = re.compile(r"^[ \t]*(?:[-*•][ \t]*)?(?:\*\*)?(\d{1,2})[.):][ \t]*(.*)$")
_LONGEST_PART = 200


class Explained(NamedTuple):
    """What the model says of a command as a whole, and of the parts that it was asked about, in their order."""

    text: str
    parts: tuple[str, ...] = ()


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


def unmarked(raw: str) -> str:
    """Return an explanation with parts as far as it has come: as it was written, fit for a terminal."""
    return without_refused(raw[:_MOST_CHARACTERS].replace("\r\n", "\n"))


def parse_explained(raw: str, parts: Sequence[str], *, ended: bool) -> Explained:
    """Return what `raw` says of a command and of `parts` of it; of a part that it does not name, an empty text.

    Raises Unusable when it says nothing at all.
    """
    if not parts:
        return Explained(parse_explanation(raw, ended=ended))
    whole: list[str] = []
    told: dict[int, str] = {}
    lines = raw[:_MOST_CHARACTERS].splitlines()
    for at, line in enumerate(lines):
        found = _NUMBERED.match(line)
        number = int(found[1]) if found else 0
        if found and 1 <= number <= len(parts):
            is_cut = not (ended or raw.endswith("\n")) and at == len(lines) - 1
            told.setdefault(number, f"{said} …" if (said := _of_part(found[2], parts[number - 1])) and is_cut else said)
        elif not told:
            whole.append(line)
    text = plain("\n".join(whole))
    if not text and not any(told.values()):
        raise Unusable("The model wrote no explanation.", "Press the key again, or try a larger model.")
    return Explained(text, tuple(told.get(number, "") for number in range(1, len(parts) + 1)))


def _of_part(raw: str, part: str) -> str:
    """Return what is said of a part in one line, without its name in front."""
    text = " ".join(plain(raw).split())
    name = " ".join(plain(part).split())
    if text.startswith(name) and (behind := re.match(r"\s*(?:[:=\u2013\u2014-]+>?\s+)(?=\S)", text[len(name) :])):
        text = text[len(name) + behind.end() :]
    return "" if text == name else text[:_LONGEST_PART].rstrip(" .")
