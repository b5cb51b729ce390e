"""Requests behind which a line stands of what is known here: what the user ran for one like it, or nothing of use."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random

from caro_shell.prompt import hinted_request
from training.pairs import Pair

# Of the plain requests of our own, so many get such a line, and of these so many one to follow to the letter, and one
# to learn the form from; the others get one that has nothing to do with them.
_SHARE, _FOLLOWED, _LIKE = 0.05, 0.4, 0.4


def reminded(pairs: Sequence[Pair], random: Random) -> Iterator[Pair]:
    """Yield more pairs, made of those that are given; what is right for them is still right."""
    asks = [pair for pair in pairs if pair.source == "own" and pair.gesture == "ask"]
    kin: dict[tuple[str, object], list[Pair]] = defaultdict(list)
    for pair in asks:
        kin[pair.origin, pair.place].append(pair)
    for pair in asks:
        if random.random() >= _SHARE:
            continue
        kind = random.random()
        others = [other for other in kin[pair.origin, pair.place] if other.command != pair.command]
        any_other = random.choice(asks)
        if kind < _FOLLOWED:
            # It is the user's own way, whatever it is: what counts is that it was what they ran.
            yield _behind(pair, f"{_said_again(pair.request, random)}: {any_other.command}", any_other.command)
        elif kind < _FOLLOWED + _LIKE and others:
            other = random.choice(others)
            yield _behind(pair, f"{other.request}: {other.command}", pair.command)
        else:
            yield _behind(pair, f"{any_other.request}: {any_other.command}", pair.command)


def _said_again(request: str, random: Random) -> str:
    """Return a request as the same person might have typed it another day."""
    words = request.split()
    if len(words) > 3 and random.random() < 0.5:  # noqa: PLR2004  half, of what stays clear without one
        words.pop(random.randrange(len(words)))
    return " ".join(words)


def _behind(pair: Pair, line: str, command: str) -> Pair:
    return replace(pair, request=hinted_request(pair.request, [line]), command=command, gesture="reminded")
