"""What there is to read on this machine: which tools, from which files, and what is read out of them."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from pathlib import Path
from zlib import crc32

from caro_shell.prove import fish_completions
from caro_shell.prove.ask import help_of
from caro_shell.prove.documented import described
from caro_shell.prove.knowledge import Ask, page_of, printed_help
from caro_shell.prove.man_pages import read_source
from caro_shell.prove.programs import Programs
from caro_shell.prove.tools import tool_of, tools
from caro_shell.retrieval import completions, pages, tldr
from caro_shell.retrieval.lines import Line, each_once, option_line

_MOST_LINES = 300
_MOST_TOOLS = 3000


@dataclass(frozen=True)
class Unit:
    """A tool and where it is described; `stamp` changes when any of that does."""

    name: str
    program: str
    stamp: str
    page: Path | None
    common: bool
    """Whether requests are about it that do not name it."""


@dataclass(frozen=True)
class Machine:
    """Where tools and texts lie: a PATH, a home, and the directories that completions are below."""

    path: str
    home: str
    system: str = "Linux"
    environ: Mapping[str, str] = field(default_factory=dict)
    roots: tuple[str, ...] = fish_completions.ROOTS
    ask: Ask = help_of

    @cached_property
    def programs(self) -> Programs:
        """Return the programs of the directories that are the same from everywhere."""
        absolute = [part for part in self.path.split(os.pathsep) if part.startswith("/")]
        return Programs(os.pathsep.join(absolute), home=self.home)

    @cached_property
    def tldr_pages(self) -> Mapping[str, Path]:
        """Return the user's tldr pages, by tool."""
        return tldr.pages_in(tldr.directories(self.home, self.environ, self.system))

    @cached_property
    def zsh_files(self) -> Mapping[str, Path]:
        """Return zsh's completion files, by tool."""
        return completions.zsh_files(self.roots)

    def units(self) -> Iterator[Unit]:
        """Yield the tools there are to know of: those that people use first, then whatever has a page; at most 3000."""
        common = [name for name in dict.fromkeys([*tools(), *self.tldr_pages]) if self.programs.find(name)]
        rest = sorted(set(self.programs.names()) - set(common))
        left = _MOST_TOOLS
        for name in chain(common, rest):
            unit = self._unit(name, common=name in tools() or name in self.tldr_pages)
            if unit and (unit.common or unit.page) and left > 0:
                left -= 1
                yield unit

    def _unit(self, name: str, *, common: bool) -> Unit | None:
        program = self.programs.find(name)
        if not program:
            return None
        page = page_of(tool_of(name), "", program)
        others = [self.tldr_pages.get(name), self.zsh_files.get(name), *fish_completions.files_of(name, self.roots)]
        seen = "".join(map(_seen, [Path(program), page, *others]))
        return Unit(name, program, f"{crc32(seen.encode('utf-8', 'replace')):08x}", page, common)

    def read(self, unit: Unit) -> list[Line]:
        """Return what is to be known of a tool, the shortest wording of each option.

        One of those that may be asked for their help is asked.
        """
        name, tool = unit.name, tool_of(unit.name)
        tldr_page, zsh = self.tldr_pages.get(name), self.zsh_files.get(name)
        told = printed_help(tool, "", unit.program, self.programs, self.ask) if unit.common else ""
        from_page = [*pages.read_lines(name, read_source(unit.page))] if unit.page else []
        fish = "\n".join(map(fish_completions.read_file, fish_completions.files_of(name, self.roots)))
        lines = chain(
            tldr.read_lines(name, fish_completions.read_file(tldr_page)) if tldr_page else (),
            (line for line in from_page if line and line.kind != "option"),
            (option_line(name, head, says, "help") for head, says in described(told.splitlines())),
            completions.from_fish(name, fish),
            completions.from_zsh(name, fish_completions.read_file(zsh)) if zsh else (),
            (line for line in from_page if line and line.kind == "option"),
            chain.from_iterable(self._read_subcommand(unit, sub) for sub in sorted(tool.subcommands)),
        )
        return list(each_once(lines, _MOST_LINES))

    def _read_subcommand(self, unit: Unit, subcommand: str) -> Iterator[Line | None]:
        called = f"{unit.name} {subcommand}"
        tldr_page = self.tldr_pages.get(called.replace(" ", "-"))
        if tldr_page:
            yield from tldr.read_lines(called, fish_completions.read_file(tldr_page))
        page = page_of(tool_of(unit.name), subcommand, unit.program)
        if page and page != unit.page:
            yield from pages.read_lines(called, read_source(page))


def _seen(path: Path | None) -> str:
    """Return what changes when a file does."""
    if path is None:
        return "-"
    try:
        found = path.stat()
    except OSError:
        return "-"
    return f"{path}:{found.st_mtime_ns}:{found.st_size}:{found.st_ino};"


def stamp_of(paths: list[Path]) -> str:
    """Return what changes when one of these files does."""
    return f"{crc32(''.join(map(_seen, paths)).encode('utf-8', 'replace')):08x}"
