"""A man page's source as plain lines: enough of man(7) and mdoc(7) to read its options, no typesetter is run."""

import re
from collections.abc import Iterator

_COMMENT = re.compile(r"""\\["#].*""")
_FONT = re.compile(
    r"\\(?:f(?:\[[^\]]*\]|\(..|.)|s(?:\[[^\]]*\]|\([+-]?..|[+-]?\d{1,2})|\*(?:\[[^\]]*\]|\(..|.)|[hvZm](?:'[^']*'|\[[^\]]*\]))"
)
_NAMED = re.compile(r"\\(?:\[([^\]]*)\]|\((..))")
_NAMES = {
    "hy": "-", "-": "-", "mi": "-", "en": "-", "em": " ", "aq": "'", "dq": '"', "rs": "\\", "lq": '"', "rq": '"',
    "oq": "'", "cq": "'", "at": "@", "sh": "#", "ha": "^", "ti": "~", "ga": "`", "ba": "|", "or": "|",
}  # fmt: skip
_ESCAPE = re.compile(r"\\(.)")
_CHARACTERS = {"-": "-", "e": "\\", " ": " ", "~": " ", "0": " ", "t": "\t", "'": "'", "`": "`", ".": "."}
_WORD = re.compile(r'"((?:[^"]|"")*)"?|(\S+)')
# What a page calls by a name of its own: `.ds name text`, and its uses.
_STRING = re.compile(r"^[.']\s*ds\s+(\S{1,8})\s+\"?(.*)", re.MULTILINE)
_SECTION = re.compile(r"^\.[ \t]*S[Hh][ \t]+(.*)$", re.MULTILINE)
_USE = re.compile(r"\\\*(?:\[([^\]]*)\]|\((..)|(.))")
# man(7): the words of these are put together without blanks, in fonts that take turns.
_ALTERNATING = frozenset({"BR", "RB", "BI", "IB", "IR", "RI", "SB"})
_PARAGRAPHS = frozenset({"TP", "TQ", "PP", "P", "LP", "sp", "br", "RS", "RE", "SH", "SS", "IP", "HP", "Pp", "nf", "fi"})
_FONTS = frozenset({"B", "I", "SM", "R", "CW", "Q"})
# mdoc(7): words that mark up the words behind them.
_MDOC_MACROS = frozenset(
    """It Op Oo Oc Xo Xc Ns Ar Cm Pa Ev Va Vt Dv Sy Em Li Nm No Ic Xr Ad An Fa Fn Ql Dq Pq Sq Bq Aq Brq So Sc Do Dc Po
    Pc Bo Bc Ms Tn""".split()  # noqa: SIM905  a line a word would be long to read
)
_CLOSING = frozenset({",", ".", ":", ";", ")", "]", "?", "!"})
_MDOC_LINES = frozenset(
    {"It", "Op", "Oo", "Oc", "Fl", "Nm", "Cm", "Ar", "Li", "Pa", "Xo", "Xc", "Ns", "Ic", "Ql", "Dq"}
)


def plain_lines(source: str) -> Iterator[str]:
    """Yield the text of a man page line by line: an entry's options begin theirs, and no line of prose does so."""
    source, is_mdoc = _prepared(source)
    yield from _lines(source, is_mdoc=is_mdoc)


def sections(source: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the sections of a man page: the heading, and the lines as `plain_lines` has them."""
    source, is_mdoc = _prepared(source)
    _, *parts = _SECTION.split(source)
    for heading, text in zip(parts[::2], parts[1::2], strict=True):
        yield _unescaped(heading).strip(' "'), list(_lines(text, is_mdoc=is_mdoc))


def _prepared(source: str) -> tuple[str, bool]:
    """Return a source with its own strings put in, and whether it is mdoc(7)."""
    strings = dict(_STRING.findall(source))
    source = _USE.sub(lambda found: strings.get(found[1] or found[2] or found[3], ""), source)
    return source, bool(re.search(r"^\.Dd|^\.Sh", source, re.MULTILINE))


def _lines(source: str, *, is_mdoc: bool) -> Iterator[str]:
    fresh = True
    for raw in source.split("\n"):
        line = _COMMENT.sub("", raw)
        if not line.startswith((".", "'")):
            text, begins = _unescaped(line), not line.strip()
        else:
            name, _, rest = line[1:].lstrip().partition(" ")
            text = _of_mdoc(name, rest) if is_mdoc else _of_man(name, rest)
            begins = name in _PARAGRAPHS
            fresh |= name in {"IP", "It", "OP", "HP", "SS"}
        yield text if fresh else f"; {text}"
        fresh = begins or (fresh and not text.strip())


def _of_man(name: str, rest: str) -> str:
    words = _words(rest)
    if name in _ALTERNATING:
        return "".join(words)
    if name == "IP":
        return " ".join(words[:1])
    return " ".join(words) if name in _FONTS | {"HP", "OP", "SS"} else ""


def _words(text: str) -> list[str]:
    return [_unescaped(quoted.replace('""', '"') if quoted else bare) for quoted, bare in _WORD.findall(text)]


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    text = _FONT.sub("", text)
    text = _NAMED.sub(lambda found: _NAMES.get(found[1] or found[2], ""), text)
    return _ESCAPE.sub(lambda found: _CHARACTERS.get(found[1], ""), text)


def _of_mdoc(name: str, rest: str) -> str:
    """Return a line of macros as text: `.It Fl n , -count Ar num` is `-n, --count num`, `.Op Fl ab` is `[-ab]`."""
    if name in {"Bl", "Bd"}:
        # How a list is set.
        return ""
    text, dash, glue, inside = "- " if name == "Nd" else "", "", True, 0
    for word in [name, *_words(rest)] if name in _MDOC_LINES else _words(rest):
        if word == "Fl":
            # Twice, it is two dashes; all words up to the next macro get them.
            dash = f"{dash}-" if text.endswith("\0") else "-"
            text += "\0"
        elif word in _MDOC_MACROS:
            dash = ""
            glue = glue or word == "Ns"
            if word in {"Op", "Oo"}:
                text, glue, inside = f"{text}{'' if glue else ' '}[", True, inside + (word == "Op")
            text += {"Oc": "]", "Xo": " …"}.get(word, "")
        else:
            prefix = "" if word in _CLOSING or word in "|([" else dash
            text += ("" if glue or word in _CLOSING else " ") + prefix + word
            glue = word in "(["
    return text.replace("\0", "") + "]" * inside
