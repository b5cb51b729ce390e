"""Texts as the words they are looked up by: small letters, without endings, without what every sentence has."""

import re
import unicodedata

from caro_shell.line import GRAMMAR

_WORD = re.compile(r"[^\W\d_]{2,}")
# What names a thing of the user's rather than a kind of thing: paths, files, addresses, numbers, quoted text.
_NAMING = re.compile(r"\"[^\"]*\"|`[^`]*`|(?<!\w)'[^']*'|\S*[/\d@$*=]\S*|\S+\.\w+")
# Words of requests and manuals that say nothing of what is to be done.
_ALWAYS = GRAMMAR | frozenset(
    """am can could do does for give had has have here list make need other our out should so some tell up use used via
    want was we whether will would write""".split()  # noqa: SIM905  a line a word would be long to read
)
_SHORTEST_STEM = 3
_MOST = 24


def terms(text: str) -> list[str]:
    """Return the words of `text`, each once, in their order."""
    words = _WORD.findall(unicodedata.normalize("NFKC", text).casefold())
    return list(dict.fromkeys(stem(word) for word in words if word not in _ALWAYS))


def terms_of_request(request: str) -> list[str]:
    """Return the words of a request that say what is to be done, without the names in it; at most 24."""
    return terms(_NAMING.sub(" ", request))[:_MOST]


def stem(word: str) -> str:
    """Return `word` without an English ending, so that `files`, `compressed` and `larger` meet their kin."""
    if word.endswith("ies"):
        word = f"{word[:-3]}y"
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "est", "ed", "er"):
        left = word[: -len(ending)]
        if word.endswith(ending) and len(left) >= _SHORTEST_STEM:
            is_doubled = left[-1] == left[-2] and left[-1] not in "lsz"
            word = left[:-1] if is_doubled else left
            break
    if word.endswith("e") and len(word) > _SHORTEST_STEM:
        return word[:-1]
    return f"{word[:-1]}i" if word.endswith("y") else word
