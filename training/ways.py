"""How one way of asking varies: politeness, casing, slips of the finger. What stands in a slot stays as it is."""

import re
import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from random import Random
from typing import Any

from training.intents import Ask
from training.slots import FOLDER, SLOT_IN_WORDS

# Only long words are mistyped so that they can still be read, and none that is quoted or a part of a name.
_LONG = re.compile(r"(?<![\w./~'\"`{$-])[a-z]{5,}(?![\w./'\"`}-])")


@cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads(FOLDER.joinpath("ways.toml").read_text(encoding="utf-8"))


def varied(ask: Ask, random: Random) -> str:
    """Return the template of a request, varied by chance."""
    text = ask.text
    chance = _table()["chance"]
    if random.random() < chance["typo"]:
        text = mistyped(text, random)
    if random.random() < chance["casing"]:
        text = _outside_slots(text, random.choice((str.lower, str.upper, _capitalised, _capitalised)))
    if random.random() < chance["polite"]:
        text = _around(text, ask.language, random)
    if random.random() < chance["punctuation"] and text[-1:].isalnum():
        text += random.choice(_table()["punctuation"].get(ask.language, [""]))
    return text


def mistyped(text: str, random: Random) -> str:
    """Return `text` with one slip in one of its long words: two letters swapped, one missing, one twice."""
    words = [found for found in _LONG.finditer(text) if not _in_slot(text, found.start())]
    if not words:
        return text
    word = random.choice(words)
    at = random.randrange(word.start() + 1, word.end() - 1)
    slip = random.choice((text[at + 1] + text[at], text[at + 1], text[at] * 2 + text[at + 1]))
    return text[:at] + slip + text[at + 2 :]


def _in_slot(text: str, at: int) -> bool:
    return any(found.start() <= at < found.end() for found in SLOT_IN_WORDS.finditer(text))


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]


def _outside_slots(text: str, change: Callable[[str], str]) -> str:
    parts, end = [], 0
    for found in SLOT_IN_WORDS.finditer(text):
        parts += [text[end : found.start()], found[0]]
        end = found.end()
    parts.append(text[end:])
    if change is _capitalised:
        return _capitalised(text) if parts[0] else text
    # Behind these a capital is another option or another name.
    return (
        text
        if re.search(r"['\"`./~]|(?:^|\s)-", "".join(parts[::2]))
        else "".join(part if number % 2 else change(part) for number, part in enumerate(parts))
    )


def _around(text: str, language: str, random: Random) -> str:
    before: list[str] = _table()["before"].get(language, [""])
    after: list[str] = _table()["after"].get(language, [""])
    return f"{random.choice(before)}{text}" if random.random() < 0.5 else f"{text}{random.choice(after)}"  # noqa: PLR2004  half
