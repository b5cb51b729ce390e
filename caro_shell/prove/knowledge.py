"""What the tools of this machine say of themselves: read when it is first needed, kept until they change."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from caro_shell.prove.ask import help_of
from caro_shell.prove.documented import Known, Options, read_options
from caro_shell.prove.fish_completions import completions_of
from caro_shell.prove.man_pages import find_page, read_page
from caro_shell.prove.programs import Programs, is_trusted
from caro_shell.prove.store import Store
from caro_shell.prove.tools import Tool, tool_of

# A page that describes fewer is about something else than options, or was not understood.
_FEWEST_DESCRIBED = 3
_FEWEST_MENTIONED = 2
# BSD's find says no more than its letters when it is asked; its words are in its man page.
_FEWEST_WORDS = 15
# A daemon lives for days, and sees many directories.
_MOST_UNCLEAR = 500

Ask = Callable[[str, Sequence[str]], str]


@dataclass
class Knowledge:
    """Answers what a tool's options are; `store` keeps the answers over restarts."""

    store: Store
    ask: Ask = help_of
    _known: dict[tuple[str, str], tuple[tuple[int, ...], Known]] = field(default_factory=dict, repr=False)
    _unclear: dict[tuple[str, str, str], tuple[tuple[int, ...], Known]] = field(default_factory=dict, repr=False)
    """What did not suffice. Whether a program may be asked depends on the directory, so these are kept by it."""

    def about(self, name: str, subcommand: str, programs: Programs) -> Known:
        """Return what is known of `name` as `programs` find it; nothing of one that is not there."""
        program = programs.find(name, as_root=True)
        if not program:
            return Known()
        key, stamp = (program, subcommand), _stamp(program)
        for found in (self._known.get(key), self._unclear.get((*key, programs.cwd))):
            if found and found[0] == stamp:
                return found[1]
        known = self.store.read(key, stamp)
        if known is None:
            known = self._learn(name, subcommand, program, programs)
            if not known.complete:
                if len(self._unclear) >= _MOST_UNCLEAR:
                    self._unclear.clear()
                self._unclear[*key, programs.cwd] = (stamp, known)
                return known
            self.store.write(key, stamp, known)
        self._known[key] = (stamp, known)
        return known

    def _learn(self, name: str, subcommand: str, program: str, programs: Programs) -> Known:
        tool = tool_of(name)
        known = self._own(tool, subcommand, program, programs)
        options, complete = known.options, known.complete
        for other in tool.like_of.get(subcommand, ()):
            like = self._own(tool, other, program, programs)
            options, complete = options | like.options, complete and like.complete
        for other in tool.like:
            if there := programs.find(other, as_root=True):
                options |= self._own(tool_of(other), "", there, programs).options
        options |= Options({}, frozenset(tool.also_of.get(subcommand, ())))
        if _is_busybox(program):
            options |= Options({}, tool.busybox)
        if complete and not tool.listed:
            # Nobody has looked at this one: what fish's authors know of it, they know for a reason.
            options |= completions_of(name)
        return Known(options, complete)

    def _own(self, tool: Tool, subcommand: str, program: str, programs: Programs) -> Known:
        """Return what a tool says of itself."""
        printed = self._from_help(tool, subcommand, program, programs)
        paged = _from_pages(tool, subcommand, program)
        return Known(printed | paged, _is_complete(printed, paged, tool, subcommand))

    def _from_help(self, tool: Tool, subcommand: str, program: str, programs: Programs) -> Options:
        return read_options(printed_help(tool, subcommand, program, programs, self.ask).splitlines())


def printed_help(tool: Tool, subcommand: str, program: str, programs: Programs, ask: Ask = help_of) -> str:
    """Return what a tool prints when it is asked for help; empty for one that may not be asked."""
    if not tool.help or not is_trusted(program, programs.cwd, programs.home):
        return ""
    return ask(program, [part for word in tool.help for part in word.replace("{sub}", subcommand).split()])


def _from_pages(tool: Tool, subcommand: str, program: str) -> Options:
    page = page_of(tool, subcommand, program)
    return read_page(page) if page else Options()


def page_of(tool: Tool, subcommand: str, program: str) -> Path | None:
    """Return the first man page of a tool that there is; one beside a program of BusyBox is another program's."""
    if _is_busybox(program):
        return None
    real = Path(program).resolve()
    names = [page.replace("{sub}", subcommand.replace(" ", "-")) for page in tool.pages]
    for name in names if subcommand else [*names, real.name]:
        if page := find_page(name, program) or find_page(name, str(real)):
            return page
    return None


def _is_busybox(program: str) -> bool:
    return Path(program).resolve().name in {"busybox", "toybox"}


def _is_complete(printed: Options, paged: Options, tool: Tool, subcommand: str) -> bool:
    if tool.style == "words" and len(printed.mentioned | paged.mentioned) < _FEWEST_WORDS:
        return False
    if tool.help and subcommand not in tool.partial and len(printed.mentioned) >= _FEWEST_MENTIONED:
        return True
    return len(paged.takes) >= _FEWEST_DESCRIBED


def _stamp(program: str) -> tuple[int, ...]:
    """Return what changes when a program does."""
    try:
        found = os.stat(program)  # noqa: PTH116  on every request
    except OSError:
        return ()
    return (found.st_mtime_ns, found.st_size, found.st_ino)
