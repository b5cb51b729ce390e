"""From the setting `engine` to an engine: a name, or a file of your own."""

import importlib.util
from pathlib import Path

from caro_shell.config import Settings
from caro_shell.engines import Engine
from caro_shell.errors import ConfigError


def create_engine(settings: Settings) -> Engine:
    """Return the engine that the settings name, not loaded yet; raises ConfigError."""
    if settings.engine in {"auto", "llama"}:
        from caro_shell.engines.llama import LlamaEngine

        return LlamaEngine(settings)
    path, colon, name = settings.engine.rpartition(":")
    if not colon or not Path(path).is_file():
        raise ConfigError(f"There is no engine `{settings.engine}`.", "It is `llama`, or FILE.py:CLASS.")
    spec = importlib.util.spec_from_file_location("caro_engine_of_the_user", path)
    if spec is None or spec.loader is None:
        raise ConfigError(f"{path} is not a Python file.", "The setting `engine` is `llama`, or FILE.py:CLASS.")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
        engine: Engine = getattr(module, name)(settings)
    except Exception as error:  # whatever is wrong in a file of the user's
        raise ConfigError(
            f"The engine {settings.engine} cannot be used: {type(error).__name__}: {error}.", "Mend it, or set another."
        ) from error
    return engine
