"""The tldr pages that the user's own client has fetched: examples of a tool, each with what it is for."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from caro_shell.retrieval.lines import Line, example_line, first_sentence, shortened

# Below the home: tldr (C, Node, Python, Haskell clients), tealdeer, tlrc; on macOS they use Library/Caches.
_PLACES = (
    ".cache/tldr",
    ".local/share/tldr",
    ".tldr/cache",
    ".tldr",
    ".cache/tealdeer/tldr-pages",
    ".cache/tlrc",
    "Library/Caches/tealdeer/tldr-pages",
    "Library/Caches/tlrc",
    ".tldrc/tldr",
)
# The place of a page below these differs from client to client.
_FOLDERS = ("pages", "pages.en", "tldr/pages", "tldr-main/pages", "")
_SYSTEMS = {"Linux": ("linux", "common"), "macOS": ("osx", "common")}
_PLACEHOLDER = re.compile(r"\{\{(.*?)\}\}")
_OPTION_CHOICE = re.compile(r"^\[([^|\]]+)\|[^\]]+\]$")


def directories(home: str, environ: Mapping[str, str], system: str) -> list[Path]:
    """Return the directories of pages that are there, those of `system` before the common ones."""
    above = [Path(home, place) for place in _PLACES]
    for variable, names in (("XDG_CACHE_HOME", ("tldr", "tealdeer/tldr-pages", "tlrc")), ("XDG_DATA_HOME", ("tldr",))):
        if environ.get(variable, "").startswith("/"):
            above += [Path(environ[variable], name) for name in names]
    wanted = _SYSTEMS.get(system, ("common",))
    candidates = [place / folder / part for part in wanted for place in above for folder in _FOLDERS]
    return [path for path in dict.fromkeys(candidates) if path.is_dir()]


def pages_in(places: Sequence[Path]) -> dict[str, Path]:
    """Return the page of each tool, the first there is; `git-commit` is the page of `git commit`."""
    found: dict[str, Path] = {}
    for place in places:
        for page in sorted(place.glob("*.md")):
            found.setdefault(page.stem, page)
    return found


def read_lines(tool: str, text: str) -> Iterator[Line | None]:
    """Yield the summary and the examples of a page; its place-holders lose their braces."""
    says, summary = "", ""
    for raw in text.splitlines():
        line = raw.strip()
        if line.startswith("> ") and not summary and ":" not in line[:20]:
            summary = first_sentence(line[2:])
            yield Line(tool, "summary", shortened(f"{tool}: {summary}"), "tldr")
        elif line.startswith("- "):
            says = line[2:].replace("[", "").replace("]", "")
        elif line.startswith("`") and line.endswith("`") and says:
            yield example_line(tool, says, _PLACEHOLDER.sub(_plain, line.strip("`")), "tldr")
            says = ""


def _plain(found: re.Match[str]) -> str:
    """Return a place-holder's words; of `[-a|--all]`, the short form."""
    choice = _OPTION_CHOICE.match(found[1])
    return choice[1] if choice else found[1]
