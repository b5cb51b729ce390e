"""What `awk` prints, where its own text and the lines that it is given say so."""

import re
from collections.abc import Sequence

from caro_shell.safety import formed
from caro_shell.safety.words import UNKNOWN, unescape_ansi

_AWK_FIELD = re.compile(r"\s*(?:NR\s*[>=]+\s*\d+\s*)?\{\s*print\s+\$(\d+)\s*;?\s*\}\s*")


_AWK_PRINT = re.compile(
    r"\s*(BEGIN\s*)?(?:NR\s*[>=]+\s*\d+\s*)?\{\s*print(f?)\s*\(?((?:\s*,?\s*(?:\"(?:\\.|[^\"\\])*\"|\$\d+|\d+))+)\s*\)?\s*;?\s*\}\s*"
)
_AWK_PART = re.compile(r"\"((?:\\.|[^\"\\])*)\"|\$(\d+)|(\d+)|(,)")


def _awk_text(program: str, given: str | None) -> str | None:
    """Return what `print "rm " $1` prints: its strings, and the fields of the lines as far as they are known."""
    found = _AWK_PRINT.fullmatch(program)
    if not found or '"' not in found[3]:
        return None
    lines = [""] if found[1] or given is None else given.splitlines() or [""]
    said = []
    for line in lines[:_MOST_LINES]:
        parts = [
            unescape_ansi(text) if not (field or number or comma) else number or comma or _field(line, int(field))
            for text, field, number, comma in _AWK_PART.findall(found[3])
        ]
        if found[2]:
            form, *values = [part for part in parts if part != ","]
            values = [chr(int(value)) if "%c" in form and value.isdigit() else value for value in values]
            said.append(formed.printed([form, *values], None) or "")
        else:
            said.append("".join(" " if part == "," else part for part in parts))
    return "\n".join(said)


_MOST_LINES = 64


def _field(line: str, number: int) -> str:
    fields = line.split()
    if not fields:
        return UNKNOWN
    return line if not number else fields[number - 1] if number <= len(fields) else ""


def printed(words: Sequence[str], given: str | None) -> str | None:
    """Return one field of each line: `awk -F: '{print $6}'`."""
    said = "\x00".join(words)
    if (printed := next((text for word in words if (text := _awk_text(word, given)) is not None), None)) is not None:
        return printed
    found = next((field for word in words if (field := _AWK_FIELD.fullmatch(word))), None)
    mark = re.search(r"-F\x00?(.)", said)
    if given is None or found is None:
        return None
    lines = [line.split(mark[1] if mark else None) for line in given.splitlines()]
    number = int(found[1])
    return "\n".join(parts[number - 1] if 0 < number <= len(parts) else " ".join(parts) for parts in lines)
