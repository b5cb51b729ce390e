"""Whether a text of shell is one whole command yet, or goes on in the next line.

A scanner of quotes, brackets, heredocs and compound commands, kinder than a grammar: it only groups lines
and says when to stop listening. Whether a command is valid is for the shell's own parser to say.
"""

import re
from itertools import pairwise

_CLOSERS = {
    "if": "fi",
    "for": "done",
    "while": "done",
    "until": "done",
    "select": "done",
    "case": "esac",
    "{": "}",
}
_FISH_CLOSERS = dict.fromkeys(("if", "for", "while", "begin", "function", "switch"), "end")
# After these a command may stand.
_OPENING_WORDS = frozenset(
    {"do", "then", "else", "elif", "!", "time", "{", "and", "or", "not", "if", "while", "until", "begin"}
)
_HEREDOC = re.compile(r"""<<(-?)[ \t]*(?:\\?([\w.+-]+)|'([^'\n]+)'|"([^"\n]+)")""")
# What may stand before the `#` of a comment; elsewhere it is part of a word: `a#b`, `*(#qN)`, `${#x}`.
_BEFORE_COMMENT = frozenset(" \t\n;|&")
_WORD_END = frozenset(" \t\n;|&()<>")


class _Scan:
    """One pass over the text; `open` is what still has to be closed, innermost last."""

    def __init__(self, text: str, shell: str) -> None:
        self.text = text
        self.fish = shell == "fish"
        self.zsh = shell == "zsh"
        self.closers = _FISH_CLOSERS if self.fish else _CLOSERS
        self.open: list[str] = []
        self.heredocs: list[tuple[str, bool]] = []
        self.at_command = True
        self.before = ""
        self.goes_on = False
        self.comments: list[slice] = []
        self.ends: list[int] = []

    def is_complete(self) -> bool:
        at = 0
        while at < len(self.text):
            at = self._in_quotes(at) if self.open and self.open[-1] == '"' else self._outside(at)
        return not self._waits()

    def _waits(self) -> bool:
        return bool(self.open or self.heredocs or self.goes_on)

    def _in_quotes(self, at: int) -> int:
        char = self.text[at]
        if char == "\\":
            return at + 2
        if char == '"':
            self.open.pop()
        elif self.text.startswith("$((", at):
            return self._arithmetic(at + 1)
        elif self.text.startswith("${", at):
            return self._parameter(at)
        elif self.text.startswith("$(", at):
            self.open.append(")")
            self.at_command = True
            return at + 2
        return at + 1

    def _outside(self, at: int) -> int:
        char = self.text[at]
        if char == "\\":
            # A backslash at the very end waits for the line that follows.
            self.goes_on = self.text[at:] in ("\\", "\\\n")
            return at + 2
        if char == "\n":
            self.at_command = True
            self.before = ""
            at = self._after_heredocs(at + 1)
            if not self._waits():
                self.ends.append(at)
            return at
        if char in " \t":
            return at + 1
        if char == "#" and (at == 0 or self.text[at - 1] in _BEFORE_COMMENT):
            end = self.text.find("\n", at)
            end = len(self.text) if end < 0 else end
            self.comments.append(slice(at, end))
            return end
        self.goes_on = False
        if char in "'\"`":
            return self._quote(at, char)
        if char in ";|&()<>":
            return self._operator(at, char)
        return self._word(at)

    def _quote(self, at: int, char: str) -> int:
        if char == "'":
            self.at_command = False
            end = at + 1
            # In fish, and in $'…' of the others, a backslash keeps a quote from closing.
            escapes = self.fish or self.text[at - 1 : at] == "$"
            while end < len(self.text) and self.text[end] != "'":
                end += 2 if escapes and self.text[end] == "\\" else 1
            if end >= len(self.text):
                self.open.append("'")
            return self._word(end + 1, started=True)
        if char == "`" and self.open and self.open[-1] == "`":
            self.open.pop()
            return self._word(at + 1, started=True)
        self.open.append(char)
        self.at_command = char == "`"
        return at + 1

    def _operator(self, at: int, char: str) -> int:
        if char == "(":
            if self.text.startswith("((", at):
                return self._arithmetic(at)
            self.open.append(")")
            self.at_command = True
        elif char == ")":
            if self.open and self.open[-1] == ")":
                self.open.pop()
            # A function's `()` and the pattern of a `case` are followed by a command.
            self.at_command = self.text[at - 1] == "(" or bool(self.open and self.open[-1] == "esac")
            return at + 1 if self.at_command else self._word(at + 1, started=True)
        elif char == "<" and (found := _HEREDOC.match(self.text, at)) and self.text[at : at + 3] != "<<<":
            self.heredocs.append((found[2] or found[3] or found[4], bool(found[1])))
            return found.end()
        elif char in "|&;":
            double = self.text[at : at + 2] in ("&&", "||", ";;", "|&")
            self.at_command = True
            self.goes_on = char == "|" or (char == "&" and double)
            return at + 1 + double
        elif self.text[at : at + 2] in (">|", ">&", "<&"):
            return at + 2
        return at + (3 if self.text.startswith("<<<", at) else 1)

    def _arithmetic(self, at: int) -> int:
        """Skip `((…))`, in which `<<` is no heredoc; also a group in a group, which begins alike."""
        depth = 0
        for end in range(at, len(self.text)):
            depth += {"(": 1, ")": -1}.get(self.text[end], 0)
            if not depth:
                self.at_command = False
                return end + 1
        self.open.append("))")
        return len(self.text)

    def _parameter(self, at: int) -> int:
        """Skip `${…}`, in which quotes and `#` mean something else."""
        end = self.text.find("}", at)
        if end < 0:
            self.open.append("}")
            return len(self.text)
        return end + 1

    def _after_heredocs(self, at: int) -> int:
        """Skip the bodies that begin at this line; one without its end stays open."""
        while self.heredocs:
            word, strip = self.heredocs[0]
            while True:
                end = self.text.find("\n", at)
                line = self.text[at : end if end >= 0 else len(self.text)]
                at = end + 1 if end >= 0 else len(self.text)
                if (line.lstrip("\t") if strip else line) == word:
                    self.heredocs.pop(0)
                    break
                if end < 0:
                    return at
        return at

    def _word(self, at: int, *, started: bool = False) -> int:
        start = at
        while at < len(self.text) and self.text[at] not in _WORD_END and self.text[at] not in "'\"`\\":
            if self.text.startswith("${", at):
                at = self._parameter(at)
                continue
            if self.text.startswith("$((", at):
                return self._arithmetic(at + 1)
            if self.text.startswith("$(", at):
                self.open.append(")")
                self.at_command = True
                return at + 2
            at += 1
        word = self.text[start:at]
        if not started:
            self._note_word(word)
        return at

    def _note_word(self, word: str) -> None:
        # zsh closes a block without a `;` before the brace.
        if self.open and word == self.open[-1] and (self.at_command or (self.zsh and word == "}")):
            self.open.pop()
            self.before = ""
            return
        # fish has one `end` for the whole chain of `else if`.
        chained = self.fish and self.before == "else" and word == "if"
        if self.at_command and not chained and (closer := self.closers.get(word)):
            self.open.append(closer)
        named = self.before == "function" and not self.fish
        self.at_command = named or (self.at_command and word in _OPENING_WORDS)
        self.before = word


