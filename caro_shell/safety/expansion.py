"""What a node of the tree stands for, as far as the text alone tells it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import translate
from typing import TYPE_CHECKING

from caro_shell.safety.words import (
    CLOSE,
    COMMA,
    GLOB,
    MARKS,
    MOST_CHARACTERS,
    MOST_VALUES,
    ODD,
    OPEN,
    STAR,
    TILDE,
    UNKNOWN,
    Several,
    Values,
    Word,
    expand_braces,
    unescape_ansi,
)

if TYPE_CHECKING:
    from tree_sitter import Node

_MARKED = {"*": STAR, "?": GLOB, "[": GLOB, "{": OPEN, ",": COMMA, "}": CLOSE}


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
        values += expand_braces(value) if OPEN in value else [value.replace(COMMA, ",").replace(CLOSE, "}")]
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


def decoded(node: "Node", text: bytes) -> str:
    """Return what is written at a node."""
    return text[node.start_byte : node.end_byte].decode("utf-8", "replace")


def _text(node: "Node", around: Surroundings) -> str:
    return decoded(node, around.text)


def _values(node: "Node", around: Surroundings) -> Values:
    read = _READ.get(node.type)
    if read:
        return read(node, around)
    _run_nested(node, around)
    return (UNKNOWN,)


def _run_nested(node: "Node", around: Surroundings) -> None:
    """See to it that whatever a node substitutes somewhere is judged: `$((1 + $(…)))`, `${x:?$(…)}`."""
    for child in node.named_children:
        if child.type in ("command_substitution", "process_substitution"):
            around.output(child)
        else:
            _run_nested(child, around)


def _bare(node: "Node", around: Surroundings) -> Values:
    return (_unquoted(_text(node, around)),)


def _together(node: "Node", around: Surroundings) -> Values:
    return _joined([_values(child, around) for child in node.children])


def _process(node: "Node", around: Surroundings) -> Values:
    around.output(node)
    return (UNKNOWN,)


_KEY = re.compile(f"^{GLOB}\\w+\\]=")


def _listed(node: "Node", around: Surroundings) -> Values:
    """Return the values of an array, without the names that stand before them: `([a]=~)`."""
    listed: list[str] = []
    for child in node.named_children[:MOST_VALUES]:
        for value in _values(child, around):
            bare = _KEY.sub("", value)
            home = bare.startswith("~") and (bare != value or _is_bare(child))
            listed.append(f"{TILDE}{bare[1:]}" if home else bare)
    return tuple(listed)


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
    if pattern in ("*/", "*[/]") and how == "##":
        return value.rpartition("/")[2]
    if not MARKS.search(value) and len(value) < _MOST_TRIMMED and not set(pattern) & set("[$"):
        return _trimmed_known(value, how, pattern)
    if set(pattern) & set("*?[$"):
        return UNKNOWN if how[0] == "#" else f"{value.rpartition('/')[0]}/{UNKNOWN}"
    return value.removesuffix(pattern) if how[0] == "%" else value.removeprefix(pattern)


# Longer values are no paths; each of their characters would be tried.
_MOST_TRIMMED = 200


def _trimmed_known(value: str, how: str, pattern: str) -> str:
    """Return a value without the shortest or longest end, or beginning, that a pattern of `*` and `?` matches."""
    matches = re.compile(translate(pattern))
    cuts = range(len(value) + 1)
    longest = len(how) > 1
    if how[0] == "%":
        at = next((cut for cut in (cuts if longest else reversed(cuts)) if matches.match(value[cut:])), None)
        return value if at is None else value[:at]
    at = next((cut for cut in (reversed(cuts) if longest else cuts) if matches.match(value[:cut])), None)
    return value if at is None else value[at:]


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


_ELEMENT = re.compile(r"\$\{(\w+)\[([^]@*]+)\]\}")


def _expansion(node: "Node", around: Surroundings) -> Values:
    """Return what a variable stands for; with `${x:-word}`, that word where nobody has set it."""
    names = [child for child in node.named_children if child.type in ("variable_name", "special_variable_name")]
    name = _text(names[0], around) if names else ""
    text = _text(node, around)
    plainly = text in (f"${name}", f"${{{name}}}")
    known = name in around.variables and not text.startswith(("${!", "${#"))
    # With a colon, an empty value is as good as none.
    known = known and not (re.match(r"\$\{\w+:[-=]", text) and not any(around.variables[name]))
    if not plainly and not known and re.match(r"\$\{\w+:?[-=]", text) and len(node.named_children) > 1:
        return _values(node.named_children[-1], around)
    if not plainly:
        _run_nested(node, around)
    if indirect := re.fullmatch(r"\$\{!(\w+)\}", text):
        named = around.variables.get(indirect[1], ("",))
        return around.variables.get(named[0] if named else "", (UNKNOWN,))
    if element := _ELEMENT.fullmatch(text):
        return _elements(around.variables.get(element[1], ()), element[2])
    if known:
        return around.variables[name] if plainly else _changed(around.variables[name], text)
    usual = plainly or re.match(r"\$\{\w+(:?[?+]|%|#|/|,|\^|\[[@*\d]+\])", text)
    return (UNKNOWN,) if usual and name not in _SPECIAL else (ODD,)


def _elements(values: Values, index: str) -> Values:
    """Return what an index picks of an array; of names for an index, nobody keeps count here."""
    if re.fullmatch(r"-?\d{1,4}", index) and -len(values) <= int(index) < len(values):
        return (values[int(index)],)
    return tuple(values) or (UNKNOWN,)


# zsh's: small, large, without its last part, the last part alone.
_MODIFIERS: Mapping[str, Callable[[str], str]] = {
    "l": str.lower,
    "u": str.upper,
    "h": lambda value: value.rstrip("/").rpartition("/")[0] or "/",
    "t": lambda value: value.rstrip("/").rpartition("/")[2],
}


def _changed(values: Values, text: str) -> Values:
    """Return the values of a variable as the operators in `text` change them."""
    if re.match(r"\$\{\w+:?[?-]", text):
        return values
    if trimmed := re.fullmatch(r"\$\{\w+(%%?|##?)([^}]*)\}", text):
        return tuple(_trimmed(value, trimmed[1], trimmed[2]) for value in values)
    if cased := re.fullmatch(r"\$\{\w+(\^\^?|,,?)\}", text):
        return tuple(value.lower() if "," in cased[1] else value.upper() for value in values)
    if modified := re.fullmatch(r"\$\{\w+:([luht])\}", text):
        return tuple(_MODIFIERS[modified[1]](value) for value in values)
    if replaced := re.fullmatch(r"\$\{\w+(//?)([^/}]+)/?([^}]*)\}", text):
        return tuple(value.replace(replaced[2], replaced[3], -1 if len(replaced[1]) > 1 else 1) for value in values)
    if cut := re.fullmatch(r"\$\{\w+:(\d+)(?::(\d+))?\}", text):
        start, length = int(cut.group(1)), int(cut.group(2) or MOST_VALUES * 1000)
        return tuple(value[start : start + length] for value in values)
    return (ODD,)


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
