"""What a word of the shell's language stands for, as far as the text alone tells it.

A value is text in which what the shell would fill in is a mark: one character of Unicode's private use area that
stands for something unknown, or for a character that has a meaning because it is not quoted.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node

UNKNOWN = "\ue000"
"""What cannot be known from the text: a variable nobody has set, the output of a command. It may be empty."""
STAR = "\ue001"
"""An unquoted `*`."""
GLOB = "\ue002"
"""Any other unquoted wildcard: `?`, `[`."""
TILDE = "\ue003"
"""An unquoted `~` at the beginning, and everything that means the home directory."""
_OPEN, _COMMA, _CLOSE = "\ue004", "\ue005", "\ue006"
ODD = "\ue008"
"""What an unusual expansion comes to: nobody can tell, and hardly anybody writes one without a reason."""
BLANK = "\ue007"
"""What divides words wherever it stands: the value of `$IFS`."""
MARKS = re.compile("[\ue000-\ue008]")
_SHOWN = {UNKNOWN: "…", STAR: "*", GLOB: "?", TILDE: "~", _OPEN: "{", _COMMA: ",", _CLOSE: "}", BLANK: " ", ODD: "…"}
# A brace expression can name more words than anybody would read: enough of them to judge by.
MOST_VALUES = 64
MOST_CHARACTERS = 50_000
_MARKED = {"*": STAR, "?": GLOB, "[": GLOB, "{": _OPEN, ",": _COMMA, "}": _CLOSE}
_RANGE = re.compile(r"(-?\d+|[A-Za-z])\.\.(-?\d+|[A-Za-z])(?:\.\.-?\d+)?")
_ANSI = re.compile(r"\\(x[0-9A-Fa-f]{1,2}|0[0-7]{1,3}|[0-7]{1,3}|u[0-9A-Fa-f]{1,4}|U[0-9A-Fa-f]{1,8}|.)", re.DOTALL)
_ANSI_NAMES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "v": "\v"}
_HEXADECIMAL = "xuU"
LAST_CHARACTER = 0x10FFFF
"""The highest code point (The Unicode Standard, 3.4)."""
_SURROGATES = (0xD800, 0xDFFF)
"""Halves of characters in UTF-16 (The Unicode Standard, 3.8): no characters."""

Values = tuple[str, ...]
"""The values that a word may have: several after a brace expression or in a loop."""


class Several(tuple[str, ...]):
    """The values of an array: each is a word of its own, where those of another word are alternatives."""

    __slots__ = ()


@dataclass(frozen=True)
class Word:
    """A word and where it stands in the text, in characters."""

    values: Values
    start: int
    end: int

    @property
    def value(self) -> str:
        """The first value; most words have one."""
        return self.values[0] if self.values else ""


def shown(value: str) -> str:
    """Return a value for people: the marks as the characters they came from."""
    return MARKS.sub(lambda mark: _SHOWN[mark.group()], value)


def plain(value: str) -> str:
    """Return a value as text for another parser: an unknown part is a variable nobody has set."""
    return shown(value.replace(UNKNOWN, "${_unknown}").replace(ODD, "${_unknown@P}"))


def unescape_ansi(text: str) -> str:
    r"""Return the text that `$'…'` or `printf` means: `\n`, `\x41`, `\101`, `\u00e9`."""

    def character(match: re.Match[str]) -> str:
        code = match.group(1)
        if code[0] in _HEXADECIMAL and len(code) > 1:
            number = int(code[1:], 16)
        elif code[0] in "01234567":
            number = int(code, 8)
        else:
            return _ANSI_NAMES.get(code, code)
        return chr(number) if 0 < number <= LAST_CHARACTER and not _SURROGATES[0] <= number <= _SURROGATES[1] else ""

    return _ANSI.sub(character, text)


def _expand_braces(value: str) -> Iterator[str]:
    """Yield what a brace expression names; a brace that is none stays a character."""
    pending = [value]
    given = 0
    while pending and given < MOST_VALUES:
        value = pending.pop(0)
        close = value.find(_CLOSE)
        start = value.rfind(_OPEN, 0, close) if close >= 0 else -1
        if start < 0:
            given += 1
            yield "".join(_SHOWN[char] if char in (_OPEN, _COMMA, _CLOSE) else char for char in value)
            continue
        before, inner, after = value[:start], value[start + 1 : close], value[close + 1 :]
        if _COMMA in inner:
            parts = inner.split(_COMMA)
        elif found := _RANGE.fullmatch(inner):
            parts = [found.group(1), found.group(2)]
        else:
            pending.insert(0, f"{before}{{{inner}}}{after}")
            continue
        pending = [f"{before}{part}{after}" for part in parts[:MOST_VALUES]] + pending


@dataclass(frozen=True)
class Surroundings:
    """What words are read with: the text, the variables so far, and how to learn what a command prints."""

    text: bytes
    variables: Mapping[str, Values]
    output: Callable[["Node"], Values]
    """Returns what a command substitution stands for; it also sees to it that its commands are judged."""


def read_word(node: "Node", around: Surroundings) -> Word:
    """Return the word that a node of the tree stands for."""
    if found := _array(node, around):
        return Word(found, node.start_byte, node.end_byte)
    values: list[str] = []
    bare = _is_bare(node)
    for found_value in _values(node, around):
        value = f"{TILDE}{found_value[1:]}" if bare and found_value.startswith("~") else found_value
        values += _expand_braces(value) if _OPEN in value else [value.replace(_COMMA, ",").replace(_CLOSE, "}")]
    return Word(tuple(values[:MOST_VALUES]), node.start_byte, node.end_byte)


_ARRAY = re.compile(r"\"?\$\{(\w+)\[[@*]\]\}\"?|\$\{=(\w+)\}|\$=(\w+)|\"?\$\{?([@*])\}?\"?")


def _array(node: "Node", around: Surroundings) -> Several | None:
    """Return the values of `"${name[@]}"`, and of zsh's `${=name}`, which falls into its words."""
    found = _ARRAY.fullmatch(_text(node, around))
    if not found:
        return None
    values = around.variables.get(next(filter(None, found.groups())), ())
    if found[4] and not values:
        return None
    if not isinstance(values, Several):
        values = tuple(word for value in values for word in value.split())
    return Several(values) if values else None


