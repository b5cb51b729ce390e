"""Settings: defaults, the configuration file, CARO_… in the environment; the last one wins."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from typing import Any

from caro_shell import paths
from caro_shell.errors import ConfigError


@dataclass(frozen=True)
class Settings:
    """Every setting of the daemon and the command line; the field's name is the key in the file."""

    model: str = "small"
    """A catalogue name, or the path of a GGUF file."""
    models_dir: str = ""
    """Where weights are kept; empty: `models` in the data directory."""
    engine: str = "llama"
    """`llama`, or `FILE.py:CLASS` for an engine of your own."""
    threads: int = 0
    """Threads of the CPU backend; 0 chooses so that the machine stays usable."""
    gpu_layers: int = -1
    """Layers given to the GPU when the build has one; -1 is all, 0 none."""
    context: int = 2048
    """Tokens of prompt and answer together."""
    max_tokens: int = 160
    """Tokens an answer may have before it is refused as too long."""
    idle_unload: float = 1800.0
    """Seconds without a request after which the model is unloaded."""
    idle_exit: float = 14400.0
    """Seconds without a request after which the daemon leaves."""
    queue: int = 16
    """Requests that may wait; one more is answered `busy` at once."""
    log_requests: bool = False
    """Whether the log may hold what you typed and what the model wrote."""
    origins: Mapping[str, str] = field(default_factory=dict, compare=False)
    """Where each value that is not a default came from."""


_TYPES: dict[str, type] = {f.name: type(f.default) for f in fields(Settings) if f.name != "origins"}
# Every other number is 0 or more.
_LEAST = {"gpu_layers": -1}
ENVIRONMENT = {f"CARO_{name.upper()}": name for name in _TYPES}


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
    for name, value in values.items():
        # Written this way round, it also refuses "not a number".
        if isinstance(value, int | float) and not value >= _LEAST.get(name, 0):
            raise ConfigError(
                f"`{name}` must be at least {_LEAST.get(name, 0)}, not {value}.", f"It is set by {origins[name]}."
            )
    return Settings(**values, origins=origins)


def current() -> Settings:
    """Return the settings of this process."""
    return resolve(os.environ, paths.config_file(os.environ))
