"""What completions describe: fish's `complete` lines and zsh's `_arguments` specifications, read as text.

bash's completions name options and say nothing about them, so there is nothing in them for a prompt.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from caro_shell.prove import fish_completions
from caro_shell.prove.fish_completions import read_file
from caro_shell.retrieval.lines import Line, first_sentence, one_line, option_line, shortened

_ZSH_PLACES = (
    "share/zsh/functions/Completion",
    "share/zsh/vendor-completions",
    "share/zsh/site-functions",
    "local/share/zsh/site-functions",
)
# `'(-x --exclude)'{-x+,--exclude=}'[leave these out]:pattern'`, `'--total[print a sum]'`.
_ZSH_SPEC = re.compile(
    r"(?:\{(?P<several>-[^{}\s]{1,80})\}['\"]*|['\")*](?P<one>--?[\w?#@][\w-]*)[=+]?-?)\[(?P<says>[^\][]{3,160})\]"
)
_COMPDEF = re.compile(r"^#compdef\s+(.*)$", re.MULTILINE)
_MOST_FILES = 5000


def from_fish(tool: str, text: str) -> Iterator[Line | None]:
    """Yield what a file of fish's says of `tool`, its options and its subcommands."""
    for under, named, says in fish_completions.described(text):
        called = f"{tool} {under}" if under else tool
        if named[0].startswith("-"):
            yield option_line(called, ", ".join(named), says, "fish")
        elif not under:
            called = f"{tool} {named[0]}"
            yield Line(called, "subcommand", shortened(f"{called}: {first_sentence(says)}"), "fish")


def from_zsh(tool: str, text: str) -> Iterator[Line | None]:
    """Yield what a file of zsh's says of `tool`'s options."""
    for found in _ZSH_SPEC.finditer(text):
        names = [name.strip("'\"").rstrip("+=-") for name in (found["several"] or found["one"]).split(",")]
        if all(re.fullmatch(r"--?[\w?#@][\w-]*", name) for name in names):
            yield option_line(tool, ", ".join(names), one_line(found["says"].replace("'\\''", "'")), "zsh")


def zsh_files(roots: Iterable[str]) -> dict[str, Path]:
    """Return which file completes a tool, by the tools that its first line names."""
    found: dict[str, Path] = {}
    left = _MOST_FILES
    for root in roots:
        for place in _ZSH_PLACES:
            for path in Path(root, place).glob("**/_*"):
                left -= 1
                if left < 0:
                    return found
                if path.suffix != ".zwc" and (told := _COMPDEF.match(read_file(path))):
                    for name in told[1].split():
                        found.setdefault(name.partition("=")[0], path)
    return found
