"""`caro config edit`: the configuration file in the user's editor, looked over before it is left."""

import os
import shlex
import shutil
import signal
import subprocess
import sys

from caro_shell import config
from caro_shell.cli import print_error
from caro_shell.config import file as config_file
from caro_shell.config.text import shown
from caro_shell.errors import CaroError, ConfigError

_HEADER = """\
# The settings of caro: NAME = VALUE, one a line. Which there are, and what is in force: caro config list
# A change counts from the next request on.
# model = "small"
"""


def edit(path: str) -> bool:
    """Let the user edit the file until it is right or they have had enough; returns whether it is right.

    What they wrote stays in the file either way. Raises CaroError when there is no terminal or no editor.
    """
    if not (sys.stdin and sys.stdin.isatty()):
        raise CaroError("There is no terminal to edit on.", f"Write the file {shown(path)} yourself.")
    command = editor()
    config_file.create(path, _HEADER)
    while True:
        _run(command, path)
        try:
            config.resolve({}, path)
        except ConfigError as error:
            print_error(error)
            if not _agreed("Edit it again? [Y/n] "):
                print("caro: The file stays as you wrote it.", file=sys.stderr)
                return False
        else:
            return True


def editor() -> list[str]:
    """Return the words that start the user's editor; raises CaroError when there is none."""
    for variable in ("VISUAL", "EDITOR"):
        if os.environ.get(variable, "").strip():
            try:
                return shlex.split(os.environ[variable])
            except ValueError:
                raise CaroError(
                    f"{variable} is not a command: its quotes do not match.", f"Try: {variable}=vi caro config edit"
                ) from None
    for name in ("vi", "nano"):
        if shutil.which(name):
            return [name]
    raise CaroError("There is no editor here: neither vi nor nano.", "Set EDITOR to yours.")


def _run(command: list[str], path: str) -> None:
    # Ctrl-C is the editor's while it runs. A handler, because the editor would inherit that the signal is ignored.
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        status = subprocess.run([*command, path], check=False).returncode
    except OSError as error:
        raise CaroError(
            f"The editor {shown(command[0])} cannot be started: {error.strerror}.", "Set EDITOR to another."
        ) from None
    finally:
        signal.signal(signal.SIGINT, before)
    if status:
        said = f"status {status}" if status > 0 else signal.strsignal(-status) or f"signal {-status}"
        raise CaroError(
            f"The editor {shown(command[0])} ended with {said}.",
            "The file is as it has left it. Look at it once more: caro config edit",
        )


def _agreed(question: str) -> bool:
    print(question, end="", file=sys.stderr, flush=True)
    answer = sys.stdin.readline()
    return bool(answer) and answer.strip().lower() in {"", "y", "yes"}
