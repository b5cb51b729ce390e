"""Settings: defaults, the configuration file, CARO_… in the environment; the last one wins."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from typing import Any

from caro_shell import paths
from caro_shell.errors import ConfigError


@dataclass(frozen=True)
class Settings:
    """Every setting; the field's name is the key in the file.

    Two are equal when the same loaded engine serves both: how long it stays, how requests wait and what the shells
    do with their keys take no part in comparisons.
    """

    model: str = "small"
    """`auto`, a catalogue name, `NAME:QUANTISATION`, the path of a GGUF file, `owner/repo:file`, or an https URL."""
    models_dir: str = ""
    """Where weights are kept; empty: `models` in the data directory."""
    engine: str = "auto"
    """`auto`, `llama`, `xllamacpp`, `openai`, `mlx`, `candle`, or `FILE.py:CLASS` for an engine of your own."""
    device: str = "auto"
    """What llama.cpp runs on: `auto`, `cpu`, or the name of a device that `caro doctor` lists."""
    threads: int = 0
    """Threads of the CPU backend; 0 chooses so that the machine stays usable."""
    gpu_layers: int = -1
    """Layers given to the GPU when the build has one; -1 is as many as fit, 0 none."""
    context: int = 2048
    """Tokens of prompt and answer together."""
    base_url: str = ""
    """The address of an OpenAI-compatible server, as `https://host/v1`; empty: none, everything stays here."""
    server_model: str = ""
    """The server's name of the model to ask; empty: the only one it has, or the first."""
    server_timeout: float = 30.0
    """Seconds without a byte after which the server is given up."""
    api_key: str = field(default="", repr=False)
    """The server's bearer key; only from the environment, or from `api_key_file`."""
    api_key_file: str = ""
    """A file of mode 0600 that holds the key; empty: `api_key` beside the configuration file."""
    allow_http: bool = False
    """Whether requests may go to another host without encryption."""
    fallback: str = "off"
    """Who answers when the server does not: `off`, or `local` for the model of this machine."""
    max_tokens: int = field(default=160, compare=False)
    """Tokens an answer may have before it is refused as too long."""
    idle_unload: float = field(default=1800.0, compare=False)
    """Seconds without a request after which the model is unloaded."""
    idle_exit: float = field(default=14400.0, compare=False)
    """Seconds without a request after which the daemon leaves."""
    queue: int = field(default=64, compare=False)
    """Requests that may wait; one more is answered `busy` at once."""
    log_requests: bool = field(default=False, compare=False)
    """Whether the log may hold what you typed and what the model wrote."""
    key: str = field(default="ctrl-g", compare=False)
    """The key that turns the line into a command; empty: none."""
    explain_key: str = field(default="alt-g", compare=False)
    """The key that explains the line; empty: none."""
    comment: str = field(default="on", compare=False)
    """Whether `# request` and Enter ask: `on` or `off`."""
    style: str = field(default="fg=8", compare=False)
    """How status and ghost text look, in zsh's zle_highlight notation."""
    keep_request: str = field(default="off", compare=False)
    """Where the words of a request are kept: `off`, `history` or `comment`."""
    fix_output: str = field(default="off", compare=False)
    """Whether a failed command's output may be read from the screen: `off` or `tmux`."""
    origins: Mapping[str, str] = field(default_factory=dict, compare=False)
    """Where each value that is not a default came from."""


_TYPES: dict[str, type] = {f.name: type(f.default) for f in fields(Settings) if f.name != "origins"}
_OFF = {"off": "off", "": "off"}
# The words that a setting may have, and what each stands for. The scripts know these and no others.
_WORDS: dict[str, dict[str, str]] = {
    "comment": {"on": "on", "1": "on", "true": "on", **_OFF, "0": "off", "false": "off"},
    "keep_request": {**_OFF, "history": "history", "comment": "comment"},
    "fix_output": {**_OFF, "tmux": "tmux"},
    "fallback": {**_OFF, "local": "local"},
}
# In the shell's own notation, which it alone can judge.
_SHELLS_OWN = ("key", "explain_key", "style")
_KEYS = ("key", "explain_key")
# What begins like a key by its name has to be one: the scripts would find none in it.
_NAMED = re.compile(r"(?:ctrl|alt)-", re.IGNORECASE)
_KEY = re.compile(r"(?:(?:ctrl|alt)-)+\S(?: (?:(?:ctrl|alt)-)*\S)*", re.IGNORECASE)
# Every other number is 0 or more.
_LEAST = {"gpu_layers": -1}
ENVIRONMENT = {f"CARO_{name.upper()}": name for name in _TYPES}


