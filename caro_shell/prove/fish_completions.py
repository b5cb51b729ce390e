"""What fish's completions on this disk say of a tool's options: lines of data, read and never run."""

import re
import shlex
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from caro_shell.prove.documented import NONE, VALUE, Options

_SIZE_LIMIT = 512 * 1024
_DESCRIBING = frozenset({"-d", "--description", "-n", "--condition", "-a", "--arguments"})
# `__fish_seen_subcommand_from enable`, `__fish_git_using_command commit`.
_UNDER = re.compile(r"^__fish_\w*(?:subcommand_from|using_(?:sub)?command)\s+([a-z][\w-]*)")
_NAME = re.compile(r"[a-z][\w-]*")
_COMPLETE = re.compile(r"^\s*complete\s.*", re.MULTILINE)
ROOTS = ("/usr", "/usr/local", "/opt/homebrew")
_PLACES = (
    "share/fish/completions",
    "share/fish/vendor_completions.d",
    "local/share/fish/vendor_completions.d",
)


def completions_of(tool: str, roots: tuple[str, ...] = ROOTS) -> Options:
    """Return the options fish would complete for `tool`; none where there is no such file."""
    found = Options()
    for path in files_of(tool, roots):
        found |= read_completions(read_file(path))
    return found


def files_of(tool: str, roots: tuple[str, ...] = ROOTS) -> list[Path]:
    """Return the files that may complete `tool`, whether or not they are there."""
    return [Path(root, place, f"{tool}.fish") for root in roots for place in _PLACES]


def read_file(path: Path) -> str:
    """Return the text of a completion file; empty when it cannot be read, or is too long for one."""
    try:
        return path.read_text(encoding="utf-8", errors="replace") if path.stat().st_size <= _SIZE_LIMIT else ""
    except OSError:
        return ""


def read_completions(text: str) -> Options:
    """Return the options in the `complete` lines of a script."""
    takes: dict[str, str] = {}
    for line in _COMPLETE.findall(text):
        named, value = _options_of(_words(line))
        for name in named:
            takes[name] = VALUE if value or takes.get(name) == VALUE else NONE
    return Options(takes, frozenset(takes))


def described(text: str) -> Iterator[tuple[str, list[str], str]]:
    """Yield what the `complete` lines describe: the subcommand it belongs to, the options or subcommands, the words."""
    for line in _COMPLETE.findall(text):
        words = _words(line)
        values = {word: following for word, following in pairwise(words) if word in _DESCRIBING}
        says = next((values[word] for word in ("-d", "--description") if word in values), "")
        condition = next((values[word] for word in ("-n", "--condition") if word in values), "")
        under = _UNDER.search(condition)
        named, _ = _options_of(words)
        if not named and not condition.startswith("__fish_seen"):
            named = [values[word] for word in ("-a", "--arguments") if _NAME.fullmatch(values.get(word, ""))]
        if says and named and "$" not in says and "(" not in says[:1]:
            yield under[1] if under else "", named, says


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line, comments=True)
    except ValueError:
        return line.split()


def _options_of(words: list[str]) -> tuple[list[str], bool]:
    named, value = [], False
    for word, following in zip(words, [*words[1:], ""], strict=True):
        name = following.replace("\\", "")
        if word in {"-s", "--short-option"}:
            named += [f"-{letter}" for letter in name]
        elif word in {"-l", "--long-option"}:
            named.append(f"--{name}")
        elif word in {"-o", "--old-option"}:
            named.append(f"-{name}")
        elif re.fullmatch(r"-[a-zA-Z]*[rx][a-zA-Z]*|--require-parameter|--exclusive", word):
            value = True
    return named, value
