"""The words that xargs and parallel hand to the command behind them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from caro_shell.safety import finders
from caro_shell.safety.call import Call
from caro_shell.safety.words import TILDE, UNKNOWN, Word, plain


@dataclass(frozen=True)
class Supply:
    """A command with what it is given: its words, or a text for a shell."""

    words: tuple[Word, ...] = ()
    text: str = ""


def of(call: Call, rest: Sequence[Word], *, script: bool) -> Supply:
    """Return the command in `rest` with its words; nothing where it is only to be shown."""
    own = call.arguments[: len(call.arguments) - len(rest)]
    if any(word.value in ("--dry-run", "--dryrun") for word in own):
        return Supply()
    words = list(rest)
    marks = [at for at, word in enumerate(words) if word.value in (":::", "::::", ":::+")]
    given = finders.supplied(call, lines=any(word.value.startswith(("-I", "-i", "-L", "-0", "-d")) for word in own))
    if marks:
        given = tuple(word.value for word in words[marks[0] + 1 :]) or given
        words = words[: marks[0]]
    place = next((mark for mark in ("{}", "%", "@", "FILE", "$1") if _names(own, mark)), "{}")
    if script and words:
        return Supply(text=_text(words, given))
    held = [any(place in value for value in word.values) for word in words]
    filled = [
        replace(word, values=tuple(_placed(value, place, new) for value in word.values for new in given))
        if has
        else word
        for word, has in zip(words, held, strict=True)
    ]
    if any(held):
        return Supply(tuple(filled))
    # Options among what is given are words of their own.
    apart = any(value.startswith("-") for value in given)
    more = [Word((value,), *call.span) for value in given] if apart else [Word(given, *call.span)]
    return Supply((*filled, *more))


def _text(words: Sequence[Word], given: Sequence[str]) -> str:
    text = " ".join(plain(word.value) for word in words)
    if "{}" not in text:
        return f"{text} {' '.join(map(plain, given))}"
    # A word that holds the place stands once for each that is given.
    return " ".join(
        " ".join(plain(_placed(word.value, "{}", new)) for new in given) if "{}" in word.value else plain(word.value)
        for word in words
    )


def _placed(value: str, place: str, new: str) -> str:
    """Return a word with what is given in its place; behind a directory, names are without their own."""
    if f"/{place}" in value and new.startswith(("/", ".", TILDE)) and new != UNKNOWN:
        return value.replace(f"/{place}", f"/{new.rpartition('/')[2]}")
    return value.replace(place, new)


def _names(words: Sequence[Word], mark: str) -> bool:
    """Say whether xargs was told to put its words in the place of `mark`."""
    values = [word.value for word in words]
    return any(
        value in (f"-I{mark}", f"-J{mark}") or (value in ("-I", "-J") and values[at + 1 : at + 2] == [mark])
        for at, value in enumerate(values)
    )
