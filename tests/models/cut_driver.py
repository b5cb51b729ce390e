"""Pull ten times through a network that fails, in one process; prints what each time left behind."""

import hashlib
import json
import random
import shutil
import sys
from pathlib import Path
from urllib.parse import urlsplit

from cut_off import Relay
from fake_sources import make_bytes, make_model

from caro_shell import config
from caro_shell.errors import ModelError
from caro_shell.models.catalogue import Model
from caro_shell.models.pull import PullOptions, pull
from caro_shell.models.sources import http
from caro_shell.models.store import find_model


def state(data: bytes, settings: config.Settings, model: Model, path: Path) -> str:
    """Return `right`, `none`, or what must never be."""
    try:
        find_model("mini", settings, {"mini": model})
    except ModelError as error:
        return "none" if "not here yet" in error.message and not path.exists() else f"wrong: {error.message}"
    right = hashlib.sha256(path.read_bytes()).digest() == hashlib.sha256(data).digest()
    return "right" if right else "wrong bytes"


def main(server: str, relay_port: str, source: str, seed: str) -> None:
    """Cut the network after a random number of bytes, look, mend it, and go on."""
    # Nothing is gained by waiting for a network that stays away.
    http.STALLS = 0
    data = make_bytes()
    model = make_model(data, pieces=2)
    settings, chance = config.current(), random.Random(int(seed))  # noqa: S311  the moment of a cut
    directory = Path(settings.models_dir)
    parts = urlsplit(server)
    relay = Relay((parts.hostname or "", parts.port or 0), int(relay_port))
    outcomes = []
    for _ in range(10):
        shutil.rmtree(directory, ignore_errors=True)
        relay.cut_after(moment := chance.randrange(len(data) * 21 // 20))
        tries = []
        for _ in range(2):
            options = PullOptions(source=source, models={"mini": model})
            try:
                pull(model, settings, options)
            except ModelError as error:
                tries.append(error.message)
            else:
                tries.append("")
            tries.append(state(data, settings, model, directory / model.files[0].name))
            relay.restore()
        outcomes.append({"moment": moment, "error": tries[0], "cut": tries[1], "again": tries[2], "then": tries[3]})
    relay.close()
    sys.stdout.write(json.dumps(outcomes))


if __name__ == "__main__":
    main(*sys.argv[1:])
