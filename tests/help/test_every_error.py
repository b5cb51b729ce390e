"""Every error of the tree: one clear sentence, and what to do next."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import caro_shell
from caro_shell import errors

PACKAGE = Path(caro_shell.__file__).parent
NAMES = {name for name, found in vars(errors).items() if isinstance(found, type) and issubclass(found, Exception)}
# Nobody is told of the first two as of a failure; the third has its hint by itself.
WITHOUT_HINT = {"Cancelled", "Superseded", "ProtocolError"}


class Raised(NamedTuple):
    """A place where an error is made."""

    name: str
    message: str
    """The sentence, with a `0` in the place of everything that is filled in; empty where all of it is."""
    hint: str | None
    """The same of the next step; none where there is none."""


def text_of(node: ast.expr) -> str:
    """Return a sentence of the source, as far as it stands there."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "0" for part in node.values)
    return ""


def raised() -> Iterator[tuple[str, Raised]]:
    """Yield every place, with the errors that are made there."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in NAMES and node.args:
                hint = text_of(node.args[1]) if len(node.args) > 1 else None
                where = f"{path.relative_to(PACKAGE)}:{node.lineno}"
                yield where, Raised(node.func.id, text_of(node.args[0]), hint)


def test_every_error_is_one_sentence_and_says_what_to_do_next() -> None:
    """A sentence begins and ends as one; what comes next is there, and not only that nothing has happened."""
    assert len(list(raised())) > 200
    wrong = []
    for where, found in raised():
        message, hint = found.message, found.hint
        if message and (not message.endswith((".", "?", "0")) or message.count(". ") > 1):
            wrong.append(f"{where}: {message!r} is not one sentence")
        if message and message[0].islower() and not message.startswith(("caro ", "llama.cpp ", "xllamacpp ")):
            wrong.append(f"{where}: {message!r} does not begin as a sentence")
        if message and hint is None and found.name not in WITHOUT_HINT:
            wrong.append(f"{where}: {message!r} does not say what to do next")
        if message and hint in {"It is as it was.", "Nothing was changed."}:
            wrong.append(f"{where}: {hint!r} is no step")
    assert wrong == []
