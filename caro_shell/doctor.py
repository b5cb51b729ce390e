"""What can be wrong with an installation, each check with the command that mends it."""

import os
import pwd
import shlex
import shutil
import stat
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from caro_shell import __version__, config, paths
from caro_shell.client import Client
from caro_shell.config_text import shown
from caro_shell.errors import CaroError, ConfigError
from caro_shell.prompt import SHELLS

_NEEDED_PYTHON = (3, 11)
# A shell that takes longer to its first prompt has another trouble.
_START_LIMIT_S = 10.0


@dataclass(frozen=True)
class Finding:
    """The outcome of a check: what was seen, and when that is not right the command that mends it."""

    name: str
    ok: bool
    seen: str
    mend: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    """The same for programs, where it is more than a sentence."""


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("python", sys.version_info >= _NEEDED_PYTHON, f"{version}, {sys.executable}", "./install.sh")


def _settings() -> Finding:
    path = paths.config_file(os.environ)
    try:
        settings = config.resolve(os.environ, path)
    except CaroError as error:
        return Finding("settings", ok=False, seen=error.message, mend=error.hint)
    if near := config.misspelt(os.environ):
        seen = ", ".join(f"{shown(name)} sets nothing; did you mean {meant}?" for name, meant in near.items())
        return Finding("settings", ok=False, seen=seen, mend=f"unset {shlex.join(near)}")
    chosen = ", ".join(f"{name} from {origin}" for name, origin in settings.origins.items() if origin != config.DEFAULT)
    return Finding("settings", ok=True, seen=chosen or f"defaults; {path} is not there")


def _engine() -> Finding:
    from caro_shell.engines import installed, registry

    try:
        settings = config.current()
    except ConfigError:
        settings = config.Settings()
    asked = [package for package in installed.PACKAGES if package.setting == settings.engine]
    if not asked and settings.engine not in {"auto", "openai"}:
        try:
            registry.check_needs(settings.engine)
        except CaroError as error:
            return Finding("engine", ok=False, seen=error.message, mend=error.hint.removeprefix("Try: "))
        return Finding("engine", ok=True, seen=settings.engine)
    ok, seen = installed.examine_first(asked or installed.PACKAGES)
    if not ok and registry.asks_a_server(settings) and settings.fallback == "off":
        return Finding("llama.cpp", ok=True, seen=f"{seen}; none needed: a server is asked")
    return Finding("llama.cpp", ok=ok, seen=seen, mend="./install.sh")


def _model() -> Finding:
    from caro_shell.engines.registry import asks_a_server
    from caro_shell.models.store import find_model

    try:
        settings = config.current()
        weights = find_model(settings.model, settings)
    except CaroError as error:
        if not isinstance(error, ConfigError) and asks_a_server(settings) and settings.fallback == "off":
            return Finding("model", ok=True, seen="none here, and none needed: a server is asked")
        return Finding("model", ok=False, seen=error.message, mend=error.hint)
    checked = "checked" if weights.sha256 else "your own file"
    if weights.stands_in_for:
        return Finding(
            "model", ok=False, seen=f"{weights.title} stands in", mend=f"caro models pull {weights.stands_in_for}"
        )
    return Finding("model", ok=True, seen=f"{weights.title}, {checked}, {weights.path}")


def _server() -> Finding:
    from caro_shell.engines.registry import asks_a_server

    settings = config.current()
    if not asks_a_server(settings):
        return Finding("server", ok=True, seen="none; nothing leaves this machine")
    from caro_shell.engines.openai.check import examine_server

    return Finding("server", ok=True, seen=examine_server(settings))


def _runtime() -> Finding:
    directory = paths.runtime_dir(os.environ)
    try:
        paths.ensure_private_dir(directory)
    except CaroError as error:
        return Finding("runtime directory", ok=False, seen=error.message, mend=error.hint)
    mode = stat.S_IMODE(Path(directory).stat().st_mode)
    return Finding("runtime directory", ok=True, seen=f"{directory}, mode {mode:04o}")


def _daemon() -> Finding:
    from caro_shell.cli.daemon import describe_device

    with Client(os.environ) as client:
        if not client.is_running():
            return Finding("daemon", ok=True, seen="not running; the first request starts it")
        status = client.ask({"type": "status"})
    seen = f"{status['state']}, pid {status['pid']}, version {status['version']}"
    if status["device"]:
        seen += f", {status['model']} on {describe_device(status)}"
    seen = "; ".join([seen, *(note.rstrip(".") for note in status["notes"])])
    return Finding("daemon", status["version"] == __version__, seen, "caro daemon restart")


