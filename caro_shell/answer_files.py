"""The files in which bash and fish find an answer: whose each of them is, and which nobody will take any more.

Its name is `answer.SHELL.CLIENT`, with process ids; while it is written, `.new` stands behind it. The client imports
this, so it takes only what the interpreter has already loaded.
"""

import os
from contextlib import suppress

from caro_shell import paths

_WORD = "answer"


def path_in(directory: str, shell: int) -> str:
    """Return the path of this process's answer to the shell of that process id: no other press has it."""
    return os.path.join(directory, f"{_WORD}.{shell}.{os.getpid()}")


def write(path: str, content: bytes) -> None:
    """Put an answer where its shell looks for it, as a whole or not at all; raises DaemonError."""
    # The directory may have been removed since it was looked at; and a name of this process's own: what is there
    # already is nobody's answer, and may be a link.
    directory, fresh = os.path.dirname(path), f"{path}.new"
    paths.ensure_private_dir(directory)
    try:
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
            file.write(content)
        os.replace(fresh, path)
    except OSError as error:
        raise paths.unusable(directory, error) from None
    finally:
        # Also when the client is ended in the middle of it.
        with suppress(OSError):
            os.unlink(fresh)


def remove_old(directory: str, shell: int = 0) -> None:
    """Remove the answers to presses before this one of `shell`, and those to shells that are no more."""
    with suppress(OSError):
        for name in os.listdir(directory):
            word, _dot, owner = name.partition(".")
            pid = owner.partition(".")[0]
            if word == _WORD and pid.isdecimal() and (int(pid) == shell or not lives(int(pid))):
                with suppress(OSError):
                    os.unlink(os.path.join(directory, name))


def lives(pid: int) -> bool:
    """Say whether there is a process of this id."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True
    return True
