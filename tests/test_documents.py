"""README.md and docs/*.md lead where they say: each link within the repository, each anchor, each path in backticks."""

import re
import shlex
from functools import cache
from itertools import product
from pathlib import Path
from urllib.parse import unquote

import pytest

from caro_shell.config import TYPES, known
from caro_shell.config import values as config_values

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[(?:[^\[\]]|\[[^\[\]]*\])*\]\(([^()\s]+)(?:\s+\"[^\"]*\")?\)")
CODE = re.compile(r"`+([^`]+)`+")
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)
# What is run from a checkout and what is shipped; a path of the user's machine begins with none of these.
SETTING = re.compile(r"caro config set (?=[a-z])([^`#\n]+)")
PATH = re.compile(r"(?:caro_shell|shell|tests|evals|training|install|docs|bench|manual|conf\.d)/[\w.{},*/-]*")


def prose(page: Path) -> str:
    """Return a page without its fenced blocks: what looks like a link in there is none."""
    return FENCE.sub("", page.read_text(encoding="utf-8"))


def links(page: Path) -> list[str]:
    """Return where a page's links and pictures lead, but for other machines."""
    targets = LINK.findall(CODE.sub("", prose(page)))
    return [target for target in targets if not re.match(r"[a-z][a-z0-9+.-]*:", target)]


@cache
def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings as GitHub makes them: lower case, no punctuation, blanks as hyphens."""
    found: set[str] = set()
    for heading in HEADING.findall(prose(page)):
        shown = (
            LINK.sub(lambda link: link[0].partition("](")[0].lstrip("!["), heading).replace("`", "").replace("*", "")
        )
        plain = re.sub(r"[^\w\- ]", "", shown.lower()).replace(" ", "-")
        again = sum(1 for anchor in found if re.fullmatch(re.escape(plain) + r"(-\d+)?", anchor))
        found.add(f"{plain}-{again}" if again else plain)
    return found


def alternatives(path: str) -> list[str]:
    """Return what a path with `{a,b}` in it stands for."""
    pieces = re.split(r"\{([^{}]*)\}", path)
    return [
        "".join(choice)
        for choice in product(*([piece] if at % 2 == 0 else piece.split(",") for at, piece in enumerate(pieces)))
    ]


def is_there(path: str) -> bool:
    """Say whether the repository has what a path or a pattern names."""
    return any(ROOT.glob(path.rstrip("/"))) if "*" in path else (ROOT / path).exists()


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_each_link_leads_somewhere(page: Path) -> None:
    """The file is there, and has the heading."""
    broken = []
    for target in links(page):
        file, _, anchor = unquote(target).partition("#")
        there = (page.parent / file).resolve() if file else page
        if not there.is_relative_to(ROOT) or not there.exists():
            broken.append(f"{target}: no such file")
        elif anchor and (there.suffix != ".md" or anchor not in anchors(there)):
            broken.append(f"{target}: no such heading")
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_each_path_in_backticks_is_there(page: Path) -> None:
    """A reader who looks for it finds it. A name in capitals stands for the reader's own."""
    named = {found[0] for code in CODE.findall(prose(page)) if (found := PATH.match(code))}
    paths = [path for name in named if not re.search(r"[A-Z]{3}", name) for path in alternatives(name.rstrip(".,"))]
    assert [path for path in sorted(paths) if not is_there(path)] == []


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_each_setting_that_a_page_sets_takes_the_value(page: Path) -> None:
    """Whoever copies the line gets no error."""
    for words in SETTING.findall(page.read_text(encoding="utf-8")):
        name, value = shlex.split(words)
        config_values.from_text(known(name), TYPES[name], value)


def test_every_page_is_reached_from_the_readme() -> None:
    """At least by way of another page: what nobody links to, nobody reads."""
    reached: set[Path] = set()
    ahead = [PAGES[0]]
    while ahead:
        page = ahead.pop()
        if page in reached:
            continue
        reached.add(page)
        files = [(page.parent / unquote(target).partition("#")[0]).resolve() for target in links(page)]
        ahead += [file for file in files if file in PAGES]
    assert sorted(set(PAGES) - reached) == []


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("The beginning of every prompt", "the-beginning-of-every-prompt"),
        ("tiny: run 145a0cb9f39c", "tiny-run-145a0cb9f39c"),
        ("`# words` and Enter", "-words-and-enter"),
        ("`auto`", "auto"),
        ("What is `run`?", "what-is-run"),
    ],
)
def test_an_anchor_is_what_github_makes_of_a_heading(heading: str, anchor: str, tmp_path: Path) -> None:
    """Its rule is nowhere written but in its code; these are headings of ours and the anchors it shows for such."""
    page = tmp_path / "page.md"
    page.write_text(f"# Title\n\n```sh\n# no heading\n```\n\n## {heading}\n\n## {heading}\n", encoding="utf-8")
    assert anchors(page) == {"title", anchor, f"{anchor}-1"}


def test_what_is_broken_is_seen(tmp_path: Path) -> None:
    """The links of a page are found, those in code are none, and a path is looked for as it is written."""
    page = tmp_path / "page.md"
    page.write_text(
        "[a](b.md#c) `[no](link)` ![d](e.svg) [f](https://g.org)\n\n```\n[no](link)\n```\n", encoding="utf-8"
    )
    assert links(page) == ["b.md#c", "e.svg"]
    assert alternatives("shell/caro.{zsh,fish}") == ["shell/caro.zsh", "shell/caro.fish"]
    assert is_there("shell/*/gestures.*")
    assert not is_there("shell/caro.csh")
