"""A command as it is run: its words, what feeds it, what runs it, and where it stands in the text."""

from dataclasses import dataclass

from caro_shell.safety.words import Word


@dataclass(frozen=True)
class Redirect:
    """A file that a command writes or reads: `operator` is `>`, `>>`, `>|`, `&>` or `<`."""

    operator: str
    target: Word


@dataclass(frozen=True)
class Call:
    """One command as it is run, after the words before it that only run another have been taken off."""

    words: tuple[Word, ...]
    redirects: tuple[Redirect, ...] = ()
    chain: tuple[str, ...] = ()
    """The names of what runs it, outermost first: `sudo`, `xargs`, `sh -c` …"""
    fed_by: tuple["Call", ...] = ()
    """The commands before it in its pipeline."""
    substituted: tuple["Call", ...] = ()
    """The commands whose output is among its words, or a file to it."""
    input: str | None = None
    """What it reads, where the text itself says so: a here-document, the output of `echo`."""
    cwd: str = ""
    """The directory it runs in; empty: the one of the shell, which nobody knows."""
    source: str = ""
    """What was written for it."""
    span: tuple[int, int] = (0, 0)
    """Where it stands in the text that was typed, in bytes."""
    remote: bool = False
    """Whether it runs on another machine, or in a container."""
    unreadable: bool = False
    """Whether this stands for a text that could not be read to its end."""
    looped: bool = False
    """Whether a function that runs this calls itself more than once, without end."""

    @property
    def name(self) -> str:
        """The command's name without its directory; as it is where no alias or function can be meant."""
        # zsh finds the program of a name by `=name`.
        value = self.words[0].value.removeprefix("=") if self.words else ""
        last = value.rpartition("/")[2] if "/" in value else value
        # From WSL, the programs of Windows are run by their whole names.
        return last[:-4] if last.endswith((".exe", ".EXE")) else last

    @property
    def arguments(self) -> tuple[Word, ...]:
        """The words after the name."""
        return self.words[1:]
