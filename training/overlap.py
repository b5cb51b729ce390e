"""What resembles a task of evals/, dev or test: it may not be learnt, or a score would say nothing."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import cache

from caro_shell.parse.likeness import likeness

LEAST_OVERLAP = 0.6
"""Of the words of two requests, the share that both have, from which on one resembles the other."""
_TOKEN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+|[^\s\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_VALUE = re.compile(r".*[\d/~@\\$*].*|.*\w\.\w.*|\.\w+")
# What the product puts around a command that failed or is half written, and around a refinement: prompt.py.
_AROUND = re.compile(
    r"This command failed with exit status \d+: (?P<failed>[^\n]*).*"
    r"|Complete or repair this command: (?P<half>.*)"
    r"|Write this command with the missing part in place of ___: (?P<holed>.*)"
    r"|# [^\n]*\n(?P<refined>.*)",
    re.DOTALL,
)
_EDGES = "\"'`“”„«».,;:!?()[]{}#\u3002\uff1f\uff01\uff0c"
_NAME = "\0"


class Guard:
    """Knows the requests and commands of tasks, and says what is like one of them."""

    def __init__(self, tasks: Iterable[tuple[str, Iterable[str]]], short: int = 0) -> None:
        """`tasks` are requests, each with the commands that are right for it.

        Commands of up to `short` words are like a task's only where the requests are alike, too.
        """
        self._short = short
        self._sizes: list[int] = []
        self._having: dict[str, list[int]] = defaultdict(list)
        self.shapes: set[object] = set()
        for request, commands in tasks:
            for words in {words_of(request), words_of(request, names=False)}:
                for word in words:
                    self._having[word].append(len(self._sizes))
                self._sizes.append(len(words))
            self.shapes |= {shape(command, request) for command in commands}

    def resemblance(self, request: str, command: str) -> str:
        """Return what of a pair is like a task's: its request, its command; empty where neither is."""
        said = core(request)
        if any(self._is_like(words) for words in (words_of(said), words_of(said, names=False))):
            return "the request of a task"
        if len(command.split()) <= self._short:
            return ""
        return "the command of a task" if shape(command, request) in self.shapes else ""

    def _is_like(self, words: frozenset[str]) -> bool:
        shared = Counter(task for word in words for task in self._having.get(word, ()))
        return any(count / (len(words) + self._sizes[task] - count) >= LEAST_OVERLAP for task, count in shared.items())


def core(request: str) -> str:
    """Return what of a gesture's request is the user's: the command that failed, the half one, the refined one."""
    found = _AROUND.fullmatch(request)
    return next(filter(None, found.groups()), request) if found else request


@cache
def words_of(text: str, *, names: bool = True) -> frozenset[str]:
    """Return the words of a request in small letters; what is written without blanks by its pairs of characters.

    Without `names`, every name, path and number is the same word.
    """
    found: set[str] = set()
    for token in _TOKEN.findall(text.lower()):
        if _CJK.match(token):
            found |= {token[at : at + 2] for at in range(max(1, len(token) - 1))}
        elif word := token.strip(_EDGES):
            found.add(_NAME if not names and _VALUE.fullmatch(token) else word)
    return frozenset(found)


def shape(command: str, request: str) -> tuple[object, ...]:
    """Return what stays of a command without its names, paths and numbers: those that look so, or were named."""
    named = words_of(request)

    def general(part: object) -> object:
        if isinstance(part, tuple):
            return tuple(map(general, part))
        text = str(part)
        if text.startswith("-"):
            option, equals, _value = text.partition("=")
            return re.sub(r"\d+", _NAME, option) + equals
        bare = text.strip("'\"")
        if _VALUE.fullmatch(bare) and not re.search(r"[{}]", bare):
            return _NAME
        return _NAME if words_of(bare) and words_of(bare) <= named else re.sub(r"\d+", _NAME, text)

    def simple(part: object) -> object:
        """Name programs as they are, whether a request names them or not; the rest in any order."""
        if not isinstance(part, tuple) or not part:
            return part
        rest = (general(one) for one in part[1:])
        return part[0], *(tuple(sorted(one)) if isinstance(one, tuple) else one for one in rest)

    return tuple(map(simple, likeness(command)))
