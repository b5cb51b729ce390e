"""`caro config get|set|unset|list|path|edit`: the settings, and where each of them comes from."""

import argparse
import json
import math
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from caro_shell import config, paths
from caro_shell.cli import ANSWERED, FAILED, print_error
from caro_shell.cli.asking import tell_daemon
from caro_shell.cli.options import Parser
from caro_shell.config import DEFAULT, ENVIRONMENT, TYPES, Settings
from caro_shell.config import file as config_file
from caro_shell.config import values as config_values
from caro_shell.config.text import shown
from caro_shell.errors import CaroError, ConfigError

_PATHS = frozenset({"models_dir", "api_key_file"})
_SET = "(set)"
"""What is shown of a secret."""


_VERBS = {
    "get": ("the value in force", ("caro config get model", "the value, and nothing else")),
    "set": ("write a value into the file", ("caro config set key 'ctrl-x g'", "another key")),
    "unset": ("take a value out of the file", ("caro config unset key", "back to the default")),
    "list": ("every setting, its value, and where that comes from", ("caro config list --json", "for programs")),
    "path": ("where the file is, or would be", ('cat "$(caro config path)"', "what stands in it")),
    "edit": ("open the file in your editor, and look it over afterwards", ("EDITOR=nano caro config edit", "in nano")),
}


def parser() -> Parser:
    """Return what the verbs take, with their help."""
    made = Parser(
        prog="caro config",
        description="The settings: defaults, the configuration file, variables CARO_NAME; the last one wins. "
        "A change counts from the next request on; nothing has to be restarted.",
        examples=(
            ("caro config list", "the settings, and where each comes from"),
            ("caro config set model tiny", "a smaller model"),
            ("caro config set key ''", "no key"),
        ),
    )
    verbs = made.add_subparsers(dest="verb", metavar="|".join(_VERBS), required=True)
    get, put, unset, listing, _path, _edit = (
        verbs.add_parser(name, help=text, description=text, examples=(example,))
        for name, (text, example) in _VERBS.items()
    )
    for verb in (get, put, unset):
        verb.add_argument("key", metavar="KEY", help="a name of `caro config list`")
    put.add_argument("value", metavar="VALUE", help="as you would write it, without the quotes of the file")
    for verb in (get, put, unset):
        verb.add_argument("--json", action="store_true", help="print key, value, default and origin as one object")
    listing.add_argument("--json", action="store_true", help="print an array of such objects")
    return made


def run(argv: Sequence[str]) -> int:
    """Do one of the verbs; answers go to stdout, remarks to stderr."""
    verbs: dict[str, Callable[[argparse.Namespace], int]] = {
        "get": _get,
        "set": _set,
        "unset": _unset,
        "list": _list,
        "path": _path,
        "edit": _edit,
    }
    options = parser().parse_args(argv)
    return verbs[options.verb](options)


def _file() -> str:
    return paths.config_file(os.environ)


def _say(sentence: str) -> None:
    print(f"caro: {sentence}", file=sys.stderr)


def _get(options: argparse.Namespace) -> int:
    name = config.known(options.key)
    settings = config.current()
    print(json.dumps(_entry(name, settings)) if options.json else _bare(name, settings))
    return ANSWERED


def _list(options: argparse.Namespace) -> int:
    settings = config.current()
    if options.json:
        print(json.dumps([_entry(name, settings) for name in TYPES], indent=2))
    else:
        rows = [(name, _shown(name, settings), settings.origins[name]) for name in TYPES]
        widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
        for name, value, origin in rows:
            print(f"{name:{widths[0]}}  {value:{widths[1]}}  {origin}")
    for strange, near in config.misspelt(os.environ).items():
        _say(f"{shown(strange)} sets nothing; did you mean {near}?")
    return ANSWERED


def _path(_options: argparse.Namespace) -> int:
    print(_file())
    return ANSWERED


def _set(options: argparse.Namespace) -> int:
    name = config.known(options.key)
    value = _proposed(name, options.value)
    config_file.set_value(_file(), name, value)
    _say(f"{name} = {config_values.as_seen(value)}, in {shown(_file())}")
    return _finish(name, as_json=options.json)


