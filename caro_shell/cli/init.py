"""`caro init SHELL`: the lines to put into the shell's rc file, and for whoever does that by hand, what comes next."""

import os
import shlex
import shutil
import stat
import sys
from collections.abc import Iterator, Sequence

from caro_shell import config, paths
from caro_shell.cli import ANSWERED
from caro_shell.cli.asking import users_shell
from caro_shell.cli.options import Parser
from caro_shell.config.text import shown
from caro_shell.errors import ConfigError, UsageError
from caro_shell.key_names import shown_key
from caro_shell.prompt import SHELLS


def parser() -> Parser:
    """Return what the verb takes, with its help."""
    made = Parser(
        prog="caro init",
        description="The lines that load caro into a shell. They belong at the end of the file that it reads when it "
        "starts; sourcing them starts no process.",
        examples=(
            ("caro init zsh >> ~/.zshrc", "the keys in every new zsh"),
            ("caro init bash >> ~/.bashrc", "in every new bash"),
            ("caro init fish >> ~/.config/fish/config.fish", "in every new fish"),
        ),
    )
    made.add_argument("shell", metavar="SHELL", nargs="?", choices=SHELLS, help=f"one of {', '.join(SHELLS)}")
    return made


def run(argv: Sequence[str]) -> int:
    """Print the lines that load caro; they hold absolute paths, so that sourcing them starts no process."""
    shell = parser().parse_args(argv).shell
    if not shell:
        raise UsageError("`caro init` takes the name of a shell.", f"Try: caro init {users_shell()}")
    python = shlex.quote(sys.executable)
    print(f"set -g CARO_PYTHON {python}" if shell == "fish" else f"CARO_PYTHON={python}")
    print(f"source {shlex.quote(paths.shell_script(shell))}", flush=True)
    for sentence in _welcome(shell):
        print(sentence, file=sys.stderr)
    return ANSWERED


def _welcome(shell: str) -> Iterator[str]:
    """Yield what to say to somebody at a terminal; a shell that reads the lines as it starts is told nothing."""
    if sys.stderr is None or not sys.stderr.isatty():
        return
    if sys.stdout.isatty():
        from caro_shell.start_up import rc_files

        file = rc_files(shell, shutil.which(shell) or shell, os.environ)[0]
        yield f"caro: These two lines load caro. To put them where {shell} reads them, and to see it at work:"
        yield f"      caro init {shell} >> {_as_typed(str(file))}"
        yield f"      exec {shell}"
    elif stat.S_ISREG(os.fstat(sys.stdout.fileno()).st_mode):
        yield f"caro: The two lines are written. In a new {shell} (or after: exec {shell}) the keys are yours:"
        yield from (f"      {row}" for row in _keys(shell))
        yield "      Nothing runs before you press Enter. Two minutes to try it all: caro tour"
        yield "      To leave: take the two lines out again."


def _as_typed(path: str) -> str:
    home = f"{os.environ.get('HOME', '')}/"
    return f"~/{shlex.quote(path.removeprefix(home))}" if path.startswith(home) else shlex.quote(shown(path))


def _keys(shell: str) -> Iterator[str]:
    """Yield the gestures that make one want more, a row each."""
    try:
        settings = config.current()
    except ConfigError:
        # `caro doctor` says what is wrong there; here the defaults will do.
        settings = config.Settings()
    rows = {
        shown_key(settings.key): "words on the line become a command; once more, another one",
        "Ctrl-Z" if shell == "fish" else "Ctrl-_": "your words are back",
        shown_key(settings.explain_key): "explains the command on the line",
    }
    width = max(map(len, rows))
    yield from (f"{key:{width}}  {what}" for key, what in rows.items() if key)