def _socket() -> Finding:
    directory = paths.runtime_dir(os.environ)
    path = Path(paths.socket_path(directory))
    if not paths.has_own_socket(directory):
        return Finding("socket", ok=True, seen="none while the daemon does not run")
    mode = stat.S_IMODE(path.lstat().st_mode)
    return Finding("socket", mode == stat.S_IRUSR | stat.S_IWUSR, f"{path}, mode {mode:04o}", "caro daemon restart")


def _command() -> Finding:
    found = shutil.which("caro")
    return Finding(
        "caro on PATH", bool(found), found or "no", 'put ~/.local/bin on PATH: export PATH="$HOME/.local/bin:$PATH"'
    )


def _shells() -> Finding:
    found = {name: path for name in SHELLS if (path := shutil.which(name))}
    seen = ", ".join(found.values()) or "none of zsh, bash, fish"
    return Finding("shells", bool(found), seen, "install one of them")


def _login_shell() -> str:
    return Path(os.environ.get("SHELL") or pwd.getpwuid(os.getuid()).pw_shell).name


def _examine_shell(shell: str, program: str) -> Iterator[Finding]:
    """Start the shell as its user does, and ask it what it has."""
    from caro_shell.start_up import NOT_STARTED, names_caro, rc_files, start_shell

    files = rc_files(shell, program, os.environ)
    named = next((path for path in files if names_caro(path, shell)), None)
    # A shell without files of the user's is not used: starting it would only make some, or ask questions.
    used = any(path.exists() for path in files)
    start = start_shell(program, os.environ, _START_LIMIT_S) if used else NOT_STARTED
    name, mine = f"{shell} start-up", shell == _login_shell()
    if start.report:
        yield Finding(name, ok=True, seen=f"{start.report.get('shell', shell)} loads caro")
        yield _keys(shell, start.report)
    elif start.said:
        yield Finding(name, ok=not mine, seen=start.said, mend=f"look at what {shell} says when it starts")
    elif not start.ended:
        seen = f"{shell} did not come to its prompt within {_START_LIMIT_S:.0f} s"
        yield Finding(name, ok=not (mine or named), seen=seen, mend=f"look at what {shell} does when it starts")
    elif named:
        yield Finding(name, ok=False, seen=f"{named} names caro, but {shell} does not load it", mend="./install.sh")
    else:
        seen, mend = f"{files[0]} does not load caro", f"caro init {shell} >> {shlex.quote(str(files[0]))}"
        yield Finding(name, ok=not mine, seen=seen if mine else f"{seen}; for the keys there: {mend}", mend=mend)


def _keys(shell: str, report: Mapping[str, str]) -> Finding:
    """Say which keys are caro's, and who has the others."""
    name, ours, taken, mend = f"{shell} keys", [], [], []
    for setting, other in (("key", "ctrl-x g"), ("explain_key", "ctrl-x e")):
        key, owner = report.get(setting, ""), report.get(f"{setting}_owner", "")
        if key and owner:
            shown = "-".join(map(str.capitalize, key.split("-"))) if key.startswith(("ctrl-", "alt-")) else key
            taken.append(f"{shown} is taken by {owner}")
            mend.append(f"CARO_{setting.upper()}='{other}', or '{key}!' to take it over")
        elif key:
            ours.append(key)
    if taken:
        return Finding(name, ok=False, seen="; ".join(taken), mend="; ".join(mend))
    if report.get("comment") == "on":
        ours.append("# request")
    return Finding(name, ok=True, seen=", ".join(ours) or "none; all of them are turned off")


CHECKS: tuple[Callable[[], Finding], ...] = (
    _python,
    _settings,
    _engine,
    _model,
    _server,
    _runtime,
    _daemon,
    _socket,
    _command,
    _shells,
)


def _devices() -> list[Finding]:
    from caro_shell.device_check import check_devices

    try:
        return check_devices(config.current(), os.environ)
    except ConfigError:
        # The settings' own check has said it.
        return []


def examine() -> Iterator[Finding]:
    """Yield what each check finds; one that fails itself is a finding too."""
    for check in CHECKS:
        try:
            yield check()
            if check is _engine:
                yield from _devices()
        except CaroError as error:
            yield Finding(check.__name__.strip("_"), ok=False, seen=error.message, mend=error.hint)
        except OSError as error:
            yield Finding(check.__name__.strip("_"), ok=False, seen=str(error), mend="caro daemon logs")
    for shell in SHELLS:
        if program := shutil.which(shell):
            try:
                yield from _examine_shell(shell, program)
            except OSError as error:
                yield Finding(f"{shell} start-up", ok=False, seen=str(error), mend=f"start {shell} yourself")
