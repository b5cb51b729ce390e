"""fish and zsh, as far as bash's grammar can be made to read them; and any text that it cannot, in pieces."""

import re
from collections.abc import Iterator

from caro_shell.safety import zsh

# In fish a loop has no `do` and ends with `end`, a command's output is `(…)`, and `{$x}` is `$x`.
_FISH_FOR = re.compile(r"((?:^|[;&|\n])\s*(?:for\s+\w+\s+in\s+[^;\n]+|while\s+[^;\n]+))[;\n]")
_FISH_END = re.compile(r"((?:^|[;\n])\s*)end\b")
_FISH_BRACES = re.compile(r"\{(\$\w+)\}")
_FISH_FILE = re.compile(r"(?:<\s*)?\(([^()]*?)\|\s*psub\b[^()]*\)")
_FISH_NAMED = re.compile(r"\$\$(\w+)")
_FISH_OUTPUT = re.compile(r"((?:^|[\s;\"])[^\s'\"()$#]*)\((?=[^)\s])")
# zsh has short loops, `=(…)` for a file of a command's output, `>!` for `>|`, and flags before a name.
_ZSH_QUALIFIED = re.compile(r"(?<=[*\]?/\w])\((?:[./@DNnoOLmFrwxU,^#=%*:\d+-]|\[\d\])+\)(?=[\s;)]|$)")
_ZSH_EITHER = re.compile(r"(?<=[*.\w])\(([\w.*-]+(?:\|[\w.*-]+)+)\)(?=[\s;)(]|$)")
_ZSH_BUT = re.compile(r"(?<=[\s/])\^(?:\([^)]*\)|[\w.*-])+|(?<=\*)~[^\s;)]+")
_ZSH_FOR = re.compile(r"\b(?:for|foreach) (\w+)(?: \w+)*(?: \(([^)]*)\)| in ([^;]*); \{)\s*\{?\s*([^;}]+)\}?(?:; end)?")
_ZSH_OUTPUT = re.compile(r"(?<=\s)=\(")
_ZSH_OVER = re.compile(r"(^|[^>])>!")
_ZSH_ALWAYS = re.compile(r"[ \t;]*\}\s*always\s*\{")
_ZSH_CLOSED = re.compile(r"(?<=[^;&|{\s])[ \t]+\}(?=[ \t]*(?:$|[;&|\n)]))")
_ZSH_NAMES = re.compile(r"\bfunction\s+\w+(?=\s+\w+\s*(?:\(\))?\s*\{)")

# Words that come before a command, in one shell or another.
_KEYWORDS = re.compile(r"\s*(?:(?:and|or|not|begin|if|while|else|then|do|time|builtin|end|!|\{)(?=[\s;]|$)\s*)+")
_SEPARATORS = re.compile(r"[;\n|&(){}]+")


# What the grammar does not know of bash itself: a line cut within a word, a command in braces, a coprocess of a group.
_CUT = re.compile(r"(?<=[^\s\\])\\\n(?=\S)")
_BRACED = re.compile(r"(^|[;&|\n(]\s*)\{([^\s{},;'\"$]+(?:,[^\s{},;'\"$]*)+)\}(?=[\s;|&)]|$)")
# `time` may stand before a group, which the grammar takes only where it begins a command; so may zsh's `repeat 3`.
_TIMED = re.compile(r"(?<![\w./-])time\s+(?:-p\s+)?(?=[{(])")
_REPEATED = re.compile(r"(?<![\w./-])repeat\s+\S+\s+(?=\{)")
# Backticks in backticks.
_TICKED = re.compile(r"\\`([^`\\\n]*)\\`")
_COPROCESS = re.compile(r"\bcoproc\s+(?:\w+\s+)?(?=[{(])")


def as_bash(text: str, shell: str) -> str:
    """Return a text of `shell` with what bash writes otherwise written as bash does."""
    if "\\\n" in text and "<<" not in text:
        text = _CUT.sub("", text)
    if "{" in text:
        text = _BRACED.sub(lambda found: f"{found[1]}{found[2].replace(',', ' ')}", text)
        text = _COPROCESS.sub("", text)
    if "time" in text:
        text = _TIMED.sub("", text)
    if "\\`" in text and text.count("`") - text.count("\\`") > 1:
        text = _TICKED.sub(r"$(\1)", text)
    if shell == "fish":
        text = _FISH_FILE.sub(r"<(\1)", _FISH_NAMED.sub(r"${!\1}", text))
        text = _FISH_BRACES.sub(r"\1", text)
        if _FISH_FOR.search(text):
            text = _FISH_FOR.sub(r"\1 ; do ", _FISH_END.sub(r"\1done", text))
        return _FISH_OUTPUT.sub(r"\1$(", text)
    if shell == "zsh":
        text = _REPEATED.sub("", text) if "repeat" in text else text
        text = zsh.flags_followed(text) if "${" in text or "$=" in text or "]" in text else text
        text = _ZSH_EITHER.sub(lambda found: f"{{{found[1].replace('|', ',')}}}", text) if "|" in text else text
        # What `^` and `~` leave out is less than what they take.
        text = _ZSH_BUT.sub(lambda found: "*" if found.group()[0] == "^" else "", _ZSH_QUALIFIED.sub("", text))
        text = _ZSH_NAMES.sub("function", text.replace("$~", "$"))
        text = _ZSH_CLOSED.sub(" ; }", _ZSH_ALWAYS.sub(" ; } ; {", text))
        text = _ZSH_FOR.sub(_long_loop, _ZSH_OUTPUT.sub("<(", text))
        return _ZSH_OVER.sub(r"\1>|", text)
    return text


def _long_loop(found: re.Match[str]) -> str:
    return f"for {found[1]} in {found[2] or found[3]}; do {found[4]}; done"


def pieces(text: str) -> Iterator[tuple[int, str]]:
    """Yield what lies between the places where any shell would cut a text, and where it begins, in bytes."""
    at = start = 0
    for found in [*_SEPARATORS.finditer(text), None]:
        piece = text[at : found.start() if found else len(text)]
        lead = _KEYWORDS.match(piece)
        skipped = lead.end() if lead else 0
        if piece[skipped:].strip():
            yield start + _size(piece[:skipped]), piece[skipped:]
        start += _size(piece) + (_size(found.group()) if found else 0)
        at = found.end() if found else at


def _size(text: str) -> int:
    return len(text.encode("utf-8", "replace"))
