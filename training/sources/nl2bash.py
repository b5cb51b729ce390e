"""Pairs out of NL2Bash: mostly old `find`, so it is capped; bash on Linux, and elsewhere where it reads the same."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from random import Random

from caro_shell.prompt import Place
from training.pairs import LINUX_BASH, LINUX_FISH, LINUX_ZSH, Pair

LICENCE = "MIT"
# The same in every shell: nothing is expanded but patterns, nothing is substituted.
_PLAIN = re.compile(r"[^$`<(){}=!#^]*")
_ZSH = re.compile(r"[^`=#^!]*")


def read_nl2bash(path: Path, random: Random) -> Iterator[Pair]:
    """Yield the pairs of `nl2bash.jsonl`, each for one shell that reads its command as bash does."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        row = json.loads(line)
        request, command = " ".join(row["request"].split()), " ".join(row["command"].split())
        if command != row["command"].strip() and re.search(r"['\"]", command):
            # Blanks in quotes may be meant.
            command = row["command"].strip()
        tool = tool_of(command)
        place = place_of(command, random)
        yield Pair(request, command, place, "nl2bash", tool, f"{path.name}:{number}")


def place_of(command: str, random: Random) -> Place:
    """Return a Linux place where a bash command means the same."""
    if _PLAIN.fullmatch(command):
        return random.choices((LINUX_BASH, LINUX_ZSH, LINUX_FISH), (4, 3, 2))[0]
    return random.choices((LINUX_BASH, LINUX_ZSH), (2, 1))[0] if _ZSH.fullmatch(command) else LINUX_BASH


def tool_of(command: str) -> str:
    """Return the name of the first program of a command, `sudo` and settings aside."""
    words = [word for word in command.split() if word != "sudo" and "=" not in word]
    return words[0].lstrip("(") if words else ""
