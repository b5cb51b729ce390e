"""Warm-up at login: what `caro daemon install` gives to the system that starts a user's programs, and takes back."""

import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from caro_shell import config, paths
from caro_shell.client import settings_in
from caro_shell.config import values as config_values
from caro_shell.config.text import shown
from caro_shell.errors import DaemonError
from caro_shell.login.launchd import Launchd
from caro_shell.login.system import MARK, Start, System
from caro_shell.login.systemd import Systemd

# What decides, besides our own variables, where the daemon finds programs, weights and libraries.
_PASSED_ON = (
    "PATH",
    "SHELL",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_CACHE_HOME",
    "HF_HOME",
    "HF_HUB_CACHE",
    "LD_LIBRARY_PATH",
    "CUDA_VISIBLE_DEVICES",
)


@dataclass(frozen=True)
class Found:
    """What is there of a warm-up at login."""

    file: Path
    state: str
    """`on`, `written` (nobody will start it yet) or `off`."""
    left: str = ""
    """The command that is left to do, in the state `written`."""


def this_system(environ: Mapping[str, str]) -> System:
    """Return what starts a user's programs at login on this kind of machine, whether or not it is there."""
    return Launchd(environ) if sys.platform == "darwin" else Systemd(environ)


def start_of(environ: Mapping[str, str], python: str = sys.executable) -> Start:
    """Return what a client of this environment would start; a server's key is never in it."""
    ours = settings_in(environ)
    names = [name for name, key in config.ENVIRONMENT.items() if key not in config_values.SECRETS]
    passed = {name: ours[name] for name in (*names, "CARO_CONFIG") if name in ours}
    passed |= {name: environ[name] for name in _PASSED_ON if environ.get(name)}
    if environ.get("CARO_RUNTIME_DIR"):
        passed["CARO_RUNTIME_DIR"] = paths.runtime_dir(environ)
    for what, text in (("The interpreter's path", python), *passed.items()):
        if not text.isprintable():
            raise DaemonError(
                f"{what} has characters that no file for the login can hold.",
                "Nothing was changed. Install caro at a path without them.",
            )
    return Start(python, passed)


def install(system: System, start: Start) -> Found:
    """Have the model loaded at every login; what is there of ours is replaced. Raises DaemonError."""
    _refuse_what_is_not_ours(system, start)
    if not shutil.which(system.program, path=system.environ.get("PATH")):
        words = shlex.join(start.words)
        raise DaemonError(f"There is no {system.program} here to start it at login.", f"Let your session run: {words}")
    try:
        paths.refuse_a_foreign_home(str(system.file.parent))
        system.file.parent.mkdir(parents=True, exist_ok=True)
        _write(system.file, system.text(start))
    except OSError as error:
        raise DaemonError(
            f"{shown(str(system.file))} cannot be written: {error.strerror}.",
            "Nothing was changed. Look at the rights of its directory.",
        ) from None
    return Found(system.file, *(("on",) if system.switch_on() else ("written", system.left_to_do)))


def uninstall(system: System, start: Start) -> bool:
    """Take everything away that `install` has made; returns whether there was anything. Raises DaemonError."""
    if not _refuse_what_is_not_ours(system, start):
        return False
    system.switch_off()
    try:
        for file in (*system.links, system.file):
            file.unlink(missing_ok=True)
    except OSError as error:
        raise DaemonError(
            f"{shown(str(system.file))} cannot be removed: {error.strerror}.", f"Try: rm {shown(str(system.file))}"
        ) from None
    system.forget()
    # What install has made, and nobody has put anything into.
    for directory in system.directories:
        with suppress(OSError):
            directory.rmdir()
    return True


def find(system: System) -> Found:
    """Return what is there; a file that is not ours is none."""
    if not _is_ours(system.file):
        return Found(system.file, "off")
    return Found(system.file, *(("on",) if system.is_on else ("written", system.left_to_do)))


def _write(file: Path, text: bytes) -> None:
    """Put a text in a file's place as a whole."""
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=".caro-")
    try:
        with open(descriptor, "wb") as new:  # noqa: PTH123  a descriptor has no path
            new.write(text)
        # systemd complains of a file that it alone can read.
        Path(name).chmod(0o644)
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _is_ours(file: Path) -> bool:
    try:
        return file.is_file() and not file.is_symlink() and MARK.encode() in file.read_bytes()
    except OSError:
        return False


def _refuse_what_is_not_ours(system: System, start: Start) -> bool:
    """Return whether there is a file of ours; raises DaemonError when it is somebody else's."""
    file = system.file
    if not os.path.lexists(file):
        return False
    if not _is_ours(file):
        raise DaemonError(f"{shown(str(file))} is not caro's, and stays as it is.", "Move it away, and say it again.")
    # Beside an installation that is gone, or the same one with another name for its interpreter, this one takes over.
    python = Path(system.python_in(file.read_bytes()))
    if python.is_file() and python.parent != Path(start.python).parent:
        raise DaemonError(
            f"{shown(str(file))} belongs to another caro that is installed here.",
            f"Try: {shown(str(python))} -m caro_shell daemon uninstall",
        )
    return True
