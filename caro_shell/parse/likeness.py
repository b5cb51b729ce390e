"""Whether two commands are the same but for the order of their options, their quotes and their blanks."""

import re
import shlex

_OPERATOR = re.compile(r"[();<>|&\n]+")
_CLUSTER = re.compile(r"-[A-Za-z]{2,}$")
# Their options are words behind a single dash.
_SINGLE_DASH_WORDS = frozenset(
    {"find", "gcc", "clang", "java", "ffmpeg", "convert", "magick", "openssl", "terraform", "xrandr"}
)
# Their first word may be options without a dash.
_BARE_OPTIONS = frozenset({"tar", "ps", "ar"})


def likeness(command: str) -> tuple[object, ...]:
    """Return a value that is equal for commands that do the same in the same way."""
    try:
        lexer = shlex.shlex(command, posix=True, punctuation_chars="();<>|&\n")
        lexer.whitespace = " \t"
        lexer.whitespace_split = True
        lexer.commenters = ""
        words = list(lexer)
    except ValueError:
        return tuple(command.split())
    parts: list[object] = []
    simple: list[str] = []
    for word in [*words, ";"]:
        if _OPERATOR.fullmatch(word):
            parts += [_of_simple(simple), word] if simple else [word]
            simple = []
        else:
            simple.append(word)
    return tuple(parts[:-1])


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
