"""A command, part by part: what this machine says of each part by itself, and which parts only a model can explain.

Nothing is run but the `--help` of tools that are known to do nothing else. docs/explain.md tells what is read.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from caro_shell.explain.grammar import Written, read_grammar, shifted, texts
from caro_shell.explain.manual import Manual, Manuals
from caro_shell.explain.part import MANUAL, MODEL, NOBODY, SHELL, Explanation, Part, Span, in_order
from caro_shell.explain.words import Called, Place
from caro_shell.line import may_run
from caro_shell.prove.commands import Command, Line, Word
from caro_shell.prove.names import is_builtin
from caro_shell.prove.programs import Programs
from caro_shell.prove.tools import Tool, tool_of, tools
from caro_shell.prove.unwrap import unwrapped
from caro_shell.safety.wrappers import wrappers

__all__ = ["MANUAL", "MODEL", "NOBODY", "SHELL", "Explanation", "Here", "Part", "explain", "here_of"]

MOST_PARTS = 60
"""A command of more is not explained part by part to its end: nobody would read that."""
_MOST_CHARACTERS = 8192
_DEEPEST = 3
# Their options are letters of their own, or go on into values; a text in quotes behind them is a script.
_HANDING = frozenset({"find", "fd", "fdfind", "xargs", "parallel"})
_SUBCOMMAND = re.compile(r"[a-z][\w-]*")


@dataclass(frozen=True)
class Here:
    """Where a command would run, as far as its explanation depends on that."""

    shell: str
    manuals: Manuals
    aliases: Mapping[str, str] = field(default_factory=dict)
    functions: frozenset[str] = frozenset()

    @classmethod
    def of(cls, shell: str, environ: Mapping[str, str], cwd: str) -> "Here":
        """Return this place for `shell`, without what that shell itself knows."""
        programs = Programs(environ.get("PATH", ""), cwd, environ.get("HOME", ""))
        return cls(shell, Manuals(programs))

    def knowing(self, aliases: Mapping[str, str], functions: Iterable[str]) -> "Here":
        """Return the same place with the names that its shell knows."""
        return replace(self, aliases=aliases, functions=frozenset(functions))

    def is_known(self, name: str) -> bool:
        """Say whether something answers to a name here, or at many other places."""
        command = Command(Word(name))
        own = name in self.aliases or name in self.functions or name in tools() or name in wrappers()
        return own or is_builtin(command, self.shell) or bool(self.manuals.programs.find(name, as_root=True))


def explain(text: str, here: Here) -> Explanation:
    """Return the parts of a command, in its order, at most MOST_PARTS; none where it is words and no command.

    A part without a text is one that nothing on this machine says anything about.
    """
    if not is_command(text, here):
        return Explanation(text)
    return Explanation(text, in_order(_parts(text[:_MOST_CHARACTERS], here, 0))[:MOST_PARTS])


def is_command(text: str, here: Here) -> bool:
    """Say whether there is something in `text` to be run, rather than words about it."""
    words = text.split(maxsplit=1)
    return bool(words) and (may_run(text, here.is_known) or here.is_known(words[0]))


def _parts(text: str, here: Here, depth: int) -> Iterator[Part]:
    written = read_grammar(text)
    yield from written.parts
    yield from (Part((span,)) for span in written.unread)
    scripts: dict[Span, str] = {}
    for raw in written.commands[:MOST_PARTS]:
        indices = {(word.start, word.end): at for at, word in enumerate(raw.words)}
        covered: set[Span] = set()
        commands = list(unwrapped(Line((raw,))))
        for command in commands:
            if "sh" in command.by:
                by = [name for name in command.by if name != "sh"]
                scripts.setdefault((command.name.start, command.name.end), by[-1] if by else raw.name.text)
        for command in commands:
            if "sh" in command.by:
                continue
            own = (word for word in command.words if (word.start, word.end) not in scripts)
            places = [Place(word, indices.get((word.start, word.end), -1)) for word in own]
            covered |= {(word.start, word.end) for word in (command.name, *command.words)}
            yield from _of_command(command, places, text, written, here)
        # What belongs neither to a wrapper nor to what it runs: `\;`.
        for word in raw.words:
            span = word.start, word.end
            if span not in covered and span not in scripts:
                yield _Rest(text, raw, written).part(word)
    for span, name in scripts.items():
        yield from _of_script(text, span, name, here, depth)


def _of_script(text: str, span: Span, name: str, here: Here, depth: int) -> Iterator[Part]:
    """Yield the parts of a text in quotes that a command runs, where its characters stand for themselves."""
    start, end = span
    inner = text[start + 1 : end - 1]
    quote = text[start : start + 1]
    plain = quote == "'" or (quote == '"' and not set("\\$`") & set(inner))
    said = texts()["sentences"]["script"].format(name=name)
    if not plain or depth >= _DEEPEST:
        yield Part(((start, end),), said, SHELL, command=name)
        return
    yield Part(((start, start + 1), (end - 1, end)), said, SHELL, command=name)
    yield from (shifted(part, start + 1) for part in _parts(inner, here, depth + 1))


@dataclass(frozen=True)
class _Rest:
    text: str
    raw: Command
    written: Written

    def part(self, word: Word) -> Part:
        called = Called(self.text, self.raw.name.text, Tool(), Manual(), self.written.words, handed=True)
        return next(iter(called.parts([Place(word, 0)])))


def _of_command(command: Command, places: Sequence[Place], text: str, written: Written, here: Here) -> Iterator[Part]:
    name = command.name.text.rpartition("/")[2]
    span = command.name.start, command.name.end
    handed = bool(_HANDING & {*command.by, name})
    if not command.name.known:
        sentence = texts()["sentences"]["variable"]
        yield Part((span,), sentence, SHELL, command=text[slice(*span)])
        yield from Called(text, text[slice(*span)], Tool(), Manual(), written.words, handed).parts(places)
        return
    if own := _own(command, here):
        yield Part((span,), own, SHELL, command=name)
        yield from Called(text, name, Tool(), Manual(), written.words, handed).parts(places)
        return
    if is_builtin(command, here.shell):
        manual = here.manuals.of_builtin(name, here.shell)
        yield _named(manual, span, name)
        yield from Called(text, name, Tool(), manual, written.words, handed).parts(places)
        return
    tool, manual = tool_of(name), here.manuals.of_program(name)
    yield _named(manual, span, name)
    called = Called(text, name, tool, manual, written.words, handed)
    at = _subcommand_at(name, tool, manual, places, here)
    if at < 0:
        yield from called.parts(places)
        return
    yield from called.parts(places[:at])
    yield from _of_subcommand(called, places[at:], here)


def _named(manual: Manual, span: Span, name: str) -> Part:
    return Part((span,), manual.summary, MANUAL if manual.summary else NOBODY, manual.origin, name)


def _own(command: Command, here: Here) -> str:
    """Return what the user's own shell means by a name; empty where it means what it says."""
    name = command.name.text
    if command.by or not command.name.bare:
        return ""
    if name in here.aliases:
        return str(texts()["sentences"]["alias"]).format(meaning=here.aliases[name])
    return str(texts()["sentences"]["function"]) if name in here.functions else ""


