"""Which words of a command are options that its tool does not take: said only where all it takes is known."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from caro_shell.prove.commands import Command, Word
from caro_shell.prove.documented import NONE, VALUE, Known, Options
from caro_shell.prove.knowledge import Knowledge
from caro_shell.prove.programs import Programs
from caro_shell.prove.tools import Tool, tool_of

# Every tool is free to know these, and no harm is done where it does not.
_EVERYWHERE = frozenset({"--help", "--version", "-h", "-V", "-help", "-version"})
# getopt_long takes any beginning that only one option has; of two letters and less it is more likely a slip.
_SHORTEST_BEGINNING = 5


@dataclass(frozen=True)
class Unknown:
    """An option that a tool does not take, the word it stands in, and options that may have been meant."""

    tool: str
    option: str
    word: Word
    near: tuple[str, ...] = ()


def unknown_options(command: Command, knowledge: Knowledge, programs: Programs) -> list[Unknown]:
    """Return the options of a command that its tool does not take, each once; nothing where that is not sure."""
    name = command.name.text.rpartition("/")[2]
    tool = tool_of(name)
    words = _through(command.words)
    if tool.unchecked or not any(_is_option(word) for word in words):
        return []
    called, known, words = _called(name, tool, words, knowledge, programs)
    if not known.complete:
        return []
    reading = _Reading(tool, known.options)
    found: dict[str, Unknown] = {}
    for word, option in reading.unknown(words):
        found.setdefault(option, Unknown(called, option, word, reading.near(option)))
    return list(found.values())


def _through(words: Sequence[Word]) -> Sequence[Word]:
    """Return the words up to `--`, or up to one that may become any number of words."""
    end = next((at for at, word in enumerate(words) if word.text == "--" and word.known), len(words))
    return words[:end]


def _is_option(word: Word) -> bool:
    text = word.text
    # A number behind a dash is many things, an option the least.
    return word.known and len(text) > 1 and text[0] == "-" and not text[1].isdigit()


def _called(
    name: str, tool: Tool, words: Sequence[Word], knowledge: Knowledge, programs: Programs
) -> tuple[str, Known, Sequence[Word]]:
    """Return what is called, `git commit`, what is known of it, and the words behind it."""
    if not tool.subcommands and not tool.nested:
        return name, knowledge.about(name, "", programs), words
    at = 0
    while at < len(words) and words[at].text.startswith("-"):
        at += 1 + (words[at].text in tool.values)
    if at >= len(words) or not all(word.known for word in words[: at + 1]):
        return name, Known(), words
    subcommand, rest = words[at].text, words[at + 1 :]
    if rest and rest[0].known and rest[0].text in tool.nested.get(subcommand, ()):
        subcommand, rest = f"{subcommand} {rest[0].text}", rest[1:]
    elif subcommand not in tool.subcommands:
        return name, Known(), rest
    return f"{name} {subcommand}", knowledge.about(name, subcommand, programs), rest


@dataclass(frozen=True)
class _Reading:
    """How one tool reads its words."""

    tool: Tool
    options: Options

    def unknown(self, words: Sequence[Word]) -> Iterator[tuple[Word, str]]:
        """Yield the words that hold an option that is not known, with that option."""
        is_value = False
        if self.tool.style == "bare" and words and words[0].text.isalpha():
            words = words[1:]
        for word in words:
            if is_value or not word.text.startswith("-"):
                stops = self.tool.stops and not is_value
                is_value = False
                if stops:
                    return
            elif word.known and _is_option(word) and not self._is_mode(word):
                option, is_value = self._read(word.text)
                if option:
                    yield word, option
            else:
                is_value = False

    def _is_mode(self, word: Word) -> bool:
        return self.tool.modes and not word.text.startswith("--") and set(word.text[1:]) <= set("rwxXstugoa,+-=")

    def _takes(self, option: str) -> str:
        return self.options.takes.get(option, VALUE)

    def _knows(self, option: str) -> bool:
        return (
            option in self.options.mentioned
            or option in self.options.takes
            or option in self.tool.also
            or option in _EVERYWHERE
            or bool(self.tool.also_like and self.tool.also_like.fullmatch(option))
        )

    def _read(self, text: str) -> tuple[str, bool]:
        """Return the option in `text` that is not known, and whether the next word belongs to it."""
        if text.startswith("--"):
            name, given, _ = text.partition("=")
            known = self._knows(name) or self._knows_another_form(name)
            return ("" if known else name), bool(known and not given and self._takes(name) == VALUE)
        is_cluster = len(text) > 2 and text not in self.options.takes and self.tool.style != "words"  # noqa: PLR2004
        if self._knows(text) and not is_cluster:
            return "", self._takes(text) == VALUE
        option, is_value = self._read_letters(text) if is_cluster else (text, False)
        # A word behind one dash, with what it takes: `-name=value`, ffmpeg's `-c:v`; or named whole somewhere.
        if any(self._knows(text.partition(sign)[0]) for sign in "=:") or self._knows(text):
            option = ""
        return option, is_value and not option

    def _knows_another_form(self, name: str) -> bool:
        """Say whether a long option is a known one negated, or its beginning."""
        if name.startswith("--no-") and self._knows(f"--{name[5:]}"):
            return True
        return f"--no-{name[2:]}" in self.options.mentioned or (not self.tool.exact and self._begins(name))

    def _begins(self, name: str) -> bool:
        if len(name) < _SHORTEST_BEGINNING:
            return False
        begun = {option for option in self.options.mentioned | self.tool.also if option.startswith(name)}
        return len(begun) == 1

    def _read_letters(self, text: str) -> tuple[str, bool]:
        """Return the same for letters behind one dash, of which the last may take a word: `-xzf`, `-n5`."""
        for at, letter in enumerate(text[1:], start=1):
            option = f"-{letter}"
            if not letter.isalpha():
                return "", False
            if not self._knows(option):
                return option, False
            takes = self._takes(option)
            if takes != NONE:
                return "", takes == VALUE and at == len(text) - 1
        return "", False

    def near(self, option: str) -> tuple[str, ...]:
        """Return options that may have been meant: of words there are many, of letters none is near another."""
        words = [name for name in self.options.takes if len(name) > 3]  # noqa: PLR2004  two dashes and a letter
        return tuple(get_close_matches(option, words, n=3, cutoff=0.7)) if len(option) > 2 else ()  # noqa: PLR2004
