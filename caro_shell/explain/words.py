"""The words of one command as its tool reads them: options, what they take, subcommands; each with what is known."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from caro_shell.explain.grammar import COVERED, texts
from caro_shell.explain.manual import Entry, Manual
from caro_shell.explain.part import MANUAL, SHELL, Part, Span
from caro_shell.prove.commands import Word
from caro_shell.prove.documented import NONE, VALUE
from caro_shell.prove.tools import Tool
from caro_shell.safety.wrappers import wrappers

_NUMBER = re.compile(r"-\d+")
# How manuals write a number in the place of an option: `-NUM`, `-<number>`, `-n`.
_NUMBERS = ("-NUM", "-number", "-num", "-n", "-#")
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=")
_SHORTEST_BEGINNING = 4


@dataclass(frozen=True)
class Place:
    """A word of a command, and which one it is: what an option takes stands right behind it."""

    word: Word
    index: int


@dataclass(frozen=True)
class Called:
    """A command whose words are to be explained."""

    text: str
    """The whole text that the words stand in."""
    name: str
    """As the user would name it: `git log`."""
    tool: Tool
    manual: Manual
    written: Mapping[Span, str] = field(default_factory=dict)
    """What the grammar says of words, by where they stand."""
    handed: bool = False
    """Whether another command hands it its words, so that `{}` is a name."""

    def parts(self, places: Sequence[Place]) -> Iterator[Part]:
        """Yield the parts that the words behind the name come to."""
        waiting = list(places)
        are_options = True
        if self.tool.style == "bare" and waiting and self._is_bare(waiting[0].word):
            first = waiting.pop(0)
            yield from self._letters(first.word, waiting, lead=0)
        while waiting:
            place = waiting.pop(0)
            word = place.word
            if are_options and word.text == "--" and word.bare:
                are_options = False
                yield self._of_shell(texts()["sentences"]["ends_options"], (word.start, word.end))
            elif are_options and len(word.text) > 1 and word.text[0] in "-+" and (word.known or "=" in word.text):
                yield from self._option(place, waiting)
            elif self.written.get((word.start, word.end)) != COVERED:
                yield self._operand(word)

    def _of_shell(self, said: str, *spans: Span) -> Part:
        return Part(spans, said, SHELL, command=self.name)

    def _is_bare(self, word: Word) -> bool:
        if self.name not in texts()["bare"]["as_with_a_dash"]:
            return False
        return word.text.isalpha() and all(f"-{letter}" in self.manual.options for letter in word.text)

    def _operand(self, word: Word) -> Part:
        span = word.start, word.end
        handed: Mapping[str, str] = texts()["handed"] if self.handed else {}
        if said := handed.get(word.text.lstrip("\\")) or self.written.get(span):
            return self._of_shell(said, span)
        wrapper = wrappers().get(self.name)
        if wrapper and wrapper.assignments and (assigned := _ASSIGNMENT.match(word.text)):
            return self._of_shell(texts()["sentences"]["assignment_before"].format(name=assigned[1]), span)
        return Part((span,), command=self.name)

    def _known(self, entry: Entry, *spans: Span) -> Part:
        return Part(spans, entry.says, MANUAL, entry.origin, self.name)

    def _option(self, place: Place, waiting: list[Place]) -> Iterator[Part]:
        word = place.word
        if entry := self._entry(word.text.partition("=")[0] if word.text.startswith("--") else word.text):
            takes_next = (entry.takes == VALUE or word.text in self.tool.values) and not (
                "=" in word.text and word.text.startswith("--")
            )
            yield self._known(entry, (word.start, word.end), *self._value(place, waiting, wanted=takes_next))
        elif _NUMBER.fullmatch(word.text):
            number = next((self.manual.options[name] for name in _NUMBERS if name in self.manual.options), None)
            yield (
                self._known(number, (word.start, word.end))
                if number
                else Part(((word.start, word.end),), command=self.name)
            )
        elif not word.text.startswith("--") and self._reads_letters(word):
            yield from self._letters(word, waiting, lead=1)
        else:
            yield self._unknown(place, waiting)

    def _unknown(self, place: Place, waiting: list[Place]) -> Part:
        """Return an option that no manual describes; whoever lists what wraps others may know that it takes a word."""
        word = place.word
        if entry := self._entry_with_value(word.text):
            return self._known(entry, (word.start, word.end))
        wrapper = wrappers().get(self.name)
        wanted = word.text in self.tool.values or bool(wrapper and word.text in wrapper.values)
        return Part(((word.start, word.end), *self._value(place, waiting, wanted=wanted)), command=self.name)

    def _entry(self, name: str) -> Entry | None:
        options = self.manual.options
        if name in options:
            return options[name]
        if name.startswith("--no-") and (entry := options.get(f"--{name[5:]}")):
            return replace(entry, says=f"not: {entry.says}", takes=NONE)
        if name.startswith("--") and len(name) > _SHORTEST_BEGINNING and not self.tool.exact:
            begun = {options[option] for option in options if option.startswith(name)}
            return begun.pop() if len(begun) == 1 else None
        return None

    def _entry_with_value(self, text: str) -> Entry | None:
        """Return the entry of an option of several letters behind one dash with its value: `-name=value`, `-c:v`."""
        names = (text.partition(sign)[0] for sign in "=:" if sign in text)
        return next((self.manual.options[name] for name in names if name in self.manual.options), None)

    def _reads_letters(self, word: Word) -> bool:
        """Say whether a word is one letter, or several of which each is an option up to one that takes the rest."""
        if self.tool.style == "words" or self.text[word.start : word.end] != word.text:
            return False
        for letter in word.text[1:]:
            entry = self.manual.options.get(f"-{letter}")
            if entry is None:
                return False
            if entry.takes != NONE:
                return True
        return True

    def _letters(self, word: Word, waiting: list[Place], lead: int) -> Iterator[Part]:
        """Yield a part for each letter of `-xzf`; the last may take the rest of the word, or the next one."""
        index = waiting[0].index - 1 if waiting else 0
        begin = word.start
        for at, letter in enumerate(word.text[lead:], start=word.start + lead):
            entry = self.manual.options.get(f"-{letter}")
            if entry is None:
                yield Part(((begin, word.end),), command=self.name)
                return
            is_last = at == word.end - 1
            if entry.takes != NONE and not is_last and lead:
                yield self._known(entry, (begin, word.end))
                return
            wanted = entry.takes == VALUE and (is_last or not lead)
            value = self._value(Place(word, index), waiting, wanted=wanted)
            yield self._known(entry, (begin, at + 1), *value)
            begin = at + 1

    def _value(self, place: Place, waiting: list[Place], *, wanted: bool) -> tuple[Span, ...]:
        """Take the next word for an option that wants one; nothing where another command's words come between."""
        if not wanted or not waiting or waiting[0].index != place.index + 1:
            return ()
        word = waiting.pop(0).word
        return ((word.start, word.end),)