def _one_of(name: str) -> str:
    """Say which words a setting may be."""
    words = dict.fromkeys(_WORDS[name].values())
    return f"{', '.join(list(words)[:-1])} or {list(words)[-1]}"


def _from_text(name: str, text: str) -> Any:  # noqa: ANN401  the type is the setting's own
    kind = _TYPES[name]
    if kind is bool:
        if text.lower() in {"1", "true", "yes", "on"}:
            return True
        if text.lower() in {"0", "false", "no", "off", ""}:
            return False
        raise ValueError(text)
    return kind(text)


def _read_file(path: str) -> dict[str, Any]:
    import tomllib

    try:
        with open(path, "rb") as file:
            table = tomllib.load(file)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read: {error}.", "Mend that line, or move the file away.") from None
    for key, value in table.items():
        if key not in _TYPES:
            near = get_close_matches(key, _TYPES, n=1)
            raise ConfigError(
                f"{path}: there is no setting `{key}`.",
                f"Did you mean `{near[0]}`?" if near else f"The settings are: {', '.join(_TYPES)}.",
            )
        kind = _TYPES[key]
        if type(value) is not kind and key in _WORDS:
            # Without quotes it is a flag of TOML's, which the shell scripts do not read.
            raise ConfigError(
                f"{path}: `{key}` must be {_one_of(key)} in quotes, not {value!r}.", f'Try: {key} = "off"'
            )
        if not (type(value) is kind or (kind is float and type(value) is int)):
            raise ConfigError(f"{path}: `{key}` must be of type {kind.__name__}, not {value!r}.", "Mend that line.")
    return {key: _TYPES[key](value) for key, value in table.items()}


def resolve(environ: Mapping[str, str], path: str) -> Settings:
    """Return the settings in force; raises ConfigError on a wrong name, type or value."""
    values = _read_file(path)
    origins = dict.fromkeys(values, path)
    for variable, name in ENVIRONMENT.items():
        if variable not in environ:
            continue
        try:
            values[name] = _from_text(name, environ[variable])
        except ValueError:
            raise ConfigError(
                f"{variable} must be of type {_TYPES[name].__name__}, not {environ[variable]!r}.",
                f"Try: unset {variable}",
            ) from None
        origins[name] = variable
    return Settings(**{name: _checked(name, values[name], origins[name]) for name in values}, origins=origins)


def _checked(name: str, value: Any, origin: str) -> Any:  # noqa: ANN401  the type is the setting's own
    """Return a value as it is meant; raises ConfigError when the setting cannot have it."""
    if name in _WORDS:
        if value not in _WORDS[name]:
            raise ConfigError(f"`{name}` must be {_one_of(name)}, not {value!r}.", f"It is set by {origin}.")
        return _WORDS[name][value]
    if name in _SHELLS_OWN and ("\n" in value or "\t" in value):
        raise ConfigError(f"`{name}` cannot hold a tab or a newline: {value!r}.", f"It is set by {origin}.")
    if name in _KEYS and _NAMED.match(value) and not (_KEY.fullmatch(value) or _KEY.fullmatch(value.removesuffix("!"))):
        raise ConfigError(
            f"`{name}` is no key: {value!r}, set by {origin}.", "Write it like ctrl-g, alt-g or ctrl-x g."
        )
    # Written this way round, it also refuses "not a number".
    if isinstance(value, int | float) and not value >= _LEAST.get(name, 0):
        raise ConfigError(f"`{name}` must be at least {_LEAST.get(name, 0)}, not {value}.", f"It is set by {origin}.")
    return value


def current() -> Settings:
    """Return the settings of this process."""
    return resolve(os.environ, paths.config_file(os.environ))