def _is_bare(node: "Node") -> bool:
    """Say whether the word begins outside of quotes."""
    while node.type == "concatenation" and node.children:
        node = node.children[0]
    return node.type == "word"


def _text(node: "Node", around: Surroundings) -> str:
    return around.text[node.start_byte : node.end_byte].decode("utf-8", "replace")


def _values(node: "Node", around: Surroundings) -> Values:
    read = _READ.get(node.type)
    return read(node, around) if read else (UNKNOWN,)


def _bare(node: "Node", around: Surroundings) -> Values:
    return (_unquoted(_text(node, around)),)


def _together(node: "Node", around: Surroundings) -> Values:
    return _joined([_values(child, around) for child in node.children])


def _process(node: "Node", around: Surroundings) -> Values:
    around.output(node)
    return (UNKNOWN,)


def _listed(node: "Node", around: Surroundings) -> Values:
    return tuple(value for child in node.named_children for value in _values(child, around))[:MOST_VALUES]


def _unquoted(text: str) -> str:
    if not re.search(r"[\\*?\[{},]", text):
        return text
    said, chars = [], iter(text)
    for char in chars:
        if char == "\\":
            following = next(chars, "")
            said.append("" if following == "\n" else following)
        else:
            said.append(_MARKED.get(char, char))
    return "".join(said)


def _trimmed(value: str, how: str, pattern: str) -> str:
    """Return a value without what `%` or `#` takes off; a pattern takes nobody knows what."""
    if set(pattern) & set("*?[$"):
        return UNKNOWN if how[0] == "#" else f"{value.rpartition('/')[0]}/{UNKNOWN}"
    return value.removesuffix(pattern) if how[0] == "%" else value.removeprefix(pattern)


_IN_QUOTES = re.compile(r"\\([\\\"$`]|\n)")