def is_complete(text: str, shell: str) -> bool:
    """Say whether `text` can stand alone: nothing open, no heredoc unfinished, no line that goes on."""
    return bool(text.strip()) and _Scan(text, shell).is_complete()


def comments_in(text: str, shell: str) -> list[slice]:
    """Return where the comments of `text` stand, from `#` to the end of the line."""
    scan = _Scan(text, shell)
    scan.is_complete()
    return scan.comments


def without_comments(text: str, shell: str) -> str:
    """Return `text` without its comments: an interactive zsh takes their words as arguments."""
    for comment in reversed(comments_in(text, shell)):
        head, tail = text[: comment.start].rstrip(" \t"), text[comment.stop :]
        # A line of nothing but comment goes as a whole.
        text = head + (tail.removeprefix("\n") if not head or head.endswith("\n") else tail)
    return text


def split_commands(text: str, shell: str) -> list[str]:
    """Return the whole commands of `text` in order, each with the lines that belong together.

    Lines of comment between commands are dropped. What is left open at the end is the last one.
    """
    scan = _Scan(text, shell)
    scan.is_complete()
    pieces = [text[start:end].strip() for start, end in pairwise([0, *scan.ends, len(text)])]
    return [piece for piece in pieces if piece and not piece.startswith("#")]
