"""What models wrap a command in: fences, backticks, prompts, labels, JSON, prose. Each is taken off here."""

import json
import re
from typing import NamedTuple

# Possessive: of a long run of blanks, every way to share it out would be tried.
_FENCE = re.compile(r"(?:^|\n)[ \t]*+(`{3,}|~{3,})[ \t]*+([\w+.-]*+)[ \t]*+\n")
_ONE_LINE_FENCE = re.compile(r"^`{3,}(?:(?:ba|z|fi)?sh[ \t]+)?([^`\n]+?)`{3,}$")
_INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
# `> file` alone is a command of its own: it empties the file. Only after a name is `>` a prompt, fish's.
_PROMPT = re.compile(
    r"^(?:(?:[\w.-]+@[\w.-]+(?:[: ]\S*?)?|(?:ba|z|fi)?sh(?:-[\d.]+)?|~\S*)?[$%❯»➜]"  # noqa: RUF001
    r"|(?:[\w.-]+@[\w.-]+(?:[: ]\S*?)?|fish|~\S*)>)[ \t]+(?=\S)"
)
_SHELL_NAME = re.compile(r"^(?:bash|zsh|fish|sh|shell|console|terminal)$")
_NUMBER = re.compile(r"^(?:\d+[.)]|[-*•])[ \t]+(?=\S)")
_LABEL = re.compile(
    r"^(?:\*\*)?(?:command|answer|shell command|(?:ba|z|fi)sh)(?:\*\*)?[ \t]*:(?:\*\*)?[ \t]*", re.IGNORECASE
)
# Words that begin a sentence to the user and name no program anybody has.
_PROSE = re.compile(
    r"^(?:sure|certainly|of course|"
    r"here(?:'s| is| are)?|you(?:'ll| can| could| should)?|this|these|that|it|i(?:'m|'ll| am)?|"
    r"the|to|in order|a|an|use|using|try|run|please|sorry|unfortunately|as an|there|if you|note|explanation|"
    r"warning|caution|careful|be careful|beware|attention|important|danger)\b"
    r"(?![=(/.-])",
    re.IGNORECASE,
)
# A sentence of any kind: a capital, words, and the mark that ends it; commands seldom begin like that.
_SENTENCE = re.compile(r"^[A-Z][a-z']+,? (?:[^|;&$<>`\n]*[\w)\"'])?[.:!](?:\n|$)")
_DATA = re.compile(r'^[{]\s*"')
_KEYS = ("command", "cmd", "shell", "answer")


class Unwrapped(NamedTuple):
    """The text of the command, and whether what it was wrapped in has been closed."""

    text: str
    closed: bool
    fenced: bool


def _from_json(text: str) -> Unwrapped | None:
    if not text.startswith("{"):
        return None
    try:
        found, _end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    return next(
        (Unwrapped(found[key].strip(), closed=True, fenced=True) for key in _KEYS if isinstance(found.get(key), str)),
        None,
    )


def _from_fence(text: str) -> Unwrapped | None:
    if found := _ONE_LINE_FENCE.match(text):
        return Unwrapped(found[1].strip(), closed=True, fenced=True)
    found = _FENCE.search(text)
    # A fence after a command is not what the command was wrapped in.
    if not found or not (found.start() == 0 or is_prose(text)):
        return None
    close = re.compile(rf"\n[ \t]*{re.escape(found[1])}", re.ASCII).search(text, found.end() - 1)
    body = text[found.end() : close.start() if close else len(text)].strip("\n")
    body = body.rstrip().rstrip("`") if not close else body
    return _from_json(body.strip()) or Unwrapped(body, closed=bool(close), fenced=True)


def _from_backticks(text: str) -> Unwrapped | None:
    if not text.startswith("`") or text.startswith("``"):
        return None
    first, newline, _rest = text.partition("\n")
    first = first.rstrip()
    if len(first) > 1 and first.endswith("`"):
        return Unwrapped(first[1:-1].strip(), closed=bool(newline), fenced=False)
    # Words may follow the closing backtick; no command begins with a substitution and goes on in words.
    if (found := _INLINE.match(first)) and first[found.end() :].startswith((" ", ":", ",", ".")):
        return Unwrapped(found[1].strip(), closed=True, fenced=False)
    return Unwrapped(first[1:], closed=False, fenced=False)


def _bare(text: str) -> str:
    text = _NUMBER.sub("", _LABEL.sub("", text, count=1), count=1)
    lines = text.split("\n")
    if is_bare_name(lines[0]) and len(lines) > 1:
        return _bare("\n".join(lines[1:]).strip())
    # A prompt on the first line means that the lines without one are what the command printed.
    if _PROMPT.match(lines[0]):
        return "\n".join(
            line[2:] if line.startswith("> ") else _PROMPT.sub("", line)
            for line in lines
            if line.startswith("> ") or _PROMPT.match(line)
        )
    return text


def is_bare_name(text: str) -> bool:
    """Say whether `text` is but the name of a shell: the label of what follows, or a command of its own."""
    return bool(_SHELL_NAME.match(text.strip()))


def is_data(text: str) -> bool:
    """Say whether `text` is an object of JSON, whole or in the making."""
    return bool(_DATA.match(text))


def is_prose(text: str) -> bool:
    """Say whether `text` speaks to the user instead of being a command."""
    return bool(_PROSE.match(text) or _SENTENCE.match(text))


def _from_prose(text: str) -> Unwrapped:
    first, _newline, rest = text.partition("\n")
    if first.rstrip("* \t").endswith(":") and rest.strip():
        return unwrap(rest)
    found = [code.strip() for code in _INLINE.findall(text)]
    # A lone word in backticks is more often the name of a program than the whole command.
    command = next((code for code in found if " " in code), "")
    return Unwrapped(command or next(iter(found), text), closed=bool(command), fenced=False)


def unwrap(raw: str) -> Unwrapped:
    """Return what the model meant as the command; prose without any comes back as it is."""
    text = raw.replace("\r\n", "\n").strip()
    if not text.strip("`~"):
        return Unwrapped("", closed=False, fenced=False)
    for taken_off in (_from_json(text), _from_fence(text)):
        if taken_off:
            return taken_off._replace(text=_bare(taken_off.text.strip()))
    text = _LABEL.sub("", text, count=1)
    if taken_off := _from_backticks(text):
        return taken_off._replace(text=_bare(taken_off.text))
    if is_prose(text):
        return _from_prose(text)
    return Unwrapped(_bare(text), closed=False, fenced=False)
