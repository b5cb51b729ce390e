"""Texts as the words they are looked up by: small letters, without endings, without what every sentence has."""

import re
import unicodedata

_WORD = re.compile(r"[^\W\d_]{2,}")
# What names a thing of the user's rather than a kind of thing: paths, files, addresses, numbers, quoted text.
_NAMING = re.compile(r"\"[^\"]*\"|`[^`]*`|(?<!\w)'[^']*'|\S*[/\d@$*=]\S*|\S+\.\w+")
_ALWAYS = frozenset(
    """a all am an and any are as at be but by can could do does each every for from give had has have here how i if in
    into is it its list make me my need of on only or other our out over please should show so some tell than that the
    their them then there these they this those to under up use used using via want was we what when where whether which
    who will with without would write you your""".split()  # noqa: SIM905  a line a word would be long to read
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
