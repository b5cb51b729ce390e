"""`caro models export|import|requantize`: carry models to a machine without network, and make others of them."""

import argparse
import sys

from caro_shell.config import Settings
from caro_shell.errors import ModelError
from caro_shell.models import bundle, catalogue, inventory, requantize, store
from caro_shell.models.progress import size_text


def _say(sentence: str) -> None:
    print(f"caro: {sentence}", file=sys.stderr)


def export_(words: argparse.Namespace, settings: Settings) -> int:
    """Make, or add to, an offline bundle."""
    models = catalogue.read_catalogue()
    for name in words.names:
        if store.is_own_file(name):
            raise ModelError(
                f"{name} is a file of yours, of which caro knows no hash.", "Copy it yourself, and use it by its path."
            )
    wanted = {model.name: model for model in (inventory.find(name, settings, models) for name in words.names)}
    directory = store.expand(words.directory)
    bundle.export(list(wanted.values()), directory, settings, sys.stderr)
    total = size_text(sum(model.bytes for model in wanted.values()))
    _say(f"{directory} holds {', '.join(f'`{name}`' for name in wanted)} ({total}) and their hashes")
    _say(f"on the other machine: caro models import {words.directory}")
    return 0


def import_(words: argparse.Namespace, settings: Settings) -> int:
    """Take everything out of an offline bundle."""
    held = bundle.import_all(store.expand(words.directory), settings, catalogue.read_catalogue(), sys.stderr)
    name = held[0].name if held else "NAME"
    _say(f"imported {', '.join(f'`{model.name}`' for model in held)}; answer with one: caro models use {name}")
    return 0


def requantize_(words: argparse.Namespace, settings: Settings) -> int:
    """Make another quantisation, and say what is known of the difference."""
    models = catalogue.read_catalogue()
    weights = store.find_model(words.name, settings, models)
    target = requantize.target_of(weights, words.kind, models, settings)
    made = requantize.requantize(weights, words.kind, target, settings, sys.stderr)
    before = sum(file.bytes for file in weights.model.files) if weights.model else weights.path.stat().st_size
    _say(f"`{made.name}` is ready: {size_text(before)} became {size_text(made.bytes)}")
    known = requantize.measured(made.name)
    _say(known.sentence() if known else "how much quicker, and how much less often right it is, nobody has measured")
    _say(f"answer with it: caro models use {made.name}")
    return 0
