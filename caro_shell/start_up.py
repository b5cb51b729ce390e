"""How a shell starts for its user: with the user's own files, on a terminal, and asked by caro's script what it has.

The script of each shell looks for CARO_REPORT at its first prompt, writes into that file and ends the shell.
"""

import os
import platform
import pty
import re
import select
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

# A shell that says nothing for so long stands at its prompt, or asks something: the end of the input ends both.
_QUIET_S = 0.5
_MOMENT_S = 0.02
# What a start-up may ask its terminal, and a terminal's answers (ECMA-48, xterm's ctlseqs): who and where it is.
_ANSWERS = ((rb"\x1b\[0?c", b"\x1b[?62;22c"), (rb"\x1b\[5n", b"\x1b[0n"), (rb"\x1b\[6n", b"\x1b[1;1R"))
# A session leader that opens a terminal gets it as its own.
_ON_TERMINAL = 'terminal=$1; shift; exec "$@" <"$terminal" >"$terminal" 2>&1'


@dataclass(frozen=True)
class StartUp:
    """What came of starting a shell."""

    report: Mapping[str, str]
    """What caro's script says: `shell`, `key`, `key_owner`, `explain_key`, `explain_key_owner`, `comment`."""
    said: str
    """What caro said on the screen, one line; empty when it said nothing."""
    ended: bool
    """Whether it came to its prompt in time."""


NOT_STARTED = StartUp({}, "", ended=True)


def start_shell(program: str, environ: Mapping[str, str], limit_s: float) -> StartUp:
    """Start a shell as its user does, and end it at its first prompt, or after `limit_s`."""
    keyboard, terminal = pty.openpty()
    with tempfile.NamedTemporaryFile(prefix="caro-") as report:
        # An rc file that puts every shell into tmux takes this one for one that is there already.
        more = {"CARO_REPORT": report.name, "TERM": environ.get("TERM", "xterm"), "TMUX": environ.get("TMUX", ",,")}
        # Where terminals start login shells, other files are read.
        options = ["-l", "-i"] if platform.system() == "Darwin" else ["-i"]
        process = subprocess.Popen(
            ["/bin/sh", "-c", _ON_TERMINAL, "sh", os.ttyname(terminal), program, *options],
            env={**environ, **more},
            cwd=environ.get("HOME") or "/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(terminal)
        try:
            screen = _watch(process, keyboard, limit_s)
            ended = process.poll() is not None
        finally:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            os.close(keyboard)
            process.wait()
        lines = Path(report.name).read_text(errors="replace").splitlines()
    said = re.search(rb"caro: [^\r\n\x1b]+", screen)
    values = {name: value for name, tab, value in (line.partition("\t") for line in lines) if tab}
    return StartUp(values, said[0].decode(errors="replace") if said else "", ended)


def _watch(process: "subprocess.Popen[bytes]", keyboard: int, limit_s: float) -> bytes:
    """Be the terminal of a shell until it ends, and return what it wrote."""
    screen, answered = b"", [0] * len(_ANSWERS)
    deadline, quiet_since = time.monotonic() + limit_s, time.monotonic()
    while process.poll() is None and time.monotonic() < deadline:
        if more := _read(keyboard):
            screen += more
            quiet_since = time.monotonic()
            for at, (question, answer) in enumerate(_ANSWERS):
                asked = len(re.findall(question, screen))
                os.write(keyboard, answer * (asked - answered[at]))
                answered[at] = asked
        elif time.monotonic() - quiet_since > _QUIET_S:
            os.write(keyboard, b"\x04")
            quiet_since = time.monotonic()
    while more := _read(keyboard):
        screen += more
    return screen


def _read(keyboard: int) -> bytes:
    """Return what has been written since; empty when nothing comes for a moment."""
    if not select.select([keyboard], [], [], _MOMENT_S)[0]:
        return b""
    try:
        return os.read(keyboard, 65536)
    except OSError:
        # Linux's way to say that nobody has the terminal open: before the shell has, and after it.
        time.sleep(_MOMENT_S)
        return b""


# A .zshenv that waits for something must not hold the doctor.
_ASK_LIMIT_S = 10.0


def rc_files(shell: str, program: str, environ: Mapping[str, str]) -> list[Path]:
    """Return the files that a user of `shell` may load caro from, the usual one first."""
    home = Path(environ.get("HOME") or Path.home())
    if shell == "zsh":
        # Many set ZDOTDIR in .zshenv without exporting it, so zsh itself is asked.
        ask = [program, "-c", 'builtin print -r -- "caro:$ZDOTDIR"']
        try:
            told = subprocess.run(
                ask, env=dict(environ), stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=_ASK_LIMIT_S
            ).stdout
        except subprocess.TimeoutExpired:
            told = b""
        return [Path(os.fsdecode(told.rpartition(b"caro:")[2].strip()) or home, ".zshrc")]
    if shell == "bash":
        login = [home / name for name in (".bash_profile", ".bash_login", ".profile")]
        return [*login, home / ".bashrc"] if platform.system() == "Darwin" else [home / ".bashrc", *login]
    fish = Path(environ.get("XDG_CONFIG_HOME") or home / ".config", "fish")
    return [fish / "config.fish", *sorted(fish.glob("conf.d/*.fish"))]


def names_caro(rc_file: Path, shell: str) -> bool:
    """Say whether an rc file speaks of caro's script, be it only in a comment."""
    try:
        return f"caro.{shell}" in rc_file.read_text(errors="replace")
    except OSError:
        return False
