"""What a pipeline of plain text tools prints, where its own text says so: `echo cm0= | base64 -d`, `printf`, `rev`."""

import base64
import binascii
import codecs
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from caro_shell.safety import awk, formed
from caro_shell.safety.words import MARKS, TILDE, UNKNOWN, plain, unescape_ansi

if TYPE_CHECKING:
    from caro_shell.safety.call import Call

_MOST = 100_000
_SUBSTITUTION = re.compile(
    r"s(?P<cut>[/|,#])(?P<old>(?:\\.|(?!(?P=cut))[^\\])*)(?P=cut)(?P<new>(?:\\.|(?!(?P=cut))[^\\])*)(?P=cut)(?P<flags>g?)"
)


# A pattern of characters, with `.` and one `.*` at the most: it takes no longer than the text is.
_SIMPLE = re.compile(r"(\^?)((?:\\[^\w\n]|[^\\\[\]*^$+?(){}|.]|\.)*(?:\.\*)?(?:\\[^\w\n]|[^\\\[\]*^$+?(){}|.])*)(\$?)")
_PARTS = re.compile(r"\.\*|\.|\\.|[^\\]", re.DOTALL)
_MOST_CHANGED = 4000


def of_pipeline(calls: Sequence["Call"]) -> str | None:
    """Return what the last of the calls prints, or None when that cannot be known from the text."""
    printed: str | None = None
    for call in calls:
        if call.chain and call.chain != calls[-1].chain:
            continue
        tool = _TOOLS.get(call.name)
        given = call.input if call.input is not None else printed
        if given is None and any(word.value == "/etc/passwd" for word in call.arguments):
            given = _USERS
        printed = tool([word.value for word in call.arguments], given) if tool else None
    return None if printed is None else printed[:_MOST]


def _options(words: Sequence[str]) -> str:
    return "".join(word.lstrip("-") for word in words if word.startswith("-"))


def _echo(words: Sequence[str], _given: str | None) -> str | None:
    rest = list(words)
    escapes = False
    while rest and len(rest[0]) > 1 and rest[0][0] == "-" and set(rest[0][1:]) <= set("neE"):
        escapes |= "e" in rest.pop(0)
    text = " ".join(rest)
    return unescape_ansi(text) if escapes else text


def _sed(words: Sequence[str], given: str | None) -> str | None:
    """Return the text through one plain substitution."""
    found = _SUBSTITUTION.fullmatch(words[-1]) if words else None
    if found and found["old"] == "^" and "\n" not in (given or ""):
        return f"{found['new'].replace(chr(92), '')}{UNKNOWN if given is None else given}"
    if given is None or not found:
        return None
    count = 0 if "g" in found["flags"] else 1
    pattern = _SIMPLE.fullmatch(found["old"])
    if pattern is None or len(given) > _MOST_CHANGED:
        return None
    begins, ends = "^" if pattern[1] else "", "$" if pattern[3] else ""
    expression = (
        begins + "".join(part if part[0] == "." else re.escape(part[-1]) for part in _PARTS.findall(pattern[2])) + ends
    )
    return "\n".join(
        re.sub(expression, lambda _: found["new"].replace("\\", ""), line, count=count) for line in given.split("\n")
    )


def _which(words: Sequence[str], _given: str | None) -> str | None:
    names = [word for word in words if not word.startswith("-")]
    return names[-1] if names else None


def _print(words: Sequence[str], _given: str | None) -> str | None:
    return " ".join(word for word in words if not word.startswith("-"))


def _string(words: Sequence[str], given: str | None) -> str | None:
    """Return what fish's `string` prints, as far as it passes its words on."""
    if words[:1] == ["join"]:
        return words[1].join(words[2:]) if len(words) > 1 else None
    if words[:1] == ["unescape"]:
        return unescape_ansi(" ".join(words[1:]))
    plain_words = [word for word in words[1:] if not word.startswith("-")]
    if words[:1] == ["replace"] and "-r" not in words and "--regex" not in words and len(plain_words) > 1:
        text = " ".join(plain_words[2:]) or given or ""
        return text.replace(plain_words[0], plain_words[1], -1 if {"-a", "--all"} & set(words) else 1)
    if words[:1] in (["lower"], ["upper"]):
        text = " ".join(plain_words) or given or ""
        return text.lower() if words[0] == "lower" else text.upper()
    if words[:1] in (["trim"], ["collect"], ["split0"]):
        return " ".join(plain_words) or given
    return " ".join(words[2:]) if words[:1] == ["split"] else None


def _base64(words: Sequence[str], given: str | None) -> str | None:
    if given is None or not set("dD") & set(_options(words)):
        return None
    try:
        return base64.b64decode("".join(given.split()) + "===").decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return None


def _base32(words: Sequence[str], given: str | None) -> str | None:
    if given is None or "d" not in _options(words):
        return None
    try:
        return base64.b32decode("".join(given.split())).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return None


def _xxd(words: Sequence[str], given: str | None) -> str | None:
    if given is None or "r" not in _options(words):
        return None
    try:
        return bytes.fromhex("".join(given.split())).decode("utf-8", "replace")
    except ValueError:
        return None


