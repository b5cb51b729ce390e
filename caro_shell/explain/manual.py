"""What the texts on this machine say of a tool: its one line, its options and what each does, its subcommands.

Read are its `--help` (of those tools alone that `prove` may ask), its man page, and fish's completions; of a shell's
own commands, fish's man pages and bash's `help`. The first of these that says something is believed.
"""

import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from caro_shell.prove import fish_completions
from caro_shell.prove.ask import help_of
from caro_shell.prove.documented import NONE, entries
from caro_shell.prove.knowledge import Ask, page_of, printed_help
from caro_shell.prove.man_pages import find_page, read_source
from caro_shell.prove.names import builtins_of
from caro_shell.prove.programs import Programs, is_trusted
from caro_shell.prove.roff import sections
from caro_shell.prove.tools import Tool, tool_of
from caro_shell.retrieval.lines import one_line, shortened
from caro_shell.retrieval.pages import summary_in

LONGEST = 200
"""Characters of what is said of one part: two or three rows of a window."""
_SENTENCE_END = re.compile(r"(?:(?<=[a-z0-9)'\"\]])|(?<=[A-Z]{2}))\.(?:\s+(?=[A-Z(])|\s*$)|\s*;\s+(?=[A-Z])")
_SUBCOMMAND = re.compile(r"^ {1,12}(?P<name>[a-z][\w-]*)(?: [A-Z\[<|.{][^a-z]*?\S*)?(?: {2,}|\t| - )\s*(?P<says>\S.*)$")
_COLUMN = re.compile(r"\s{3,}")
_SYNOPSIS = re.compile(r"\[[A-Za-z-]|\.\.\.|^\S+ \[")
_SAME = re.compile(r"(?:the )?(?:same as|like|alias (?:of|for)) (--?[\w-]+)(?:=\w+)?$", re.IGNORECASE)
_USAGE = re.compile(r"^\s*(?:usage|or|try)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Entry:
    """What an option does, what it takes (`prove.documented`), and where that was read."""

    says: str
    takes: str
    origin: str


@dataclass(frozen=True)
class Manual:
    """What is said of one tool, or of one subcommand; empty where nothing is."""

    summary: str = ""
    origin: str = ""
    """Where the summary was read."""
    options: Mapping[str, Entry] = field(default_factory=dict)
    subcommands: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """What each does, and where that was read."""


def said(text: str) -> str:
    """Return the first sentence of a description, fit for a terminal, without its full stop."""
    # What follows behind several blanks is the next column of a table.
    first = _SENTENCE_END.split(one_line(_COLUMN.split(text.strip(), maxsplit=1)[0]), maxsplit=1)[0].strip()
    return shortened(first.rstrip(" :;,"), LONGEST)


@dataclass(frozen=True)
class Manuals:
    """Reads what there is about the tools that `programs` find."""

    programs: Programs
    ask: Ask = help_of
    fish_roots: tuple[str, ...] = fish_completions.ROOTS
    _read: dict[tuple[str, str], Manual] = field(default_factory=dict, repr=False, compare=False)
    """What has been read: a command may name a tool often."""

    def of_program(self, name: str, subcommand: str = "") -> Manual:
        """Return what is said of the program `name`, or of its subcommand; nothing of one that is not there."""
        if (name, subcommand) not in self._read:
            self._read[name, subcommand] = self._of_program(name, subcommand)
        return self._read[name, subcommand]

    def of_builtin(self, name: str, shell: str) -> Manual:
        """Return what is said of a command that `shell` runs itself."""
        key = name, f"builtin of {shell}"
        if key not in self._read:
            self._read[key] = self._of_builtin(name, shell)
        return self._read[key]

    def _of_program(self, name: str, subcommand: str) -> Manual:
        program = self.programs.find(name, as_root=True)
        if not program:
            return Manual()
        tool = tool_of(name)
        # The help of a tool that has but one is not about its subcommands.
        is_asked = not subcommand or any("{sub}" in word for word in tool.help)
        printed = printed_help(tool, subcommand, program, self.programs, self.ask).splitlines() if is_asked else []
        page = self._page(tool, name, subcommand, program)
        paged = list(sections(read_source(page))) if page else []
        asked = " ".join([name, *(word.replace("{sub}", subcommand) for word in tool.help)]).replace("  ", " ")
        man = f"{page.name.partition('.')[0]}({page.name.split('.')[1]})" if page else ""
        summaries = [(_summary_of(paged), man), (_first_prose(printed), asked)]
        summary, origin = next(((text, where) for text, where in summaries if text), ("", ""))
        options: dict[str, Entry] = {}
        _take(options, entries(printed), asked)
        for _, lines in paged:
            _take(options, entries(lines), man)
        _take(options, self._of_fish(name, subcommand), "fish's completions")
        return Manual(summary, origin, options, {} if subcommand else self._subcommands(name, printed, asked))

    def _of_builtin(self, name: str, shell: str) -> Manual:
        if shell == "fish":
            pages = (Path(root, "share", "fish", "man", "man1", f"{name}.1") for root in self.fish_roots)
            page = next((path for path in pages if path.is_file()), None)
            paged = list(sections(read_source(page))) if page else []
            options: dict[str, Entry] = {}
            for _, lines in paged:
                _take(options, entries(lines), "fish's manual")
            return Manual(_summary_of(paged), "fish's manual", options)
        if name not in builtins_of("bash"):
            return Manual()
        lines = self._help_of_bash(name)
        options = {}
        # zsh has most of bash's commands, with options of its own.
        _take(options, entries(lines) if shell == "bash" else (), "bash's help")
        return Manual(said(" ".join(_paragraph(lines[1:]))), "bash's help", options)

    def has_subcommand(self, name: str, word: str) -> bool:
        """Say whether a word behind `name` has a manual of its own: `docker-run(1)`."""
        program = self.programs.find(name, as_root=True)
        return bool(program and re.fullmatch(r"[a-z][\w-]*", word) and find_page(f"{name}-{word}", program))

    def _page(self, tool: Tool, name: str, subcommand: str, program: str) -> Path | None:
        if subcommand and not any("{sub}" in page for page in tool.pages):
            return find_page(f"{name}-{subcommand.replace(' ', '-')}", program)
        page = page_of(tool, subcommand, program)
        # What the tool itself says is not about this subcommand.
        return page if page is None or not subcommand or subcommand.partition(" ")[0] in page.name else None

    def _of_fish(self, name: str, subcommand: str) -> Iterator[tuple[Mapping[str, str], str]]:
        for under, named, says in self._described_by_fish(name):
            if under == subcommand and named[0].startswith("-"):
                yield dict.fromkeys(named, NONE), says

    def _described_by_fish(self, name: str) -> Iterator[tuple[str, list[str], str]]:
        for path in fish_completions.files_of(name, self.fish_roots):
            yield from fish_completions.described(fish_completions.read_file(path))

    def _subcommands(self, name: str, printed: Iterable[str], asked: str) -> Mapping[str, tuple[str, str]]:
        found: dict[str, tuple[str, str]] = {}
        for line in printed:
            if entry := _SUBCOMMAND.match(line):
                found.setdefault(entry["name"], (said(entry["says"]), asked))
        for under, named, says in self._described_by_fish(name):
            if not under and not named[0].startswith("-"):
                found.setdefault(named[0], (said(says), "fish's completions"))
        return found

    def _help_of_bash(self, name: str) -> list[str]:
        bash = self.programs.find("bash") or shutil.which("bash", path="/bin:/usr/bin") or ""
        if not bash or not is_trusted(bash, self.programs.cwd, self.programs.home):
            return []
        script = ["--norc", "--noprofile", "-c", 'help -- "$1"', "bash", name]
        return self.ask(bash, script).expandtabs().splitlines()


def _take(options: dict[str, Entry], found: Iterable[tuple[Mapping[str, str], str]], origin: str) -> None:
    """Add what was found of options that nothing is known of yet."""
    for names, says in found:
        text = said(says)
        for name, takes in names.items():
            if text and name not in options:
                options[name] = Entry(text, takes, origin)
    for name, entry in options.items():
        if (same := _SAME.match(entry.says)) and (other := options.get(same[1])) and not _SAME.match(other.says):
            options[name] = replace(entry, says=shortened(f"{entry.says}: {other.says}", LONGEST))


def _summary_of(paged: Iterable[tuple[str, list[str]]]) -> str:
    return next((said(summary_in(lines)) for heading, lines in paged if heading.casefold() == "name"), "")


def _first_prose(printed: Iterable[str]) -> str:
    """Return what a tool's help says first that is neither its usage nor its options."""
    lines = [line for line in printed if not _USAGE.match(line)]
    for at, line in enumerate(lines):
        if line.strip() and not line.startswith((" ", "\t", "-")):
            text = said(" ".join(_paragraph(lines[at:])))
            return "" if " " not in text or _SYNOPSIS.search(text) else text
    return ""


def _paragraph(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        if not line.strip():
            return
        yield line
