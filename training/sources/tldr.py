"""Pairs out of tldr pages of everyday tools: a description and a template, whose values the request then names."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from random import Random

from caro_shell.prompt import Place
from training.pairs import LINUX_BASH, LINUX_FISH, LINUX_ZSH, MACOS_ZSH, Pair
from training.slots import Kinds
from training.sources.nl2bash import place_of
from training.sources.placeholders import as_said, fill, fits, read_template, table

LICENCE = "CC-BY-4.0"
# A page's description is of its tool, and often does not name it.
_NAMES_ITS_TOOL = 0.5
_DRAWS = 2
# Not something to be done with a command of one's own.
_NO_REQUEST = re.compile(r"help|version|documentation|interactive|alias|repl\b", re.IGNORECASE)


def read_tldr(path: Path, kinds: Kinds, random: Random) -> Iterator[Pair]:
    """Yield pairs out of `tldr.jsonl`, two of each row of an everyday tool that has slots."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        row = json.loads(line)
        tool, description = row["tool"], row["description"]
        if _NO_REQUEST.search(description) or not _is_taken(tool, row["platform"]):
            continue
        drawn: dict[tuple[str, str], Pair] = {}
        for _ in range(_DRAWS):
            place = _place(tool, row["platform"], row["template"], random)
            template = read_template(row["template"], random)
            made = template and fill(template, as_said(description, random), kinds, random, place.shell)
            if made and tool.partition("-")[0].partition(" ")[0] in made[1]:
                request, command = _with_tool(made[0], tool, random), made[1]
                drawn.setdefault(
                    (command, place.shell), Pair(request, command, place, "tldr", tool, f"{path.name}:{number}")
                )
        yield from drawn.values()


def _is_taken(tool: str, platform: str) -> bool:
    lists = table()["tldr"]
    if platform == "osx":
        return fits(tool, lists["macos"])
    return fits(tool, [*lists["portable"], *lists["linux"]])


def _place(tool: str, platform: str, template: str, random: Random) -> Place:
    if platform == "osx":
        return MACOS_ZSH
    if fits(tool, table()["tldr"]["portable"]) and not re.search(r"[$`<(=!#^]", template):
        return random.choices((LINUX_BASH, LINUX_ZSH, LINUX_FISH, MACOS_ZSH), (3, 3, 2, 3))[0]
    return place_of(re.sub(r"\{\{.*?\}\}", "x", template), random)


def _with_tool(request: str, tool: str, random: Random) -> str:
    name = tool.partition("-")[0] if tool.startswith(("git-", "docker-", "kubectl-", "brew-", "ip-")) else tool
    if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", request, re.IGNORECASE) or random.random() > _NAMES_ITS_TOOL:
        return request
    return random.choice((f"{request} with {name}", f"{name}: {request}", f"{request} using {name}"))
