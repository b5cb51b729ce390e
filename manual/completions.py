"""The completions of the three shells: a table of what each verb takes, in a template that knows how to read it."""

import shlex
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from caro_shell.config import TYPES
from caro_shell.models.catalogue import read_catalogue
from manual.commands import Argument, Command

_TEMPLATES = Path(__file__).with_name("templates")


def _filled(template: str, parts: Mapping[str, str]) -> str:
    text = (_TEMPLATES / template).read_text(encoding="utf-8")
    for name, part in parts.items():
        text = text.replace(f"@{name}@", part)
    return text


def _models() -> list[str]:
    """Return what `caro models` knows by name; the sizes first, as one types them more often."""
    names = list(read_catalogue())
    return [name for name in names if ":" not in name] + ["auto"] + [name for name in names if ":" in name]


def _values(caro: Command) -> dict[str, Argument]:
    """Return each option that takes a value; raises ValueError when one takes two different things."""
    found: dict[str, Argument] = {}
    for command in caro.all():
        for option in command.options:
            for name in option.names:
                known = found.setdefault(name, option)
                if (known.kind, known.words) != (option.kind, option.words):
                    raise ValueError(f"{name} takes one thing here and another there")
    return {name: option for name, option in found.items() if option.kind}


def _quoted(text: str) -> str:
    """Return a word of the shell; always in quotes, so that a text and its neighbour look alike."""
    return "'" + text.replace("'", "'\\''") + "'"


# -- bash ---------------------------------------------------------------------------------------------------------


def bash_file(caro: Command) -> str:
    """Return shell/completions/caro.bash."""
    parts = {
        "commands": "\n".join(line for command in caro.all() for line in _bash_command(command)),
        "values": "\n".join(f"    {name}) place={_quoted(_bash_place(at))} ;;" for name, at in _values(caro).items()),
        "models": " ".join(_models()),
        "keys": " ".join(TYPES),
    }
    return _filled("caro.bash", parts)


def _bash_place(argument: Argument) -> str:
    return f"words:{' '.join(argument.words)}" if argument.kind == "words" else argument.kind


def _bash_command(command: Command) -> Iterator[str]:
    yield f"    {_quoted(' '.join(command.verbs))})"
    if command.below:
        yield f"      verbs={_quoted(' '.join(below.verbs[-1] for below in command.below))}"
    yield f"      options={_quoted(' '.join(name for option in command.options for name in option.names))}"
    if command.places:
        places = (_bash_place(place) + ("*" if place.repeats else "") for place in command.places)
        yield f"      places=({' '.join(map(_quoted, places))})"
    yield "      ;;"


# -- zsh ----------------------------------------------------------------------------------------------------------

_ZSH_ACTIONS = {
    "model": "_caro_models",
    "file": "_files",
    "directory": "_files -/",
    "key": "_caro_keys",
    "abbreviation": "_caro_abbreviations",
    "text": " ",
}


def zsh_file(caro: Command) -> str:
    """Return shell/completions/_caro."""
    parts = {
        "commands": "\n".join(line for command in caro.all() for line in _zsh_command(command)),
        "models": " ".join(_models()),
        "keys": " ".join(TYPES),
    }
    return _filled("_caro", parts)


def _zsh_text(text: str) -> str:
    """Return a text for _arguments and _describe, to which a colon and a bracket mean something."""
    for special in "\\:[]":
        text = text.replace(special, f"\\{special}")
    return text


def _zsh_action(argument: Argument) -> str:
    if argument.kind == "text" and not argument.names:
        # A message, which a blank stands for, would keep an option from being completed there.
        return "{:}"
    if argument.kind == "words":
        return f"({' '.join(argument.words)})"
    return _ZSH_ACTIONS[argument.kind]


def _zsh_command(command: Command) -> Iterator[str]:
    yield f"    {_quoted(' '.join(command.verbs))})"
    if command.below:
        rows = (f"{below.verbs[-1]}:{_zsh_text(below.summary)}" for below in command.below)
        yield from _zsh_list("verbs", rows)
    yield from _zsh_list("specs", _zsh_specs(command))
    yield "      ;;"


def _zsh_list(name: str, words: Iterable[str]) -> Iterator[str]:
    yield f"      {name}=("
    yield from (f"        {_quoted(word)}" for word in words)
    yield "      )"


def _zsh_specs(command: Command) -> Iterator[str]:
    for option in command.options:
        others = f"({' '.join(option.names)})" if len(option.names) > 1 else ""
        for name in option.names:
            takes = "" if not option.kind else "=" if name.startswith("--") else "+"
            value = f":{_zsh_text(option.metavar)}:{_zsh_action(option)}" if option.kind else ""
            yield f"{others}{name}{takes}[{_zsh_text(option.text)}]{value}"
    for number, place in enumerate(command.places, start=1):
        if place.kind == "command":
            # The words from here on are a command line of their own.
            yield "*::COMMAND:_normal"
        else:
            at = "*" if place.repeats else f"{number}"
            yield f"{at}:{_zsh_text(place.metavar)}:{_zsh_action(place)}"


# -- fish ---------------------------------------------------------------------------------------------------------


def fish_file(caro: Command) -> str:
    """Return shell/completions/caro.fish."""
    chains = [" ".join(command.verbs) for command in caro.all() if command.verbs]
    parts = {
        "verbs": " ".join(map(shlex.quote, chains)),
        "valued": " ".join(_values(caro)),
        "models": " ".join(_models()),
        "keys": " ".join(TYPES),
        "commands": "\n".join(line for command in caro.all() for line in _fish_command(command)),
    }
    return _filled("caro.fish", parts)


def _fish_quoted(text: str) -> str:
    """Return a word of fish's, in quotes where fish_indent would leave them."""
    if text.isascii() and text.isalnum():
        return text
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _fish_complete(condition: str, *words: str, what: str = "") -> str:
    told = ["-d", _fish_quoted(what)] if what else []
    return " ".join(["complete -c caro -n", _fish_quoted(condition), *words, *told])


def _fish_command(command: Command) -> Iterator[str]:
    chain = shlex.quote(" ".join(command.verbs))
    for below in command.below:
        yield _fish_complete(f"__caro_at {chain} 0", "-a", below.verbs[-1], what=below.summary)
    for option in command.options:
        names = [f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in option.names]
        yield _fish_complete(f"__caro_is {chain}", *names, *_fish_value(option), what=option.text)
    for number, place in enumerate(command.places):
        if offered := _fish_offered(place, len(command.verbs) + 1):
            more = " more" if place.repeats else ""
            yield _fish_complete(f"__caro_at {chain} {number}{more}", *offered)


def _fish_value(option: Argument) -> list[str]:
    if not option.kind:
        return []
    offered = _fish_offered(option, 0)
    return ["-r", *offered] if "-F" in offered else ["-x", *offered]


def _fish_offered(argument: Argument, before: int) -> list[str]:
    """Return the words of `complete` for a place; `before` is how many words stand before a command line."""
    match argument.kind:
        case "words":
            return ["-a", _fish_quoted(" ".join(argument.words))]
        case "model":
            return ["-F", "-a", "'$__caro_models'"]
        case "file":
            return ["-F"]
        case "directory":
            return ["-a", "'(__fish_complete_directories)'"]
        case "key":
            return ["-a", "'$__caro_keys'"]
        case "command":
            return ["-a", f"'(__fish_complete_subcommand --fcs-skip={before})'"]
        case "abbreviation":
            return ["-a", "'(__caro_abbreviations)'"]
        case _:
            return []
