"""What is wrong with a pair as an example to learn from: judged by the product's own parser, proof and danger rules."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from caro_shell.errors import Unusable
from caro_shell.parse import parse_command
from caro_shell.prove.commands import commands_in
from caro_shell.prove.files import Disk
from caro_shell.prove.requested import left_out, paths_named
from caro_shell.prove.surprises import surprises
from caro_shell.prove.unwrap import unwrapped
from caro_shell.safety.judge import judge
from caro_shell.verify import syntax_error
from training.pairs import NONE, Pair
from training.slots import FOLDER

_LONGEST_REQUEST = 240
_LONGEST_COMMAND = 220
_NOWHERE = ""
# What is there on every machine need not be in the request.
_COMMON = re.compile(r"~|~/\.[\w/.-]+|/(?:dev|proc|sys|etc|var/log|usr)?(?:/.*)?")
_VARIABLE = re.compile(r"\$\{?([A-Za-z_]\w*|[0-9@*#])")
_SET = re.compile(
    r"(?:^|[\s;&|({])([A-Za-z_]\w*)=|\b(?:for|read|select)\s+(?:-\w+\s+)*([A-Za-z_]\w*)|\bset\s+(?:-\w+\s+)*(\w+)"
)
_QUOTED = re.compile(r"(?<!\w)['\"“]([^'\"“”]+)['\"”](?!\w)")
_SINGLE_QUOTED = re.compile(r"'[^']*'")
_ALWAYS_SET = frozenset("HOME USER PATH PWD OLDPWD SHELL EDITOR LANG TERM TMPDIR HOSTNAME RANDOM SECONDS UID".split())  # noqa: SIM905


@dataclass(frozen=True)
class Strictness:
    """What is looked at besides; our own intents say on purpose what public pairs say by accident."""

    public: bool
    """Whether placeholders, lost quoted values, and `sudo`, paths and variables that nobody named count against it."""


OWN = Strictness(public=False)
PUBLIC = Strictness(public=True)


@cache
def _unwanted() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(FOLDER.joinpath("unwanted.toml").read_text(encoding="utf-8"))


def objection(pair: Pair, strictness: Strictness) -> str:
    """Return the first thing that is wrong with a pair, a word or two; empty where nothing is."""
    if pair.gesture == NONE:
        return ""
    return next(_objections(pair, strictness), "")


def _objections(pair: Pair, strictness: Strictness) -> Iterator[str]:
    """Yield what is wrong with a pair, the quickest to find first."""
    request, command = pair.request, pair.command
    if not request.strip() or len(command) > _LONGEST_COMMAND or "\n" in command:
        yield "too long or empty"
    if len(request) > _LONGEST_REQUEST and pair.gesture == "ask":
        yield "too long or empty"
    for kind in _kinds(pair, strictness):
        if any(re.search(form, command) for form in _unwanted()[kind].values()):
            yield kind.partition("-")[0]
    yield from _unasked(request, command, strictness)
    try:
        if parse_command(command, pair.place.shell, ended=True) != command:
            yield "not one command"
    except Unusable:
        yield "not one command"
    yield from _dangerous(pair)
    if left_out(_words_of(pair), command, Disk(_NOWHERE)):
        yield "a named path is left out"
    if _complaint(command, pair.place.shell):
        yield "syntax"


def _kinds(pair: Pair, strictness: Strictness) -> Iterator[str]:
    """Yield the kinds of forms that are unwanted in a pair: a fish variable is one word, whatever is in it."""
    yield "deprecated"
    if pair.place.system == "Linux":
        yield "deprecated-on-linux"
    if pair.place.shell != "fish":
        yield "fragile"
    if strictness.public:
        yield "placeholder"


def _words_of(pair: Pair) -> str:
    """Return what a user said himself: of a gesture, that which is not a command; of a failure, nothing."""
    if pair.gesture == "refine":
        return "\n".join(line for line in pair.request.split("\n") if line.startswith("#"))
    return pair.request if pair.gesture == "ask" else ""


def _unasked(request: str, command: str, strictness: Strictness) -> Iterator[str]:
    """Yield what a command brings along that its request says nothing of."""
    if not strictness.public:
        return
    sudo = _unwanted()["sudo"]
    if (
        re.search(r"\bsudo\b", command)
        and not re.search(sudo["needed"], command)
        and not re.search(sudo["asked"], request, re.IGNORECASE)
    ):
        yield "sudo that nobody asked for"
    if re.search(_unwanted()["request"]["vague"], request):
        yield "a request that does not say what"
    said = request.lower()
    for path in paths_named(command, Disk(_NOWHERE)):
        name = path.rstrip("/").rpartition("/")[2].lower()
        if (name.partition(".")[0] or name) not in said and not _COMMON.fullmatch(path):
            yield "a path that nobody named"
    if any(value.lower() not in command.lower() for value in _QUOTED.findall(request)):
        yield "a quoted value is left out"
    known = {name for found in _SET.findall(command) for name in found} | _ALWAYS_SET
    for name in _VARIABLE.findall(_SINGLE_QUOTED.sub("", command)):
        if name not in known and name.lower() not in said:
            yield "a variable that nobody set"


def _dangerous(pair: Pair) -> Iterator[str]:
    """Yield what a command does beyond its request."""
    words = _words_of(pair) or pair.request
    line = commands_in(pair.command)
    if any(surprises(words, pair.command, list(unwrapped(line)), Disk(_NOWHERE))):
        yield "a deletion that nobody asked for"
    if judge(pair.command, pair.place.shell).level == "critical":
        yield "critical danger"


@cache
def _complaint(command: str, shell: str) -> str:
    return syntax_error(command, shell)
