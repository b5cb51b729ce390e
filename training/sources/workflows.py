"""Pairs out of Warp's workflows: their arguments filled with values of ours, which the request names."""

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random

from training.pairs import Pair
from training.slots import Kinds
from training.sources.nl2bash import place_of, tool_of
from training.sources.placeholders import as_said, fill, read_template

LICENCE = "Apache-2.0"


def read_workflows(path: Path, kinds: Kinds, random: Random) -> Iterator[Pair]:
    """Yield pairs out of `workflows.jsonl`; none of a template with an argument that nobody knows a value for."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        row = json.loads(line)
        if "\n" in row["template"].strip():
            continue
        template = read_template(row["template"].strip(), random)
        place = place_of(row["template"], random)
        made = template and fill(template, as_said(row["request"], random), kinds, random, place.shell)
        if made:
            yield Pair(made[0], made[1], place, "workflows", tool_of(made[1]), f"{path.name}:{number}")
