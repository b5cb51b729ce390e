"""Commands the user has run, out of the history files of the shells; only read when the setting `history` says so.

Left out: what holds a secret, what was typed behind a blank so that it is not kept, comments, and what is not one line.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from caro_shell.redact import without_secrets
from caro_shell.retrieval.lines import Line

_SIZE_LIMIT = 8 * 1024 * 1024
_MOST = 3000
_LONGEST, _SHORTEST = 80, 8
_ZSH_ENTRY = re.compile(r"^: \d+:\d+;")
_FISH_COMMAND = re.compile(r"^- cmd: (.*)$")
_ZSH_META = re.compile(rb"\x83(.)", re.DOTALL)
_BEFORE = frozenset({"sudo", "doas", "time", "command", "nohup"})


def files(home: str, environ: Mapping[str, str]) -> list[Path]:
    """Return the history files that are there, each once."""
    dotted = environ.get("ZDOTDIR") or home
    data = environ.get("XDG_DATA_HOME", "")
    found = [
        *([Path(environ["HISTFILE"])] if environ.get("HISTFILE", "").startswith("/") else []),
        Path(home, ".bash_history"),
        Path(dotted, ".zsh_history"),
        Path(dotted, ".zhistory"),
        Path(dotted, ".histfile"),
        Path(data if data.startswith("/") else f"{home}/.local/share", "fish", "fish_history"),
    ]
    return [path for path in dict.fromkeys(found) if path.is_file()]


def read_lines(paths: list[Path]) -> list[Line]:
    """Return the latest commands that may stand in a prompt, each once."""
    lines: dict[str, Line] = {}
    for path in paths:
        for command in _kept(path):
            lines.pop(command, None)
            lines[command] = Line(_tool(command), "command", command, "history")
    return list(lines.values())[-_MOST:]


def _kept(path: Path) -> Iterator[str]:
    for entry in entries_of(_text(path), is_fish=path.name == "fish_history"):
        # A history that has lost its blanks at the front has lost the user's wish, but not the secret.
        if entry[:1].isspace() or not entry.isprintable() or entry.startswith("#"):
            continue
        command = entry.strip()
        if _SHORTEST <= len(command) <= _LONGEST and without_secrets([command]) == [command]:
            yield command


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _SIZE_LIMIT:
            return ""
        raw = path.read_bytes()
    except OSError:
        return ""
    # zsh writes some bytes behind 0x83, with one bit turned (Src/utils.c, metafy).
    if "zsh" in path.name or path.name in {".zhistory", ".histfile"}:
        raw = _ZSH_META.sub(lambda found: bytes([found[1][0] ^ 32]), raw)
    return raw.decode("utf-8", "replace")


def entries_of(text: str, *, is_fish: bool) -> Iterator[str]:
    """Yield the commands of a history file, with blanks at their front; of one with several lines, all of them."""
    if is_fish:
        for line in text.splitlines():
            if found := _FISH_COMMAND.match(line):
                yield found[1].replace("\\n", "\n").replace("\\\\", "\\")
        return
    # In zsh's files, a backslash at the end of a line says that the command goes on.
    for whole in re.split(r"(?<!\\)\n", text):
        entry = _ZSH_ENTRY.sub("", whole)
        if entry.strip() and not re.fullmatch(r"#\d+", entry):
            yield entry


def _tool(command: str) -> str:
    words = [word for word in command.split() if word not in _BEFORE and "=" not in word]
    return words[0] if words else ""
