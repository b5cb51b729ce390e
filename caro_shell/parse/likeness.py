"""Whether two commands are the same but for the order of their options, their quotes and their blanks."""

import re

_OPERATOR = re.compile(r"[();<>|&\n]+")
_QUOTED = re.compile(r"""'[^']*'|"(?:\\.|[^"\\])*\"""", re.DOTALL)
_WORD = re.compile(rf"(?:{_QUOTED.pattern}|\\.|[^\s'\"\\();<>|&])+", re.DOTALL)
_TOKEN = re.compile(rf"{_WORD.pattern}|{_OPERATOR.pattern}|(?P<blank>[ \t]+)|(?P<open>.)", re.DOTALL)
# In these quotes change nothing; elsewhere they keep a pattern, a variable or an operator from being one.
_PLAIN = re.compile(r"[\w./:=@%+,-]+")
_EXPANDED = re.compile(r"[$`\\!]")
_CLUSTER = re.compile(r"-[A-Za-z]{2,}$")
# Their options are words behind a single dash.
_SINGLE_DASH_WORDS = frozenset(
    {"find", "gcc", "clang", "java", "ffmpeg", "convert", "magick", "openssl", "terraform", "xrandr"}
)
# Their first word may be options without a dash.
_BARE_OPTIONS = frozenset({"tar", "ps", "ar"})


def likeness(command: str) -> tuple[object, ...]:
    """Return a value that is equal for commands that do the same in the same way."""
    found = list(_TOKEN.finditer(command.strip()))
    if any(token["open"] for token in found):
        return tuple(command.split())
    words = [_QUOTED.sub(_simplest, token[0]) for token in found if not token["blank"]]
    parts: list[object] = []
    simple: list[str] = []
    for word in [*words, ";"]:
        if _OPERATOR.fullmatch(word):
            parts += [_of_simple(simple), word] if simple else [word]
            simple = []
        else:
            simple.append(word)
    return tuple(parts[:-1])


def _simplest(quoted: re.Match[str]) -> str:
    """Return what stands in quotes without them, or with single ones, where that means the same."""
    text = quoted[0][1:-1]
    if _PLAIN.fullmatch(text):
        return text
    return quoted[0] if "'" in text or (quoted[0][0] == '"' and _EXPANDED.search(text)) else f"'{text}'"


def _of_simple(words: list[str]) -> tuple[object, ...]:
    """Return the same for one simple command: its name, its options in any order, its operands in theirs."""
    name, *rest = words
    options: list[str] = []
    operands: list[str] = []
    if name in _BARE_OPTIONS and rest and rest[0].isalpha():
        rest = [f"-{rest[0]}", *rest[1:]]
    for word in rest:
        if name not in _SINGLE_DASH_WORDS and _CLUSTER.fullmatch(word):
            options += [f"-{letter}" for letter in word[1:]]
        elif word.startswith("-") and len(word) > 1:
            options.append(word)
        else:
            operands.append(word)
    return name, tuple(sorted(set(options))), tuple(operands)
