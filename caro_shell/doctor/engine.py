"""What evaluates the model: an engine's package, the model itself, the server."""

from caro_shell import config
from caro_shell.doctor.finding import Finding, Surroundings
from caro_shell.doctor.settings import settings_of
from caro_shell.errors import CaroError, ConfigError
from caro_shell.models.progress import size_text

# A model needs its file in memory, and about so much of it again for what it evaluates.
_MORE_THAN_THE_FILE = 1.25


def check_engine(around: Surroundings) -> list[Finding]:
    """Try the packages that bring llama.cpp, or whatever the setting `engine` names."""
    from caro_shell.engines import installed, registry

    settings = settings_of(around)
    asked = [package for package in installed.PACKAGES if package.setting == settings.engine]
    if not asked and settings.engine not in {"auto", "openai"}:
        try:
            registry.check_needs(settings.engine)
        except CaroError as error:
            return [Finding("engine", ok=False, seen=error.message, mend=error.hint.removeprefix("Try: "))]
        return [Finding("engine", ok=True, seen=settings.engine)]
    ok, seen = installed.examine_first(asked or installed.PACKAGES)
    if not ok and registry.asks_a_server(settings) and settings.fallback == "off":
        return [Finding("llama.cpp", ok=True, seen=f"{seen}; none needed: a server is asked")]
    return [Finding("llama.cpp", ok=ok, seen=seen, mend="./install.sh")]


def check_devices(around: Surroundings) -> list[Finding]:
    """List what llama.cpp can run on."""
    from caro_shell.doctor import devices

    try:
        return devices.check_devices(config.current(), around.environ)
    except ConfigError:
        # The settings' own check has said it.
        return []


def check_model(around: Surroundings) -> list[Finding]:
    """Look for the weights, whole and with the right hash; and whether this machine has the memory for them."""
    from caro_shell.engines.registry import asks_a_server
    from caro_shell.models.machine import read_memory
    from caro_shell.models.own_file import parts_of
    from caro_shell.models.store import file_path, find_model

    settings = settings_of(around)
    try:
        weights = find_model(settings.model, settings)
    except CaroError as error:
        if not isinstance(error, ConfigError) and asks_a_server(settings) and settings.fallback == "off":
            return [Finding("model", ok=True, seen="none here, and none needed: a server is asked")]
        return [Finding("model", ok=False, seen=error.message, mend=error.hint)]
    if weights.stands_in_for:
        mend = f"caro models pull {weights.stands_in_for}"
        return [Finding("model", ok=False, seen=f"{weights.title} stands in", mend=mend)]
    checked = "its SHA-256 is right" if weights.sha256 else "your own file"
    found = [Finding("model", ok=True, seen=f"{weights.title}, {checked}, {weights.path}")]
    files = [file_path(file, settings) for file in weights.model.files] if weights.model else parts_of(weights.path)
    size = sum(path.stat().st_size for path in files)
    memory = read_memory().memory
    if memory and size * _MORE_THAN_THE_FILE > memory:
        seen = f"{weights.title} takes about {size_text(int(size * _MORE_THAN_THE_FILE))}, this machine has"
        found.append(
            Finding("memory for the model", ok=False, seen=f"{seen} {size_text(memory)}", mend="caro models use auto")
        )
    return found


def check_server(around: Surroundings) -> list[Finding]:
    """Ask the server, if there is to be one."""
    from caro_shell.engines.registry import asks_a_server

    settings = settings_of(around)
    if not asks_a_server(settings):
        return [Finding("server", ok=True, seen="none; nothing leaves this machine")]
    from caro_shell.engines.openai.check import examine_server

    return [Finding("server", ok=True, seen=examine_server(settings))]
