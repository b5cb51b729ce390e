"""The newest and the oldest, the largest and the smallest: which end of a sorted list a command deletes."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from caro_shell.prove.surprises.surprise import Asked, Surprise, data, deletes_files, surprise

# A list by time or size, and what is taken of it; a list of find's is in the order that `sort` gives it.
_LISTED = re.compile(r"(?<![\w-])(?:ls|eza|exa)(?P<words>(?:\s+[^|;&]*)?)\|\s*(?P<end>head|tail)\s+")
_SORTED = re.compile(r"%(?P<key>[Ts])[^|]*\|\s*sort(?P<words>[^|;&]*)\|\s*(?P<end>head|tail)\s+")
_KEY = re.compile(r"(?:^|\s)-[a-zA-Z1]*([tS])|--sort[= ](time|size)")
_REVERSED = re.compile(r"(?:^|\s)-[a-zA-Z1]*r|--reverse")
# What is listed is then what stays.
_TAKING_AWAY = re.compile(r"uniq\s+-u|(?<!\w)(?:comm|diff|grep\s+-\w*v)(?!\w)")


class _Taken(NamedTuple):
    """What a command takes of a sorted list."""

    kind: str
    """`age` or `size`."""
    upper: bool
    """Whether it takes from the upper end, the newest or the largest, rather than from the lower."""


def out_of_order(asked: Asked) -> Iterator[Surprise]:
    """Yield the end of a list that is deleted though it is the other one that is to go, or this one that is to stay."""
    deleting = next((command for command in asked.commands if deletes_files(command)), None)
    taken = _taken(asked.command) if deleting else None
    if deleting is None or taken is None or _TAKING_AWAY.search(asked.command):
        return
    # The second newest is both in the half of the newer and in that of the older.
    if {"head", "tail"} <= {command.name.text for command in asked.commands}:
        return
    wanted = asked.wants_upper(data()["ends"][taken.kind])
    if wanted is not None and taken.upper != wanted:
        yield surprise("ends", deleting.name)


def _taken(command: str) -> _Taken | None:
    listed, ordered = _LISTED.search(command), _SORTED.search(command)
    if listed and (key := _KEY.search(listed["words"])):
        kind = "age" if (key[1] or key[2]) in ("t", "time") else "size"
        first_is_upper = not _REVERSED.search(listed["words"])
        found = listed
    elif ordered:
        kind = "age" if ordered["key"] == "T" else "size"
        first_is_upper = bool(_REVERSED.search(ordered["words"]))
        found = ordered
    else:
        return None
    # `head -n -3` and `tail -n +4` take from the same end as without a sign, only more.
    return _Taken(kind, first_is_upper == (found["end"] == "head"))
