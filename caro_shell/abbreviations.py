r"""The commands that the user keeps under a name of their own, in a file that the shell scripts read as well.

A line each: the name, a tab, the command, in which a newline is written `\n` and a backslash `\\`. What else stands
in the file is left alone.
"""

import fcntl
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from caro_shell import paths
from caro_shell.errors import CaroError, UsageError
from caro_shell.line import Known, is_command
from caro_shell.parse.characters import refused_in
from caro_shell.private_file import open_private, read_plain

# What an alias of zsh and bash and an abbreviation of fish can all be called.
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.+-]*")
_ESCAPED = re.compile(r"\\(.)")
# The words of zsh's, bash's and fish's grammar; under one of these names a command would break every script.
_GRAMMAR = frozenset(
    """always and begin break builtin case command continue coproc do done elif else end esac exec fi for foreach
    function if in nocorrect noglob not or repeat return select switch then time until while""".split()  # noqa: SIM905
)
# Programs whose names are verbs of English too: behind them, words without an option may well be a request.
_VERBS = frozenset(
    """at cat compare convert count cut date diff display echo expand file find fold free history host identify import
    install join kill last less link locate look make more mount move open paste print read rename say set sleep sort
    split strip tail test time top touch type uniq wait watch where which who write""".split()  # noqa: SIM905
)
# A command without any sign of one is short: `git status`, `docker compose up`.
_PLAIN_WORDS = 4


def is_kept_as_it_is(text: str, known: Known) -> bool:
    """Say whether `text` is a command; else it is words that ask for one."""
    if is_command(text, known):
        return True
    words = text.split()
    return 0 < len(words) <= _PLAIN_WORDS and words[0] not in _VERBS and known(words[0])


def check_name(name: str) -> None:
    """Raise UsageError when a command cannot be kept under `name` in every shell."""
    if name in _GRAMMAR:
        raise UsageError(f"`{name}` is a word of the shell's own grammar.", "Choose another name.")
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"`{name}` cannot be the name of an abbreviation.",
            "A name is made of letters, digits and _ . + -, and begins with a letter.",
        )


def read(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what is kept, names and commands in their order; raises CaroError when the file cannot be read."""
    return {entry[0]: entry[1] for entry in map(_entry, _lines(_file(environ))) if entry}


def keep(environ: Mapping[str, str], name: str, command: str) -> str | None:
    """Keep `command` under `name`; returns what it stood for before.

    Raises UsageError for a name or a command that cannot be kept, CaroError when the file cannot be written.
    """
    check_name(name)
    command = command.strip()
    if not command:
        raise UsageError("There is no command to keep.", "Try: caro abbr add gs 'git status'")
    if refused := refused_in(command):
        raise UsageError(f"The command holds characters that a line cannot have: {refused}.", "Write it without them.")
    line = f"{name}\t{command}".replace("\\", "\\\\").replace("\n", "\\n")

    def edit(lines: Sequence[str]) -> list[str]:
        kept = [line if _is(name, other) else other for other in lines]
        return kept if line in kept else [*kept, line]

    return _change(environ, edit).get(name)


def remove(environ: Mapping[str, str], names: Sequence[str]) -> None:
    """Keep these names no longer; raises CaroError, and removes none, when one of them is not there."""

    def edit(lines: Sequence[str]) -> list[str]:
        for name in names:
            if not any(_is(name, line) for line in lines):
                raise CaroError(f"There is no abbreviation `{name}`.", "See: caro abbr list")
        return [line for line in lines if not any(_is(name, line) for name in names)]

    _change(environ, edit)


def _is(name: str, line: str) -> bool:
    return line.partition("\t")[0] == name and "\t" in line


def _entry(line: str) -> tuple[str, str] | None:
    name, tab, command = line.removesuffix("\r").partition("\t")
    if not (tab and command and _NAME.fullmatch(name)):
        return None
    return name, _ESCAPED.sub(lambda found: "\n" if found[1] == "n" else found[1], command)


def _file(environ: Mapping[str, str]) -> Path:
    # It may be a link into a directory of dotfiles.
    return Path(paths.abbreviations_file(environ)).resolve()


def _lines(file: Path) -> list[str]:
    try:
        text = read_plain(file).decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return []
    except OSError as error:
        raise CaroError(f"{file} cannot be read: {error.strerror}.", "Look at its rights.") from None
    return text.removesuffix("\n").split("\n") if text else []


def _change(environ: Mapping[str, str], edit: Callable[[Sequence[str]], list[str]]) -> dict[str, str]:
    """Rewrite the file, as the only one meanwhile; returns what was kept before."""
    file = _file(environ)
    with _lock(environ):
        before = _lines(file)
        after = edit(before)
        try:
            paths.make_dirs(str(file.parent))
            _replace(file, "".join(f"{line}\n" for line in after).encode("utf-8", "surrogateescape"))
        except OSError as error:
            raise CaroError(
                f"{file} cannot be written: {error.strerror}.",
                "It is as it was. Look at the rights of its directory, and at the room on its disk.",
            ) from None
    return {entry[0]: entry[1] for entry in map(_entry, before) if entry}


def _replace(file: Path, content: bytes) -> None:
    """Write a file for its owner alone, whole or not at all."""
    descriptor, fresh = tempfile.mkstemp(prefix=".abbreviations.", dir=file.parent)
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        Path(fresh).replace(file)
    except OSError:
        Path(fresh).unlink(missing_ok=True)
        raise


@contextmanager
def _lock(environ: Mapping[str, str]) -> Iterator[None]:
    directory = paths.ensure_private_dir(paths.runtime_dir(environ))
    lock = open_private(f"{directory}/abbreviations.lock", os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
