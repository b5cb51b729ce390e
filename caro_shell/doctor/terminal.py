"""The terminal: what it says that it is, whether it answers, and what of its keys never reaches a shell."""

import os
import re
import select
import shutil
import subprocess
import termios
import tty
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from caro_shell.doctor.finding import Finding, Surroundings
from caro_shell.keypress.below import ASK_TERMINAL

_ANSWER_LIMIT_S = 1.0
_TMUX_LIMIT_S = 3.0
_OLDEST_TMUX = (2, 6)
# tmux's own wait before version 3.5. With a longer one, Esc g arrives late where it is typed as two keys.
_LONGEST_ESCAPE_MS = 500
_TERMINFO = ("usr/share/terminfo", "usr/lib/terminfo", "lib/terminfo", "etc/terminfo")
# The gestures' own keys, as a terminal's driver counts them: Ctrl-G.
_BELL = b"\x07"
_CHARACTERS = {
    name: getattr(termios, name)
    for name in (
        "VINTR",
        "VQUIT",
        "VERASE",
        "VKILL",
        "VEOF",
        "VSTART",
        "VSTOP",
        "VSUSP",
        "VLNEXT",
        "VWERASE",
        "VREPRINT",
    )
    if hasattr(termios, name)
}


def check_name(around: Surroundings) -> list[Finding]:
    """Say what TERM names, and whether this machine knows it."""
    term = around.environ.get("TERM", "")
    if not term:
        return [Finding("terminal", ok=True, seen="TERM is not set: no terminal")]
    if term in {"dumb", "unknown"}:
        seen, mend = f"TERM={term} says that it can move no cursor", "use a terminal that sets TERM, as xterm-256color"
        return [Finding("terminal", ok=False, seen=seen, mend=mend)]
    if not _is_known(term, around):
        seen, mend = f"this machine knows no terminal TERM={shown(term)}", "export TERM=xterm-256color"
        return [Finding("terminal", ok=False, seen=seen, mend=mend)]
    return [Finding("terminal", ok=True, seen=term)]


def shown(text: str) -> str:
    """Return a text of the environment's, fit for a sentence."""
    return "".join(char if char.isprintable() else "?" for char in text)[:80]


def _is_known(term: str, around: Surroundings) -> bool:
    """Say whether there is a description of a terminal; where none are looked for here, nobody can say that."""
    if "/" in term or term.startswith("."):
        return False
    environ = around.environ
    places = [Path(environ["TERMINFO"])] if environ.get("TERMINFO") else []
    places += [around.home / ".terminfo", *(around.root / place for place in _TERMINFO)]
    places += [Path(place) for place in environ.get("TERMINFO_DIRS", "").split(":") if place]
    there = [place for place in places if place.is_dir()]
    # macOS names the directories by the letter's number.
    names = (term[0], f"{ord(term[0]):x}")
    return not there or any((place / name / term).exists() for place in there for name in names)


def check_answers(_around: Surroundings) -> list[Finding]:
    """Ask the terminal for its status, as bash and fish do to get their answers; nothing where there is none."""
    try:
        terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return []
    try:
        if os.tcgetpgrp(terminal) != os.getpgrp():
            return []
        answered = answers(terminal)
        taken = taken_by_driver(termios.tcgetattr(terminal)[6])
    except (OSError, termios.error):
        return []
    finally:
        os.close(terminal)
    found = [Finding("terminal's answer", ok=True, seen="it answers when it is asked for its status")]
    if not answered:
        seen = f"it did not answer within {_ANSWER_LIMIT_S:.0f} s, and in bash and fish a press would bring nothing"
        mend = 'use another terminal, or zsh, or `caro "…"`'
        found = [Finding("terminal's answer", ok=False, seen=seen, mend=mend)]
    if taken:
        seen, mend = f"the terminal's driver takes Ctrl-G itself ({taken})", f"stty {taken} undef"
        found.append(Finding("terminal's keys", ok=False, seen=seen, mend=mend))
    return found


def answers(terminal: int, limit_s: float = _ANSWER_LIMIT_S) -> bool:
    """Say whether a terminal answers the question for its status in time; its modes are as before afterwards."""
    before = termios.tcgetattr(terminal)
    try:
        tty.setcbreak(terminal, termios.TCSANOW)
        os.write(terminal, ASK_TERMINAL.encode())
        said = b""
        while select.select([terminal], [], [], limit_s)[0]:
            said += os.read(terminal, 64)
            if re.search(rb"\x1b\[\d*n", said):
                return True
        return False
    finally:
        termios.tcsetattr(terminal, termios.TCSANOW, before)


def taken_by_driver(characters: list[bytes]) -> str:
    """Return what a terminal's driver takes Ctrl-G for, as stty calls it; empty when it passes it on."""
    names = (name for name, index in _CHARACTERS.items() if characters[index] == _BELL)
    return next((name[1:].lower() for name in names), "")


def check_tmux(around: Surroundings) -> list[Finding]:
    """Look at what tmux does with the keys before a shell gets them; nothing outside of tmux."""
    if not around.environ.get("TMUX"):
        return []
    version = _tmux(around.environ, "-V")
    number = re.search(r"(\d+)\.(\d+)", version)
    if number and (int(number[1]), int(number[2])) < _OLDEST_TMUX:
        mend = "install tmux 2.6 or newer"
        return [Finding("tmux", ok=False, seen=f"{version.strip()} is older than what caro is tested with", mend=mend)]
    return tmux_findings(
        version.strip(),
        _tmux(around.environ, "show-options", "-g", "prefix") + _tmux(around.environ, "show-options", "-g", "prefix2"),
        _tmux(around.environ, "show-options", "-s", "escape-time"),
        _tmux(around.environ, "list-keys", "-T", "root"),
    )


def tmux_findings(version: str, prefixes: str, escape: str, bound: str) -> list[Finding]:
    """Return what to say of tmux's settings: its prefixes, the wait after an Escape, and the keys of its root table."""
    taken = [key for key in ("C-g", "M-g") if re.search(rf"prefix2? {key}\b", prefixes)]
    if taken:
        seen = f"{taken[0]} is tmux's prefix: a shell never gets it"
        return [Finding("tmux", ok=False, seen=seen, mend="CARO_KEY='ctrl-x g', or another prefix in ~/.tmux.conf")]
    for key in ("C-g", "M-g"):
        if found := re.search(rf"^bind-key\s.*-T root\s+{key}\s+(\S+)", bound, re.MULTILINE):
            seen = f"{key} is bound by tmux ({found[1]}): a shell never gets it"
            return [Finding("tmux", ok=False, seen=seen, mend=f"tmux unbind-key -n {key}, and in ~/.tmux.conf, too")]
    waits = re.search(r"escape-time (\d+)", escape)
    if waits and int(waits[1]) > _LONGEST_ESCAPE_MS:
        seen = f"{version} waits {waits[1]} ms after an Escape: Esc g is late, and so is leaving vi's insert mode"
        return [Finding("tmux", ok=False, seen=seen, mend="set -s escape-time 10 in ~/.tmux.conf")]
    return [Finding("tmux", ok=True, seen=version or "tmux")]


def _tmux(environ: Mapping[str, str], *words: str) -> str:
    program = shutil.which("tmux", path=environ.get("PATH"))
    with suppress(OSError, subprocess.TimeoutExpired):
        if program:
            return subprocess.run(
                [program, *words],
                env=dict(environ),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
                timeout=_TMUX_LIMIT_S,
            ).stdout
    return ""
