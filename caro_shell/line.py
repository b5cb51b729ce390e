"""What stands on a line: words that ask for a command, a command to be changed by its comment, or half a command."""

import re
from collections.abc import Callable
from typing import NamedTuple

from caro_shell.errors import UsageError
from caro_shell.parse.continuation import comments_in

Known = Callable[[str], bool]
"""Says whether a word is the name of a program or builtin here."""

# What hardly stands on a line that is not a command: an option, a pipe, a list, a substitution, a redirection.
_STRONG = re.compile(r"(?:^|\s)--?[A-Za-z]|\|\s*\w|&&|\|\||;\s|\$\(|[<>]\s*(?:[~/.A-Za-z]|$)|(?:^|\s)\|")
# What a request may name too: a path, a pattern, a variable.
_WEAK = re.compile(r"(?:^|\s)(?:\.{0,2}/|~/|\$\w|[\w./-]*\*)|[\w-]/[\w.-]")
_QUOTED = re.compile(r"'[^']*'?|\"[^\"]*\"?")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
# What may stand before a program's name.
_BEFORE = frozenset({"sudo", "doas", "env", "time", "nohup", "command", "exec", "builtin", "nice", "watch", "xargs"})
# English grammar: two of them make a sentence, also behind the name of a program (`find all files in …`).
GRAMMAR = frozenset(
    """a all an and any are as at be but by each every from how i if in into is it its me my named of on only or over
    please show than that the their them then there these they this those to under using what when where which who
    whose with without you your""".split()  # noqa: SIM905  a line a word would be long to read
)
# Compound commands: their names are English too, so they count by their syntax.
_COMPOUND = re.compile(r"(?:for|select)\s+\w+\s+in\s|(?:while|until|if)\s.*;|case\s+\S+\s+in\b|\[\[?\s|\{\s|\(")


class Words(NamedTuple):
    """A request in the user's words."""

    text: str


class Refinement(NamedTuple):
    """A command, and what is to be changed about it."""

    command: str
    comment: str


class Draft(NamedTuple):
    """A command that is not finished, or not right: what is left and right of the cursor."""

    left: str
    right: str


Written = Words | Refinement | Draft


def request_of(line: str) -> str:
    """Return the request on a line, without the `#` of the comment style; raises UsageError when there is none."""
    request = line.strip().lstrip("# \t").strip()
    if not request:
        raise UsageError("There is no request on the line.", "Type what you want in words, then press the key.")
    return request


def read_line(text: str, cursor: int | None, shell: str, known: Known) -> Written:
    """Return what a line asks for; raises UsageError when there is nothing on it.

    `cursor` counts the characters left of the cursor; None is the end.
    """
    stripped = text.strip()
    if stripped.startswith("#") or not stripped:
        return Words(request_of(text))
    comments = comments_in(text, shell)
    if comments:
        comment = text[comments[-1]].lstrip("# \t").strip()
        command = text[: comments[-1].start].strip()
        if comment and not text[comments[-1].stop :].strip() and may_run(command, known):
            return Refinement(command, comment)
    if is_command(stripped, known):
        at = len(text) if cursor is None else min(max(cursor, 0), len(text))
        return Draft(text[:at], text[at:]) if text[at:].strip() else Draft(text, "")
    return Words(stripped)


def may_run(text: str, known: Known) -> bool:
    """Say whether a shell would find something to run in `text`."""
    return is_command(text, known) or _begins(text, known)


def _begins(text: str, known: Known) -> bool:
    words = _words(text)
    return bool(words) and known(words[0])


def _words(text: str) -> list[str]:
    """Return the words from the program's name on, without what stands in quotes."""
    words = _QUOTED.sub(" ", text).split()
    while words and (words[0] in _BEFORE or _ASSIGNMENT.match(words[0])):
        words.pop(0)
    return words


def is_command(text: str, known: Known) -> bool:
    """Say whether `text` is meant as a command rather than as words about one.

    The name of a program alone proves nothing: `find`, `sort`, `kill`, `make` begin requests too.
    """
    words = _words(text)
    if not words:
        return False
    if _COMPOUND.match(text):
        return True
    bare = _QUOTED.sub(" ", text)
    grammar = sum(word.lower().strip(",.?!") in GRAMMAR for word in words[1:])
    strong, weak = bool(_STRONG.search(bare)), bool(_WEAK.search(bare))
    if words[0].startswith(("./", "/", "~/", "../")):
        return grammar < 2  # noqa: PLR2004  two make a sentence
    if known(words[0]):
        return (strong and grammar < 2) or (weak and not grammar) or _is_half_quoted(text, grammar)  # noqa: PLR2004
    # A name that does not exist may be misspelt.
    return strong and not grammar and len(words) <= 6  # noqa: PLR2004  a sentence is longer


def _is_half_quoted(text: str, grammar: int) -> bool:
    """Say whether a quote has been opened before a program's script, as in `awk '{print $1`."""
    return not grammar and bool(re.search(r"\s['\"][^'\"]*[{}$/\\;]", text))
