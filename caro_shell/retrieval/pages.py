"""What a man page has for a prompt: its one line, how the tool is called, its options, its examples."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from caro_shell.line import is_command
from caro_shell.prove.documented import described
from caro_shell.prove.roff import sections
from caro_shell.retrieval.lines import LONGEST, Line, example_line, one_line, option_line, shortened

_PROMPT = re.compile(r"^(?:[$%#>]|\S{0,12}[$#])\s+")
_NAME_LINE = re.compile(r"^.*?\s+[-\u2013\u2014]{1,2}\s+(.*)$")
_SENTENCE = re.compile(r"(?<=[a-z)][.:])\s+(?=[A-Z(])")


def read_lines(tool: str, source: str) -> Iterator[Line | None]:
    """Yield what the page in `source` says of `tool`."""
    name = tool.partition(" ")[0]
    summary, usage = "", ""
    for heading, lines in sections(source):
        title = heading.casefold()
        if title == "name" and not summary:
            summary = summary_in(lines)
        elif title == "synopsis" and not usage:
            usage = next((text for line in lines if (text := _bare(line)).startswith(f"{name} ")), "")
        elif title.startswith("example"):
            for says, command in _examples(lines, name):
                yield example_line(tool, says, command, "man")
        else:
            yield from (option_line(tool, head, says, "man") for head, says in described(lines))
    if summary:
        said = f"{tool}: {summary}"
        whole = f"{said}; {one_line(usage)}"
        yield Line(tool, "summary", whole if usage and len(whole) <= LONGEST else shortened(said), "man")


def _bare(line: str) -> str:
    return line.removeprefix("; ").strip()


def summary_in(lines: Sequence[str]) -> str:
    """Return what stands behind the dash, as `whatis` shows it."""
    found = _NAME_LINE.match(one_line(" ".join(map(_bare, lines))))
    return found[1].strip() if found else ""


class _Piece(NamedTuple):
    is_command: bool
    text: str


def _examples(lines: Sequence[str], name: str) -> Iterator[tuple[str, str]]:
    """Yield each example's description and command; a page has its descriptions before its commands, or behind them."""

    def known(word: str) -> bool:
        return word == name

    pieces = list(_pieces(lines, name, known))
    comes_before = bool(pieces) and not pieces[0].is_command
    for at, piece in enumerate(pieces):
        if not piece.is_command:
            continue
        other = at - 1 if comes_before else at + 1
        if 0 <= other < len(pieces) and not pieces[other].is_command:
            sentences = _SENTENCE.split(pieces[other].text)
            yield sentences[-1 if comes_before else 0], piece.text


def _pieces(lines: Sequence[str], name: str, known: Callable[[str], bool]) -> Iterator[_Piece]:
    prose: list[str] = []
    for line in lines:
        text = _bare(line)
        command = _PROMPT.sub("", text)
        began = command.split(maxsplit=1)[:1] == [name]
        if began and not command.endswith((".", "\\")) and (command != text or is_command(command, known)):
            if prose:
                yield _Piece(is_command=False, text=" ".join(prose))
                prose = []
            yield _Piece(is_command=True, text=command)
        elif text:
            prose.append(text)
    if prose:
        yield _Piece(is_command=False, text=" ".join(prose))