def _rev(_words: Sequence[str], given: str | None) -> str | None:
    return None if given is None else "\n".join(line[::-1] for line in given.split("\n"))


def _tr(words: Sequence[str], given: str | None) -> str | None:
    """Return the text through `tr`: the rotation by 13, deletions, and single characters for others."""
    if given is None or not words:
        return None
    text = plain(given)
    if words[0] == "-d" and len(words) > 1:
        return text.translate({ord(char): None for char in plain(words[1])})
    if len(words) < 2:  # noqa: PLR2004  from and to
        return None
    one, other = plain(words[0]), plain(words[1])
    one, other = _CLASSES.get(one, one), _CLASSES.get(other, other)
    if (one, other) in (("A-Z", "a-z"), ("a-z", "A-Z")):
        return text.lower() if other == "a-z" else text.upper()
    one, other = unescape_ansi(one), unescape_ansi(other)
    if one in ("A-Za-z", "a-zA-Z") and other in ("N-ZA-Mn-za-m", "n-za-mN-ZA-M"):
        return codecs.decode(text, "rot13")
    return text.translate(dict(zip(map(ord, one), other, strict=False))) if "-" not in one + other else None


_CLASSES = {"[:upper:]": "A-Z", "[:lower:]": "a-z", "[A-Z]": "A-Z", "[a-z]": "a-z"}


def _cat(words: Sequence[str], given: str | None) -> str | None:
    return given if all(word in ("-", "/etc/passwd") for word in words) else None


def _cut(words: Sequence[str], given: str | None) -> str | None:
    """Return the fields or characters that `cut` picks: one number of each."""
    if given is None:
        return None
    said = "\x00".join(words)
    field = re.search(r"-f\x00?(\d+)(?:\x00|$)", said)
    mark = re.search(r"(?:-d\x00?|--delimiter=)(.)", said)
    characters = re.search(r"-[cb]\x00?(\d*)(-?)(\d*)(?:\x00|$)", said)
    if characters and (characters[1] or characters[3]):
        start = int(characters[1] or 1) - 1
        stop = int(characters[3]) if characters[3] else None if characters[2] else start + 1
        return "\n".join(line[start:stop] for line in given.splitlines())
    if not field:
        return None
    lines = [line.split(mark[1] if mark else "\t") for line in given.splitlines()]
    number = int(field[1])
    return "\n".join(parts[number - 1] if number <= len(parts) else parts[0] for parts in lines)


_USERS = f"{UNKNOWN}:x:{UNKNOWN}:{UNKNOWN}:{UNKNOWN}:{TILDE}:/bin/sh"
"""A line of the table of users: its sixth field is a home directory."""


def _getent(words: Sequence[str], _given: str | None) -> str | None:
    return _USERS if words[:1] == ["passwd"] else None


def _mktemp(words: Sequence[str], _given: str | None) -> str | None:
    """Return where a new file lies: where its pattern says, or among the temporary ones."""
    named = [word for word in words if not word.startswith("-") and "XXX" in word]
    return named[0] if named and "/" in named[0] else f"/tmp/{named[0] if named else 'tmp.XXXX'}"  # noqa: S108  its place


def _jq(words: Sequence[str], _given: str | None) -> str | None:
    """Return what `jq -n` prints of a string of its own, decoded or not."""
    found = next((text for word in words if (text := _JQ.fullmatch(word))), None)
    if not found or "n" not in _options(words):
        return None
    said = found[1].replace('\\"', '"')
    return _base64(["-d"], said) if found[2] else said


_JQ = re.compile(r'\s*"((?:\\.|[^"\\])*)"\s*(\|\s*@base64d)?\s*')


_TOOLS: Mapping[str, Callable[[Sequence[str], str | None], str | None]] = {
    "echo": _echo,
    "printf": formed.printed,
    "base64": _base64,
    "base32": _base32,
    "xxd": _xxd,
    "rev": _rev,
    "tr": _tr,
    "cat": _cat,
    "dirname": lambda words, _given: words[-1].rstrip("/").rpartition("/")[0] or "/" if words else None,
    "realpath": _which,
    "readlink": _which,
    "path": lambda words, _given: " ".join(word for word in words[1:] if not word.startswith("-")) or None,
    "psub": _cat,
    "ls": lambda words, _given: " ".join(word for word in words if not word.startswith("-")) if "-d" in words else None,
    "pwd": lambda _words, _given: ".",
    "rot13": lambda _words, given: codecs.decode(given, "rot13") if given else None,
    "sed": _sed,
    "which": _which,
    "type": _which,
    "brew": lambda words, _given: "/opt/homebrew" if words == ["--prefix"] else None,
    "git": lambda words, _given: "." if "--show-toplevel" in words else None,
    "command": _which,
    "print": _print,
    "string": _string,
    "basename": _which,
    "cut": _cut,
    "awk": awk.printed,
    "gawk": awk.printed,
    "getent": _getent,
    "mktemp": _mktemp,
    "jq": _jq,
    "tee": lambda _words, given: given,
}


def is_known(text: str | None) -> bool:
    """Say whether nothing in a text is left open."""
    return text is not None and not MARKS.search(text)
