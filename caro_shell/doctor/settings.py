"""The settings in force: the configuration file, and CARO_ variables that set nothing."""

import shlex

from caro_shell import config, paths
from caro_shell.config.text import shown
from caro_shell.doctor.finding import Finding, Surroundings
from caro_shell.errors import CaroError, ConfigError


def settings_of(around: Surroundings) -> config.Settings:
    """Return the settings in force; the defaults where they are wrong, which a finding of its own says."""
    try:
        return config.resolve(around.environ, paths.config_file(around.environ))
    except ConfigError:
        return config.Settings()


def check_settings(around: Surroundings) -> list[Finding]:
    """Say which settings somebody has chosen, and where."""
    path = paths.config_file(around.environ)
    try:
        settings = config.resolve(around.environ, path)
    except CaroError as error:
        return [Finding("settings", ok=False, seen=error.message, mend=error.hint)]
    if near := config.misspelt(around.environ):
        seen = ", ".join(f"{shown(name)} sets nothing; did you mean {meant}?" for name, meant in near.items())
        return [Finding("settings", ok=False, seen=seen, mend=f"unset {shlex.join(near)}")]
    chosen = ", ".join(f"{name} from {origin}" for name, origin in settings.origins.items() if origin != config.DEFAULT)
    return [Finding("settings", ok=True, seen=chosen or f"defaults; {path} is not there")]
