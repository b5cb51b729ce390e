"""Which existing files an output names, whatever stands around the names."""

import os
import re
from pathlib import Path, PurePosixPath

from evals.sandbox.place import HOME

_MOST_LINES = 3000
_MOST_WORDS = 24
_HUSK = "\"'`,;:()[]<>|"
_WORD = re.compile(r"\S+")


def named_paths(output: str, root: Path, cwd: str, command: str, gone: frozenset[str]) -> list[str]:
    """Return the absolute paths in `output` that exist under `root`, or are in `gone`, sorted, without `cwd` itself.

    A name may be relative to `cwd`, to a directory that `command` names, or to the heading above it (`ls -R`).
    """
    bases = [cwd, *_directories_in(command, root, cwd)]
    seeker = _Seeker(root, gone)
    found: set[str] = set()
    heading = ""
    for line in output.splitlines()[:_MOST_LINES]:
        if not line.strip():
            heading = ""
        elif line.endswith(":") and (path := seeker.exists(line[:-1], [heading or cwd, cwd])):
            heading = path
        else:
            found |= seeker.in_line(line, [heading, *bases] if heading else bases)
    return sorted(found - {cwd, "/", str(PurePosixPath(cwd).parent)})


def _directories_in(command: str, root: Path, cwd: str) -> list[str]:
    """Return the directories that are words of `command`."""
    known = {"$PWD": cwd, "${PWD}": cwd, "$HOME": HOME, "~": HOME}
    words = []
    for word in dict.fromkeys(piece.strip(_HUSK) for piece in command.split()):
        start, slash, rest = word.partition("/")
        words.append(f"{known.get(start, start)}{slash}{rest}".rstrip("/"))
    ours = [os.path.normpath(os.path.join(cwd, word)) for word in words if word]  # noqa: PTH118  pathlib keeps `..`
    return [path for path in ours if path != cwd and (root / path[1:]).is_dir()]


class _Seeker:
    """Finds names in lines; remembers what it has looked up."""

    def __init__(self, root: Path, gone: frozenset[str]) -> None:
        self._root = root
        self._gone = gone

    def exists(self, name: str, bases: list[str]) -> str:
        """Return the absolute path that `name` is, or nothing."""
        name = name.rstrip("/") or name
        if not name or "\0" in name or len(name) > 1000:  # noqa: PLR2004  longer than any path here
            return ""
        if name == "~" or name.startswith("~/"):
            name = HOME + name[1:]
        for base in bases:
            path = os.path.normpath(os.path.join(base, name))  # noqa: PTH118  pathlib keeps `..`
            path = "/" + path.lstrip("/")
            if path in self._gone or os.path.lexists(self._root / path[1:]):
                return path
        return ""

    def in_line(self, line: str, bases: list[str]) -> set[str]:
        """Return the paths in a line: the longest name that begins at a word, and then what is behind it."""
        if path := self.exists(line.strip(), bases) or self.exists(line, bases):
            return {path}
        words = list(_WORD.finditer(line))[:_MOST_WORDS]
        found = set()
        at = 0
        while at < len(words):
            for end in range(len(words), at, -1):
                text = line[words[at].start() : words[end - 1].end()]
                if path := self._as_written(text, bases):
                    found.add(path)
                    at = end - 1
                    break
            at += 1
        return found

    def _as_written(self, text: str, bases: list[str]) -> str:
        for name in dict.fromkeys((text, text.strip(_HUSK), text.rstrip("*@=|/"))):
            if path := self.exists(name, bases):
                return path
        # `grep` puts what it found behind the name.
        name, colon, _rest = text.partition(":")
        return self.exists(name, bases) if colon else ""
