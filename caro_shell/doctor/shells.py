"""The user's shells: which there are and how old, whether they load caro, and which keys caro has there."""

import os
import pwd
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from caro_shell.doctor.finding import Finding, Surroundings
from caro_shell.doctor.rc_order import troubles
from caro_shell.prompt import SHELLS

# A shell that takes longer to its first prompt has another trouble.
_START_LIMIT_S = 10.0
# What the scripts in shell/ need; they say the same at their beginning.
_OLDEST = {"zsh": (5, 8), "bash": (4, 4), "fish": (3, 6)}
_VERSION = re.compile(r"\b(\d+)\.(\d+)(?:\.\d+)*")


def check_command(around: Surroundings) -> list[Finding]:
    """Say whether `caro` is found, and whether it is this one."""
    found = shutil.which("caro", path=around.environ.get("PATH"))
    mend = 'put ~/.local/bin on PATH: export PATH="$HOME/.local/bin:$PATH"'
    return [Finding("caro on PATH", bool(found), found or "no", mend)]


def check_shells(around: Surroundings) -> list[Finding]:
    """List the shells that caro has keys for."""
    found = {name: path for name in SHELLS if (path := shutil.which(name, path=around.environ.get("PATH")))}
    seen = ", ".join(found.values()) or "none of zsh, bash, fish"
    return [Finding("shells", bool(found), seen, "install one of them")]


def check_start_up(around: Surroundings) -> Iterator[Finding]:
    """Start each shell as its user does, and ask it what it has."""
    for shell in SHELLS:
        if program := shutil.which(shell, path=around.environ.get("PATH")):
            try:
                yield from _examine_shell(shell, program, around)
            except OSError as error:
                yield Finding(f"{shell} start-up", ok=False, seen=str(error), mend=f"start {shell} yourself")


def _login_shell(environ: Mapping[str, str]) -> str:
    return Path(environ.get("SHELL") or pwd.getpwuid(os.getuid()).pw_shell).name


def _examine_shell(shell: str, program: str, around: Surroundings) -> Iterator[Finding]:
    from caro_shell.start_up import NOT_STARTED, names_caro, rc_files, start_shell

    files = rc_files(shell, program, around.environ)
    named = next((path for path in files if names_caro(path, shell)), None)
    # A shell without files of the user's is not used: starting it would only make some, or ask questions.
    used = any(path.exists() for path in files)
    mine = shell == _login_shell(around.environ)
    if (used or mine) and (old := _too_old(shell, program)):
        yield old
    start = start_shell(program, around.environ, _START_LIMIT_S) if used else NOT_STARTED
    name = f"{shell} start-up"
    reasons = troubles(named, shell) if named else []
    if start.report:
        yield Finding(name, ok=True, seen=f"{start.report.get('shell', shell)} loads caro")
        yield _keys(shell, start.report)
        yield from (Finding(f"{shell} rc order", ok=False, seen=one.seen, mend=one.mend) for one in reasons)
    elif start.said:
        yield Finding(name, ok=not mine, seen=start.said, mend=f"look at what {shell} says when it starts")
    elif not start.ended:
        seen = f"{shell} did not come to its prompt within {_START_LIMIT_S:.0f} s"
        yield Finding(name, ok=not (mine or named), seen=seen, mend=f"look at what {shell} does when it starts")
    elif named:
        why = f": {reasons[0].seen}" if reasons else ""
        mend = reasons[0].mend if reasons else "./install.sh"
        yield Finding(name, ok=False, seen=f"{named} names caro, but {shell} does not load it{why}", mend=mend)
    else:
        seen, mend = f"{files[0]} does not load caro", f"caro init {shell} >> {shlex.quote(str(files[0]))}"
        yield Finding(name, ok=not mine, seen=seen if mine else f"{seen}; for the keys there: {mend}", mend=mend)


def _too_old(shell: str, program: str) -> Finding | None:
    """Return what to say of a shell for which the scripts are too new."""
    try:
        told = subprocess.run([program, "--version"], capture_output=True, text=True, check=False, timeout=5).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = _VERSION.search(told)
    if not found or (int(found[1]), int(found[2])) >= _OLDEST[shell]:
        return None
    needed = ".".join(map(str, _OLDEST[shell]))
    seen = f"{program} is {found[0]}, and the keys need {needed} or newer"
    return Finding(f"{shell} version", ok=False, seen=seen, mend=f'install a newer {shell}; `caro "…"` works meanwhile')


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
