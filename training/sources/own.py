"""Pairs out of our own intents: ways of asking, values and places, drawn by chance and capped per intent."""

from collections.abc import Iterator, Sequence
from random import Random

from training.gestures import filled_gesture
from training.intents import Intent
from training.pairs import PLACES, Pair
from training.slots import Kinds, draw_values, filled, filled_command
from training.ways import varied

LICENCE = "Apache-2.0"
# So many draws for each pair that is wanted: an intent without slots has fewer than the cap.
_TRIES = 3


def draw_own(intents: Sequence[Intent], kinds: Kinds, cap: int, random: Random) -> Iterator[Pair]:
    """Yield at most `cap` different pairs an intent; its variants share them by the number of their asks."""
    asks: dict[str, int] = {}
    for intent in intents:
        name = intent.id.partition("/")[0]
        asks[name] = asks.get(name, 0) + len(intent.asks)
    for intent in intents:
        share = len(intent.asks) / asks[intent.id.partition("/")[0]]
        yield from _pairs(intent, kinds, max(1, round(cap * share)), random)


def _pairs(intent: Intent, kinds: Kinds, cap: int, random: Random) -> Iterator[Pair]:
    places = {place: weight for place, weight in PLACES.items() if intent.command_for(place)}
    drawn: dict[Pair, None] = {}
    if not places:
        return
    for _ in range(cap * _TRIES):
        place = random.choices(list(places), list(places.values()))[0]
        template = intent.command_for(place)
        values = draw_values(intent.slots, template, kinds, random)
        ask = random.choice(intent.asks)
        request = (
            filled(varied(ask, random), values)
            if intent.gesture == "ask"
            else filled_gesture(ask.text, values, place.shell, intent.gesture)
        )
        command = filled_command(template, values, place.shell)
        drawn[Pair(request, command, place, "own", intent.topic, intent.id, intent.gesture)] = None
        if len(drawn) == cap:
            break
    yield from drawn
