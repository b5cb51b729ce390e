"""What can be wrong with an installation, each check with the command that mends it."""

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from caro_shell import __version__, config, paths
from caro_shell.client import Client
from caro_shell.errors import CaroError
from caro_shell.prompt import SHELLS

_NEEDED_PYTHON = (3, 11)


@dataclass(frozen=True)
class Finding:
    """The outcome of a check: what was seen, and when that is not right the command that mends it."""

    name: str
    ok: bool
    seen: str
    mend: str = ""


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("python", sys.version_info >= _NEEDED_PYTHON, f"{version}, {sys.executable}", "./install.sh")


def _settings() -> Finding:
    path = paths.config_file(os.environ)
    try:
        settings = config.resolve(os.environ, path)
    except CaroError as error:
        return Finding("settings", ok=False, seen=error.message, mend=error.hint)
    chosen = ", ".join(f"{name} from {origin}" for name, origin in settings.origins.items())
    return Finding("settings", ok=True, seen=chosen or f"defaults; {path} is not there")


def _llama() -> Finding:
    # In a process of its own: a build for another CPU ends the process that loads it.
    code = "import llama_cpp as l; print(l.__version__, 'gpu' if l.llama_supports_gpu_offload() else 'cpu')"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"it ended with status {done.returncode}"])[-1]
        return Finding("llama.cpp", ok=False, seen=f"cannot be loaded: {last}", mend="./install.sh")
    version, device = done.stdout.split()
    return Finding("llama.cpp", ok=True, seen=f"{version}, built for the {device.upper()}")


def _model() -> Finding:
    from caro_shell.models.store import find_model

    try:
        settings = config.current()
        weights = find_model(settings.model, settings)
    except CaroError as error:
        return Finding("model", ok=False, seen=error.message, mend=error.hint)
    checked = "checked" if weights.sha256 else "your own file"
    if weights.stands_in_for:
        return Finding(
            "model", ok=False, seen=f"{weights.title} stands in", mend=f"caro models pull {weights.stands_in_for}"
        )
    return Finding("model", ok=True, seen=f"{weights.title}, {checked}, {weights.path}")


def _runtime() -> Finding:
    directory = paths.runtime_dir(os.environ)
    try:
        paths.ensure_private_dir(directory)
    except CaroError as error:
        return Finding("runtime directory", ok=False, seen=error.message, mend=error.hint)
    mode = stat.S_IMODE(Path(directory).stat().st_mode)
    return Finding("runtime directory", ok=True, seen=f"{directory}, mode {mode:04o}")


def _daemon() -> Finding:
    with Client(os.environ) as client:
        if not client.is_running():
            return Finding("daemon", ok=True, seen="not running; the first request starts it")
        status = client.ask({"type": "status"})
    seen = f"{status['state']}, pid {status['pid']}, version {status['version']}"
    return Finding("daemon", status["version"] == __version__, seen, "caro daemon restart")


def _socket() -> Finding:
    path = Path(paths.socket_path(paths.runtime_dir(os.environ)))
    if not path.exists():
        return Finding("socket", ok=True, seen="none while the daemon does not run")
    mode = stat.S_IMODE(path.stat().st_mode)
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


def _rc_file() -> Finding:
    path = Path(os.environ.get("ZDOTDIR") or Path.home(), ".zshrc")
    try:
        loads = "caro.zsh" in path.read_text(errors="replace")
    except OSError:
        loads = False
    seen = f"{path} loads caro" if loads else f"{path} does not load caro"
    return Finding("zsh start-up", loads, seen, f"caro init zsh >> {path}")


CHECKS: tuple[Callable[[], Finding], ...] = (
    _python,
    _settings,
    _llama,
    _model,
    _runtime,
    _daemon,
    _socket,
    _command,
    _shells,
    _rc_file,
)


def examine() -> Iterator[Finding]:
    """Yield what each check finds; one that fails itself is a finding too."""
    for check in CHECKS:
        try:
            yield check()
        except CaroError as error:
            yield Finding(check.__name__.strip("_"), ok=False, seen=error.message, mend=error.hint)
        except OSError as error:
            yield Finding(check.__name__.strip("_"), ok=False, seen=str(error), mend="caro daemon logs")
