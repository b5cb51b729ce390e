"""What can be wrong with an installation: a concern a file, each check with what mends what it finds."""

import os
from collections.abc import Callable, Iterable, Iterator

from caro_shell.doctor import daemon, engine, files, interpreter, network, place, settings, shells, terminal
from caro_shell.doctor.finding import Finding, Surroundings
from caro_shell.errors import CaroError

__all__ = ["CHECKS", "Finding", "Surroundings", "examine"]

CHECKS: tuple[Callable[[Surroundings], Iterable[Finding]], ...] = (
    interpreter.check_python,
    interpreter.check_packages,
    interpreter.check_imports,
    settings.check_settings,
    engine.check_engine,
    engine.check_devices,
    engine.check_model,
    files.check_downloads,
    engine.check_server,
    network.check_proxies,
    network.check_certificates,
    network.check_fetching,
    daemon.check_runtime,
    daemon.check_daemon,
    daemon.check_socket,
    daemon.check_log,
    files.check_permissions,
    place.check_disk,
    place.check_memory,
    place.check_locale,
    terminal.check_name,
    terminal.check_answers,
    terminal.check_tmux,
    shells.check_command,
    shells.check_shells,
    shells.check_start_up,
)


def examine(around: Surroundings | None = None) -> Iterator[Finding]:
    """Yield what each check finds; one that fails itself is a finding too."""
    around = around or Surroundings(os.environ)
    for check in CHECKS:
        name = check.__name__.removeprefix("check_").replace("_", " ")
        try:
            yield from check(around)
        except CaroError as error:
            yield Finding(name, ok=False, seen=error.message, mend=error.hint)
        except OSError as error:
            yield Finding(name, ok=False, seen=str(error), mend="caro daemon logs")
