"""caro.1: the man page."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from caro_shell import __version__
from caro_shell.config import ENVIRONMENT
from manual import roff
from manual.commands import Argument, Command

_PROSE = Path(__file__).with_name("page.toml")


def man_page(caro: Command) -> str:
    """Return the page, roff of the man macros; the same text for the same parsers."""
    told = tomllib.loads(_PROSE.read_text(encoding="utf-8"))
    return "\n".join([*_head(caro, told), *_verbs(caro), *_foot(caro, told), ""])


def _head(caro: Command, told: dict[str, Any]) -> Iterator[str]:
    yield '.\\" Made by `python -m manual` from the parsers of caro_shell/cli; edit those.'
    yield roff.request("TH", "CARO", "1", "", f"caro-shell {__version__}", "User Commands")
    yield roff.request("SH", "NAME")
    yield f"caro \\- {roff.text(told['name'])}"
    yield roff.request("SH", "SYNOPSIS")
    yield _usage(caro)
    yield ".br"
    yield f"{roff.bold('caro')} {roff.italic('VERB')} …".replace("…", roff.text("…"))
    yield roff.request("SH", "DESCRIPTION")
    for number, paragraph in enumerate(told["description"]):
        if number:
            yield ".PP"
        yield roff.prose(paragraph)
    yield roff.request("SH", "KEYS")
    yield from _table(told["keys"])
    yield roff.request("SH", "OPTIONS")
    yield from _arguments(caro)
    yield from _examples(caro)


def _verbs(caro: Command) -> Iterator[str]:
    yield roff.request("SH", "VERBS")
    for command in caro.all():
        if command.verbs:
            yield roff.request("SS", " ".join(("caro", *command.verbs)))
            yield _usage(command)
            yield ".PP"
            yield roff.prose(f"{command.text[:1].upper()}{command.text[1:].rstrip('.')}.")
            yield from _arguments(command)
            if command.statuses:
                yield ".PP"
                statuses = ", ".join(f"{status} {meaning}" for status, meaning in command.statuses)
                yield f"Exit status: {roff.text(statuses)}."
            yield from _examples(command)


def _foot(caro: Command, told: dict[str, Any]) -> Iterator[str]:
    yield roff.request("SH", "EXIT STATUS")
    yield from _table({str(status): meaning for status, meaning in caro.statuses})
    yield roff.request("SH", "FILES")
    yield from _table(told["files"])
    yield roff.request("SH", "ENVIRONMENT")
    yield from roff.tagged(
        roff.bold("CARO_…"),
        roff.prose(f"each setting, and it wins over the file: {', '.join(ENVIRONMENT)}. `caro config list` has them"),
    )
    yield from _table(told["environment"])
    yield roff.request("SH", "SEE ALSO")
    yield f"{roff.bold('zsh')}(1), {roff.bold('bash')}(1), {roff.bold('fish')}(1)"


def _table(rows: dict[str, str]) -> Iterator[str]:
    for name, what in rows.items():
        yield from roff.tagged(roff.bold(name), roff.prose(what))


def _usage(command: Command) -> str:
    """Return the synopsis of one command."""
    words = [roff.bold(" ".join(("caro", *command.verbs)))]
    words += [f"[{_shown(option)}]" for option in command.options if "--help" not in option.names]
    if command.below:
        words.append(roff.bold("|".join(below.verbs[-1] for below in command.below)) if command.verbs else "")
    for place in command.places:
        shown = _value(place) + (roff.text(" …") if place.repeats else "")
        words.append(shown if place.needed and not place.repeats else f"[{shown}]")
    return " ".join(word for word in words if word)


def _value(argument: Argument) -> str:
    if argument.words:
        return "|".join(roff.bold(word) for word in argument.words)
    return roff.italic(argument.metavar)


def _shown(option: Argument) -> str:
    name = roff.bold(option.names[-1])
    return f"{name} {_value(option)}" if option.metavar else name


def _arguments(command: Command) -> Iterator[str]:
    for place in command.places:
        if place.text:
            yield from roff.tagged(roff.italic(place.metavar), roff.prose(place.text))
    for option in command.options:
        if command.verbs and "--help" in option.names:
            continue
        names = ", ".join(roff.bold(name) for name in option.names)
        yield from roff.tagged(f"{names} {_value(option)}" if option.metavar else names, roff.prose(option.text))


def _examples(command: Command) -> Iterator[str]:
    for typed, what in command.examples:
        yield from roff.example(typed, what)