def _subcommand_at(name: str, tool: Tool, manual: Manual, places: Sequence[Place], here: Here) -> int:
    """Return which word is a subcommand; -1 where none is."""
    at = 0
    while at < len(places) and places[at].word.text.startswith("-"):
        entry = manual.options.get(places[at].word.text)
        at += 1 + (
            places[at].word.text in tool.values or bool(entry and not tool.subcommands and entry.takes == "value")
        )
    if at >= len(places) or not (places[at].word.known and _SUBCOMMAND.fullmatch(places[at].word.text)):
        return -1
    word = places[at].word.text
    is_one = word in tool.subcommands or word in tool.nested or word in manual.subcommands
    return at if is_one or here.manuals.has_subcommand(name, word) else -1


def _of_subcommand(called: Called, places: Sequence[Place], here: Here) -> Iterator[Part]:
    first, rest = places[0].word, places[1:]
    name, tool = called.name, called.tool
    manual = here.manuals.of_program(name, first.text)
    says, origin = called.manual.subcommands.get(first.text, ("", ""))
    summary, origin = (manual.summary, manual.origin) if manual.summary else (says, origin)
    named = f"{name} {first.text}"
    yield Part(((first.start, first.end),), summary, MANUAL if summary else NOBODY, origin, named)
    # What is not said of the subcommand may be said of the tool.
    options = {**called.manual.options, **manual.options} if not tool.subcommands else dict(manual.options)
    if rest and rest[0].word.text in tool.nested.get(first.text, ()):
        second = rest[0].word
        inner = here.manuals.of_program(name, f"{first.text} {second.text}")
        says = inner.summary or manual.subcommands.get(second.text, ("", ""))[0]
        yield Part(
            ((second.start, second.end),), says, MANUAL if says else NOBODY, inner.origin, f"{named} {second.text}"
        )
        options, rest = {**options, **inner.options}, rest[1:]
    for other in tool.like_of.get(first.text, ()):
        options = {**here.manuals.of_program(name, other).options, **options}
    yield from replace(called, name=named, manual=replace(manual, options=options)).parts(rest)


def here_of(shell: str) -> Here:
    """Return this process' own place."""
    from caro_shell import paths

    return Here.of(shell, os.environ, paths.working_dir())
