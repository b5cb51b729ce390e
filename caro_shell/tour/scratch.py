"""The tour's directory and the shell in it; whatever way the user leaves, the directory goes."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import termios
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from caro_shell import paths

_HERE = Path(__file__).parent
# Something to count, to find and to sort.
_FILES = {
    "notes.txt": "buy bread\ncall Ada\nwater the plants\n",
    "old notes.txt": "buy milk\n",
    "report.py": "print(sum(range(10)))\n",
    "src/main.py": "def main():\n    # TODO: say hello\n    print('hello')\n",
    "src/data.csv": "name,year\nAda,1815\nGrace,1906\n",
    "big.log": "2026-01-01 12:00:00 INFO all is well\n" * 2000,
}
# How a shell is started so that it reads the hook after its user's own files.
_STARTS = {
    "zsh": lambda program, own: [program, "-i"],  # noqa: ARG005  by ZDOTDIR
    "bash": lambda program, own: [program, "--rcfile", str(own / "hook.bash"), "-i"],
    "fish": lambda program, own: [program, "-i", "-C", f"source {own / 'hook.fish'}"],
}


@dataclass(frozen=True)
class Scratch:
    """The directories of one tour."""

    files: Path
    """Where the user is."""
    own: Path
    """What the tour keeps: the hooks, what was pressed, the shell's history."""


@contextmanager
def scratch() -> Iterator[Scratch]:
    """Make the directory, and remove it with all that is in it."""
    base = Path(tempfile.mkdtemp(prefix="caro-tour-"))
    try:
        made = Scratch(base / "files", base / "own")
        for directory in (made.files, made.own, made.files / "src"):
            directory.mkdir()
        for name, content in _FILES.items():
            (made.files / name).write_text(content, encoding="utf-8")
        (made.own / "pressed").touch()
        yield made
    finally:
        shutil.rmtree(base, ignore_errors=True)


def run_shell(shell: str, program: str, made: Scratch) -> int:
    """Let the user's shell run in the foreground until it ends; returns its exit status."""
    for hook in _HERE.glob(f"*.{shell}"):
        shutil.copyfile(hook, made.own / hook.name)
    environ = _environ(shell, made, os.environ)
    # Its job control moves the terminal's foreground about, and its line editor the terminal's modes.
    modes = termios.tcgetattr(0)
    with _signals_are_the_shells() as forward:
        process = subprocess.Popen(_STARTS[shell](program, made.own), env=environ, cwd=made.files)
        forward.append(process)
        status = process.wait()
    # The shell may have left the foreground to nobody: that is no reason to be stopped.
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    with suppress(termios.error):
        termios.tcsetattr(0, termios.TCSADRAIN, modes)
    return status


def _environ(shell: str, made: Scratch, environ: Mapping[str, str]) -> dict[str, str]:
    # The hook turns learning on for itself alone: nothing of the tour is told to the daemon.
    more = {name: value for name, value in environ.items() if name != "CARO_LEARN"}
    more["CARO_TOUR"] = str(made.own)
    told = [sys.executable, paths.shell_script(shell), environ.get("ZDOTDIR", "")]
    (made.own / "told").write_text("".join(f"{line}\n" for line in told), encoding="utf-8")
    if shell == "zsh":
        for name in ("zshenv", "zshrc"):
            (made.own / f"{name}.zsh").rename(made.own / f".{name}")
        more["ZDOTDIR"] = str(made.own)
    return more


@contextmanager
def _signals_are_the_shells() -> Iterator[list["subprocess.Popen[bytes]"]]:
    """Leave Ctrl-C to the shell, and end the shell when this process is to end: then there is something to remove."""
    running: list[subprocess.Popen[bytes]] = []

    def hang_up(_number: int, _frame: FrameType | None) -> None:
        for process in running:
            process.send_signal(signal.SIGHUP)

    # Handlers, because the shell would inherit that a signal is ignored.
    handlers = {signal.SIGINT: lambda *_: None, signal.SIGQUIT: lambda *_: None}
    handlers |= dict.fromkeys((signal.SIGHUP, signal.SIGTERM), hang_up)
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield running
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