def _quoted(node: "Node", around: Surroundings) -> Values:
    """Return what a string in double quotes stands for; what lies between its children is its text, too."""
    parts: list[Values] = []
    inner = [child for child in node.children if child.is_named and child.type not in ("string_content", "string")]
    at = node.children[0].end_byte if node.children else node.start_byte
    if node.type == "translated_string":
        return _joined([_values(child, around) for child in node.named_children])
    end = node.children[-1].start_byte if len(node.children) > 1 else node.end_byte
    for child in [*inner, None]:
        stop = child.start_byte if child else max(end, at)
        text = around.text[at:stop].decode("utf-8", "replace")
        parts.append((_IN_QUOTES.sub(lambda found: found.group(1).strip("\n"), text),))
        if child:
            parts.append(_values(child, around))
            at = child.end_byte
    return _joined(parts)


def _joined(parts: list[Values]) -> Values:
    """Return every combination of the parts' values, as many as are worth looking at."""
    whole = [""]
    for values in parts:
        whole = [before + value for before in whole for value in (values or ("",))][:MOST_VALUES]
        if len(whole[0]) > MOST_CHARACTERS:
            # A value that doubles itself again and again is no path, and no name.
            return (UNKNOWN,)
    return tuple(whole)


# Of these, too, nobody can tell what they are.
_SPECIAL = frozenset({"_", "OLDPWD", "BASH_REMATCH", "path", "PATH", "MATCH", "match"})


def _expansion(node: "Node", around: Surroundings) -> Values:
    """Return what a variable stands for; with `${x:-word}`, that word where nobody has set it."""
    names = [child for child in node.named_children if child.type in ("variable_name", "special_variable_name")]
    name = _text(names[0], around) if names else ""
    text = _text(node, around)
    if indirect := re.fullmatch(r"\$\{!(\w+)\}", text):
        named = around.variables.get(indirect[1], ("",))
        return around.variables.get(named[0] if named else "", (UNKNOWN,))
    plainly = text in (f"${name}", f"${{{name}}}")
    if name in around.variables and not text.startswith(("${!", "${#")):
        values = around.variables[name]
        if plainly or re.match(r"\$\{\w+:?[?-]", text):
            return values
        if trimmed := re.fullmatch(r"\$\{\w+(%%?|##?)([^}]*)\}", text):
            return tuple(_trimmed(value, trimmed[1], trimmed[2]) for value in values)
        if cased := re.fullmatch(r"\$\{\w+(\^\^?|,,?)\}", text):
            return tuple(value.lower() if "," in cased[1] else value.upper() for value in values)
        if replaced := re.fullmatch(r"\$\{\w+(//?)([^/}]+)/?([^}]*)\}", text):
            return tuple(value.replace(replaced[2], replaced[3], -1 if len(replaced[1]) > 1 else 1) for value in values)
        if cut := re.fullmatch(r"\$\{\w+:(\d+)(?::(\d+))?\}", text):
            start, length = int(cut.group(1)), int(cut.group(2) or MOST_VALUES * 1000)
            return tuple(value[start : start + length] for value in values)
        return (ODD,)
    if not plainly and re.match(r"\$\{\w+:?[-=]", text) and len(node.named_children) > 1:
        return _values(node.named_children[-1], around)
    usual = plainly or re.match(r"\$\{\w+(:?[?+]|%|#|/|,|\^|\[[@*\d]+\])", text)
    return (UNKNOWN,) if usual and name not in _SPECIAL else (ODD,)


_READ: Mapping[str, Callable[["Node", Surroundings], Values]] = {
    **dict.fromkeys(
        (
            "word",
            "number",
            "variable_name",
            "special_variable_name",
            "test_operator",
            "extglob_pattern",
            "regex",
            "brace_expression",
        ),
        _bare,
    ),
    "raw_string": lambda node, around: (_text(node, around)[1:-1],),
    "ansi_c_string": lambda node, around: (unescape_ansi(_text(node, around)[2:-1]),),
    **dict.fromkeys(("string", "translated_string"), _quoted),
    **dict.fromkeys(("concatenation", "command_name"), _together),
    **dict.fromkeys(("simple_expansion", "expansion"), _expansion),
    "command_substitution": lambda node, around: around.output(node),
    "process_substitution": _process,
    "array": _listed,
}
"""What reads each kind of node; any other stands for something unknown."""
