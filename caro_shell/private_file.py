"""Files that are opened without following a link, without waiting for anybody, and without trusting who made them."""

import errno
import os
import stat

from caro_shell.errors import DaemonError

# What a plain file must not be opened by: a link's target, a FIFO's other end, a terminal that becomes ours.
_CAREFUL = os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY
_HINT = "Remove it: caro makes its own."


def open_private(path: str, flags: int) -> int:
    """Open a file that caro has made for this user alone, or makes (O_CREAT) with mode 0600.

    Raises DaemonError for what anybody else may have put there: a link, also a hard one, a FIFO, another user's file.
    Other errors of the system are OSErrors.
    """
    try:
        descriptor = os.open(path, flags | _CAREFUL | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        # ELOOP: a link; ENXIO: a FIFO or a socket that nobody reads; EISDIR: a directory.
        if error.errno in (errno.ELOOP, errno.EMLINK, errno.ENXIO, errno.EISDIR):
            raise DaemonError(f"{path} is not a plain file.", _HINT) from None
        raise
    try:
        _refuse_what_others_made(path, os.fstat(descriptor))
        if os.fstat(descriptor).st_mode & 0o077:
            os.fchmod(descriptor, 0o600)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _refuse_what_others_made(path: str, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise DaemonError(f"{path} is not a plain file.", _HINT)
    if found.st_uid != os.getuid():
        raise DaemonError(f"{path} belongs to another user.", _HINT)
    if found.st_nlink > 1:
        # What is written here would be written there, too.
        raise DaemonError(f"{path} is a file that has another name, too.", _HINT)


def refuse_planted(path: str) -> None:
    """Raise DaemonError, as `open_private` does, for a file that somebody else will open; it need not be there."""
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return
    _refuse_what_others_made(path, found)


def read_plain(path: str | os.PathLike[str]) -> bytes:
    """Return what is in a file that the user may have made, and linked to; only a plain one is read.

    Raises OSError, with the reason as its `strerror`: nobody waits for a FIFO, and what everybody may write says
    nothing that counts. `/dev/null` is an empty file.
    """
    descriptor = os.open(path, os.O_RDONLY | _CAREFUL)
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if stat.S_ISCHR(found.st_mode) and os.path.realpath(path) == os.devnull:
            return b""
        if stat.S_ISDIR(found.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "It is not a plain file")
        if found.st_mode & stat.S_IWOTH:
            raise PermissionError(errno.EPERM, "Everybody may write it (chmod o-w)")
        return file.read()
