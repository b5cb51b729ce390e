"""From the setting `engine` to an engine: a name, or a file of your own."""

import importlib
import importlib.util
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from caro_shell.config import Settings
from caro_shell.engines import Engine, installed
from caro_shell.errors import ConfigError, EngineError


@dataclass(frozen=True)
class _Entry:
    """An engine that has a name: where it is, the package it needs, and what to tell pip for that one."""

    module: str
    engine: str
    needs: str = ""
    requirement: str = ""


_NAMED = {
    "llama": _Entry("caro_shell.engines.llama", "LlamaEngine"),
    "xllamacpp": _Entry("caro_shell.engines.xllamacpp", "XllamacppEngine"),
    "mlx": _Entry(
        "caro_shell.engines.mlx", "MlxEngine", "mlx_lm", "mlx-lm[cpu]" if sys.platform == "linux" else "mlx-lm"
    ),
    "candle": _Entry("caro_shell.engines.candle", "CandleEngine", "mistralrs", "mistralrs"),
}
_SERVER = "openai"
_PACKAGES = {package.setting: package for package in installed.PACKAGES}


def create_engine(settings: Settings) -> Engine:
    """Return the engine that the settings name, not loaded yet; raises ConfigError or EngineError."""
    if asks_a_server(settings):
        return _server(settings)
    if settings.engine == "auto":
        return _automatic(settings)
    if settings.engine in _NAMED:
        check_needs(settings.engine)
        return _made(settings.engine, settings)
    return _of_the_user(settings)


def asks_a_server(settings: Settings) -> bool:
    """Say whether requests are sent out of the daemon."""
    return settings.engine == _SERVER or (settings.engine == "auto" and bool(settings.base_url))


def _server(settings: Settings) -> Engine:
    """Return the engine for a server, with this machine's own behind it if that is wanted."""
    from caro_shell.engines.openai import OpenAIEngine

    if settings.fallback != "local":
        return OpenAIEngine(settings)
    from caro_shell.engines.fallback import FallbackEngine

    here = replace(settings, engine="auto", base_url="")
    return FallbackEngine(OpenAIEngine(settings), lambda: create_engine(here))


def _automatic(settings: Settings) -> Engine:
    """Return llama.cpp by the first package that has it and runs here."""
    package, before = installed.choose()
    # That the first one is not there may be by choice; that it does not run is for the user to mend.
    return _made(package.setting, settings, *([before] if before else []))


def check_needs(name: str) -> None:
    """Raise EngineError when the package that an engine needs is not here or would not run, ConfigError without one."""
    if name not in {"auto", _SERVER, *_NAMED} and not (":" in name and Path(name.rpartition(":")[0]).is_file()):
        raise ConfigError(
            f"There is no engine `{name}`.", f"It is auto, {', '.join([*_NAMED, _SERVER])}, or FILE.py:CLASS."
        )
    if name in _PACKAGES and (trouble := installed.trouble(_PACKAGES[name])):
        package = _PACKAGES[name].name
        raise EngineError(f"The engine `{name}`: {package} {trouble}.", f"Try: {installed.pip_install(package)}")
    entry = _NAMED.get(name)
    if entry and entry.needs and importlib.util.find_spec(entry.needs) is None:
        raise EngineError(
            f"The engine `{name}` needs the package {entry.requirement}, which is not installed.",
            f"Try: {installed.pip_install(entry.requirement)}",
        )


def _made(name: str, settings: Settings, *more: Any) -> Engine:  # noqa: ANN401  what that engine takes besides
    entry = _NAMED[name]
    engine: Engine = getattr(importlib.import_module(entry.module), entry.engine)(settings, *more)
    return engine


def _of_the_user(settings: Settings) -> Engine:
    """Return an engine out of a file of the user's."""
    check_needs(settings.engine)
    path, _, name = settings.engine.rpartition(":")
    spec = importlib.util.spec_from_file_location("caro_engine_of_the_user", path)
    if spec is None or spec.loader is None:
        raise ConfigError(f"{path} is not a Python file.", "The setting `engine` is a name, or FILE.py:CLASS.")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
        engine: Engine = getattr(module, name)(settings)
    except Exception as error:  # whatever is wrong in a file of the user's
        raise ConfigError(
            f"The engine {settings.engine} cannot be used: {type(error).__name__}: {error}.",
            "Mend it, or take another: caro config set engine auto",
        ) from error
    return engine
