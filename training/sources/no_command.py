"""Lines that ask for no command, so that tuned weights know them from requests."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from caro_shell.prompt import NO_COMMAND
from training.pairs import NONE, PLACES, Pair, TrainingError

_FILE = "no_command.toml"


def read_no_command(intents: Path, random: Random) -> Iterator[Pair]:
    """Yield each line of the file beside a folder of intents, in a place by chance; raises TrainingError."""
    path = intents.with_name(_FILE)
    if not path.exists():
        return
    try:
        kinds: list[dict[str, Any]] = tomllib.loads(path.read_text(encoding="utf-8"))["requests"]
    except (OSError, tomllib.TOMLDecodeError, KeyError) as error:
        raise TrainingError(f"{path} cannot be read: {error}.") from None
    for kind in kinds:
        for language, lines in kind.items():
            if language == "kind":
                continue
            for line in lines:
                place = random.choices(list(PLACES), list(PLACES.values()))[0]
                yield Pair(line, NO_COMMAND, place, "own", "no command", f"{path.name}:{kind['kind']}", NONE)