def _proposed(name: str, text: str) -> Any:  # noqa: ANN401  the setting's own type
    """Return what is to be written; raises before anything is, when it is not right."""
    if name in config_values.SECRETS:
        raise config_values.refused_secret(name)
    value = config_values.for_the_file(name, config_values.from_text(name, TYPES[name], _from_here(name, text)))
    _refuse_open_http({name: value})
    if name == "model":
        _refuse_unknown_model(value)
    if name == "engine" and value not in config_values.ENGINES and not Path(value.rpartition(":")[0]).is_file():
        raise ConfigError(
            f"{shown(value.rpartition(':')[0])} is not there.", "Nothing was changed. Try: caro config set engine auto"
        )
    return value


def _from_here(name: str, text: str) -> str:
    """Return a path of the command line so that it means the same to the daemon."""
    from caro_shell.models.reference import is_own_file
    from caro_shell.models.store import expand

    if name == "engine":
        return str(expand(text)) if text.rpartition(":")[0].endswith(".py") else text
    path = name in _PATHS or (name == "model" and is_own_file(text))
    return str(expand(text)) if path and text and not text.startswith("~") else text


def _refuse_open_http(change: Mapping[str, Any]) -> None:
    try:
        settings = config.resolve({}, _file())
    except ConfigError:
        # Something else is wrong there, and will be said.
        return
    settings = replace(settings, **change)
    config_values.refuse_open_http(settings.base_url, "", allow_http=settings.allow_http)


def _refuse_unknown_model(name: str) -> None:
    """Raise ModelError, with the nearest name, for what no model can be called."""
    from caro_shell.models.catalogue import read_catalogue
    from caro_shell.models.reference import Kind, kind_of
    from caro_shell.models.store import known_model

    if kind_of(name) in {Kind.NAME, Kind.HUB, Kind.URL}:
        known_model(name, read_catalogue())


def _unset(options: argparse.Namespace) -> int:
    path = _file()
    # A name that is no setting may be there, and then it has to go.
    name = options.key if options.key in config_file.read(path).values else config.known(options.key)
    there = config_file.unset_value(path, name)
    _say(f"{config.quoted(name)} is {'no longer' if there else 'not'} set in {shown(path)}.")
    return _finish(name, as_json=options.json)


def _edit(_options: argparse.Namespace) -> int:
    from caro_shell.cli.config_edit import edit

    if not edit(_file()):
        return FAILED
    for name in config_file.read(_file()).values:
        _say_what_wins(name)
    tell_daemon()
    return ANSWERED


def _finish(name: str, *, as_json: bool) -> int:
    """Say what is in force after a change, and let the daemon know."""
    _say_what_wins(name)
    tell_daemon()
    try:
        settings = config.current()
        if as_json and name in TYPES:
            print(json.dumps(_entry(name, settings)))
        if name == "model":
            _say_what_is_missing(settings)
    except ConfigError as error:
        print_error(error)
        return FAILED
    return ANSWERED


def _say_what_wins(name: str) -> None:
    variable = f"CARO_{name.upper()}"
    if variable in ENVIRONMENT and variable in os.environ:
        _say(f"{variable} is set in this shell and wins over the file. Try: unset {variable}")


def _say_what_is_missing(settings: Settings) -> None:
    """Remark that the model has to be fetched first, where weights are used at all."""
    from caro_shell.models.store import find_model

    if settings.engine in config_values.ENGINES and settings.engine != "openai" and not settings.base_url:
        try:
            find_model(settings.model, settings)
        except CaroError as error:
            print_error(error)


def _value(name: str, settings: Settings) -> Any:  # noqa: ANN401  the setting's own type
    """Return a value as it may be shown."""
    value = getattr(settings, name)
    return _SET if value and name in config_values.SECRETS else value


def _shown(name: str, settings: Settings) -> str:
    value = _value(name, settings)
    return value if value == _SET else config_values.as_seen(value)


def _bare(name: str, settings: Settings) -> str:
    """Return a value for scripts, without quotes; a terminal gets no control characters."""
    value = _value(name, settings)
    if isinstance(value, str):
        return shown(value) if sys.stdout.isatty() else value
    return config_values.as_seen(value)


def _entry(name: str, settings: Settings) -> dict[str, Any]:
    entry = {
        "key": name,
        "value": _value(name, settings),
        "default": getattr(Settings(), name),
        "origin": settings.origins.get(name, DEFAULT),
    }
    # JSON has no word for what never ends.
    return {word: "inf" if isinstance(value, float) and math.isinf(value) else value for word, value in entry.items()}
