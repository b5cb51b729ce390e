"""One line of local knowledge, made fit to stand in a prompt: short, printable, one line."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

LONGEST = 100
"""Characters of a line: about 25 tokens."""
_LONGEST_HEAD = 40
_SENTENCE_END = re.compile(r"(?<=[a-z)'\"])(?:\.\s+[A-Z(].*|\.?\s*$|;\s.*)", re.DOTALL)


@dataclass(frozen=True)
class Line:
    """What is known of a tool in one respect."""

    tool: str
    """`tar`, or with its subcommand, `git commit`."""
    kind: str
    """summary, option, subcommand, example, or command (of the user's own history)."""
    text: str
    source: str
    """Where it was read: man, help, fish, zsh, tldr, history."""


def one_line(text: str) -> str:
    """Return what is printable of `text`, with single blanks; no control or bidirectional character is left."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def first_sentence(text: str) -> str:
    """Return the first sentence of a description, without its full stop."""
    return _SENTENCE_END.sub("", one_line(text)).strip()


def shortened(text: str, longest: int = LONGEST) -> str:
    """Return `text`, cut behind a word where it is too long."""
    if len(text) <= longest:
        return text
    return text[: longest - 1].rpartition(" ")[0].rstrip(" ,;:(") + "…"


def option_line(tool: str, head: str, says: str, source: str) -> Line | None:
    """Return the line of an option, `-J, --xz`, and what it does; None where there is nothing to tell."""
    head, says = one_line(head), first_sentence(says)
    if not says or len(head) > _LONGEST_HEAD or not says[0].isalnum():
        return None
    return Line(tool, "option", shortened(f"{tool}: {head} {says}"), source)


def example_line(tool: str, says: str, command: str, source: str) -> Line | None:
    """Return the line of an example with its description; None for one that is too long to be whole."""
    says, command = first_sentence(says).rstrip(":. "), one_line(command)
    text = f"{says}: {command}"
    # Of a dialogue with a tool, or of a table, no part is a description.
    if not says or not command or len(text) > LONGEST or any(sign in says for sign in "#$|<>="):
        return None
    return Line(tool, "example", text, source)


def each_once(lines: Iterable[Line | None], most: int) -> Iterator[Line]:
    """Yield the lines that are some, and of each option only the first one's; at most `most`."""
    seen: set[tuple[str, str]] = set()
    for line in lines:
        if line is None or len(seen) >= most:
            continue
        names = re.findall(r"(?<![\w-])--?[\w?#@][\w-]*", line.text.partition(": ")[2])
        key = line.tool, max(names[:3], key=len) if line.kind == "option" and names else line.text
        if key not in seen:
            seen.add(key)
            yield line
