"""What must not leave the machine: secrets and home directories, replaced by words that are put back in the answer.

A secret is known by its own form, or by a name in front of it that says so (`forms.py`). What is merely random, such
as hashes and identifiers, stays: a model needs it, and it opens nothing.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

from caro_shell.redact.forms import (
    COMPANION,
    COMPANION_OF,
    FORMS,
    Form,
    is_next_word,
    is_plain,
    looks_random,
    names_secret,
)
from caro_shell.redact.homes import Homes

_QUOTING = {"own": "word", "bare": "bare", "single": "single", "double": "double", "escaped": "bare"}
# A shorter secret is replaced only where it was recognised: elsewhere it may be part of another word.
_EVERYWHERE = 6


@dataclass(frozen=True)
class Secret:
    """What was taken out of a text, and what stands for it."""

    text: str = field(repr=False)
    quoting: str
    """How it was written: in `single` or `double` quotes, `bare` as a shell reads it, or as a `word` of a sentence."""
    placeholder: str


@dataclass(frozen=True)
class Redacted:
    """Texts that may leave the machine, and what was in them."""

    texts: tuple[str, ...]
    secrets: tuple[Secret, ...] = ()
    homes: Homes = field(default_factory=Homes)

    def again(self, text: str) -> str:
        """Return another text with the same secrets and homes taken out of it."""
        return self.homes.shortened(_replaced(text, self.secrets))


def redact(texts: Sequence[str], home: str = "") -> Redacted:
    """Return texts without their secrets, and without the user's name in paths; `home` is the user's directory.

    The same texts give the same result; one secret has one placeholder in all of them.
    """
    secrets = _secrets_in(texts)
    without = [_replaced(text, secrets) for text in texts]
    homes = Homes.of(without, home)
    return Redacted(tuple(map(homes.shortened, without)), secrets, homes)


def without_secrets(texts: Sequence[str]) -> list[str]:
    """Return texts with words in place of their secrets, for what stays on this machine: paths are as they were."""
    secrets = _secrets_in(texts)
    return [_replaced(text, secrets) for text in texts]


def _secrets_in(texts: Sequence[str]) -> tuple[Secret, ...]:
    numbers = _free_numbers(texts)
    found: dict[str, Secret] = {}
    for text in texts:
        for start, end, quoting in _spans(text):
            value = text[start:end]
            if value not in found:
                found[value] = Secret(value, quoting, f"CARO_SECRET_{next(numbers)}")
    return tuple(found.values())


def _free_numbers(texts: Sequence[str]) -> Iterator[int]:
    """Count from 1, passing over the placeholders that somebody has typed himself."""
    typed = {int(number) for text in texts for number in re.findall(r"CARO_SECRET_(\d{1,6})", text)}
    return (number for number in count(1) if number not in typed)


def _spans(text: str) -> list[tuple[int, int, str]]:
    """Return where the secrets of a text are, from left to right; what overlaps is one."""
    forms = [*FORMS, *([Form(COMPANION, is_sure=True)] if COMPANION_OF.search(text) else [])]
    found = sorted(span for form in forms for span in _matches(form, text))
    merged: list[tuple[int, int, str]] = []
    for start, end, quoting in found:
        if merged and start < merged[-1][1]:
            first, last, first_quoting = merged[-1]
            merged[-1] = (first, max(last, end), first_quoting)
        else:
            merged.append((start, end, quoting))
    return merged


def _matches(form: Form, text: str) -> Iterator[tuple[int, int, str]]:
    at = 0
    while match := form.pattern.search(text, at):
        group = next(name for name in _QUOTING if match.groupdict().get(name))
        start, end = match.span(group)
        value = match[group] if group in {"own", "single", "double"} else match[group].rstrip("&,.:")
        # A value that is none may be the name in front of the next one.
        at = end if end > match.start() and _is_secret(form, match, value, group) else max(match.start() + 1, start)
        if at == end:
            yield start, start + len(value), "word" if form.in_prose and group == "bare" else _QUOTING[group]


def _is_secret(form: Form, match: re.Match[str], value: str, group: str) -> bool:
    if form.is_sure:
        return True
    quoted = group == "single"
    if is_plain(value, quoted=quoted):
        return False
    if "name" in match.re.groupindex:
        named = names_secret(match["name"])
        if not (named or (named is None and looks_random(value))):
            return False
    return not (form.in_prose and is_next_word(value, quoted=group in {"single", "double", "escaped"}))


def _replaced(text: str, secrets: Sequence[Secret]) -> str:
    """Return a text with placeholders for secrets, the longest first, so that none hides in another.

    One that is not among `secrets` has no number.
    """
    known = {secret.text: secret.placeholder for secret in secrets}
    pieces, at = [], 0
    for start, end, _quoting in _spans(text):
        pieces += [(text[at:start], False), (known.get(text[start:end], "CARO_SECRET"), True)]
        at = end
    pieces.append((text[at:], False))
    often = sorted((word for word in known if len(word) >= _EVERYWHERE), key=len, reverse=True)
    if not often:
        return "".join(piece for piece, _done in pieces)
    anywhere = re.compile("|".join(map(re.escape, often)))
    return "".join(piece if done else anywhere.sub(lambda m: known[m[0]], piece) for piece, done in pieces)
