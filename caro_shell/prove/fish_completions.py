"""What fish's completions on this disk say of a tool's options: lines of data, read and never run."""

import re
import shlex
from pathlib import Path

from caro_shell.prove.documented import NONE, VALUE, Options

_SIZE_LIMIT = 512 * 1024
_COMPLETE = re.compile(r"^\s*complete\s.*", re.MULTILINE)
_PLACES = (
    "share/fish/completions",
    "share/fish/vendor_completions.d",
    "local/share/fish/vendor_completions.d",
)


def completions_of(tool: str, roots: tuple[str, ...] = ("/usr", "/usr/local", "/opt/homebrew")) -> Options:
    """Return the options fish would complete for `tool`; none where there is no such file."""
    found = Options()
    for root in roots:
        for place in _PLACES:
            path = Path(root, place, f"{tool}.fish")
            try:
                if path.stat().st_size <= _SIZE_LIMIT:
                    found |= read_completions(path.read_text(encoding="utf-8", errors="replace"))
            except OSError:
                continue
    return found


def read_completions(text: str) -> Options:
    """Return the options in the `complete` lines of a script."""
    takes: dict[str, str] = {}
    for line in _COMPLETE.findall(text):
        try:
            words = shlex.split(line, comments=True)
        except ValueError:
            words = line.split()
        named, value = _options_of(words)
        for name in named:
            takes[name] = VALUE if value or takes.get(name) == VALUE else NONE
    return Options(takes, frozenset(takes))


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
