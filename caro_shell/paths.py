"""Where things are kept. The runtime directory needs nothing but HOME; the others follow the platform.

The client imports this module, so it takes only what the interpreter has already loaded.
"""

import errno
import os
import stat
from collections.abc import Mapping
from contextlib import suppress

from caro_shell.errors import DaemonError

# sun_path is 108 bytes on Linux, 104 on macOS (sys/un.h), one of them the closing NUL.
SOCKET_PATH_LIMIT = 103


def runtime_dir(environ: Mapping[str, str]) -> str:
    """Return the directory of the socket and the locks.

    It depends on HOME alone (or CARO_RUNTIME_DIR), never on TMPDIR or XDG_RUNTIME_DIR: a client and a
    daemon that come from different environments must meet. A HOME too long for a socket's name is
    replaced by a directory of ours under /tmp.
    """
    if chosen := environ.get("CARO_RUNTIME_DIR"):
        return _absolute(chosen)
    home = _absolute(environ.get("HOME") or os.path.expanduser("~"))
    path = os.path.join(home, ".local", "state", "caro", "run")
    if len(os.fsencode(os.path.join(path, "caro.sock"))) <= SOCKET_PATH_LIMIT:
        return path
    from zlib import crc32

    return f"/tmp/caro-{os.getuid()}-{crc32(os.fsencode(home)):08x}"  # noqa: S108  owner and mode are checked


def _absolute(path: str) -> str:
    # The daemon lives in another directory.
    try:
        return os.path.abspath(path)
    except OSError:
        raise DaemonError(
            f"{path} lies below a directory that has been removed.", "Set CARO_RUNTIME_DIR to an absolute path."
        ) from None


def socket_path(directory: str) -> str:
    """Return the daemon's socket in the runtime directory."""
    return os.path.join(directory, "caro.sock")


def has_own_socket(directory: str) -> bool:
    """Say whether there is a socket to connect to in the runtime directory.

    Raises DaemonError when somebody else may have made it: whoever listens there is told what the user types.
    """
    path = socket_path(directory)
    if not os.path.lexists(path):
        return False
    ensure_private_dir(directory)
    try:
        found = os.lstat(path)
    except OSError:
        return False
    if found.st_uid != os.getuid():
        raise DaemonError(f"{path} belongs to another user.", "Remove it: caro makes its own.")
    if stat.S_ISDIR(found.st_mode):
        raise DaemonError(f"{path} is a directory.", "Remove it: caro makes a socket of that name.")
    return stat.S_ISSOCK(found.st_mode)


def ensure_private_dir(directory: str) -> str:
    """Make `directory` 0700 and ours, or refuse it.

    Raises DaemonError when it is a symbolic link, belongs to somebody else, lies where somebody else could put another
    one in its place, or cannot be made.
    """
    try:
        refuse_a_foreign_home(directory)
        make_dirs(os.path.dirname(directory))
        _refuse_open_parents(os.path.dirname(directory))
        with suppress(FileExistsError):
            os.mkdir(directory, 0o700)
        found = os.lstat(directory)
        if not stat.S_ISDIR(found.st_mode):
            raise DaemonError(f"{directory} is not a directory.", "Remove it, or set CARO_RUNTIME_DIR.")
        if found.st_uid != os.getuid():
            raise DaemonError(f"{directory} belongs to another user.", "Set CARO_RUNTIME_DIR to one of yours.")
        if stat.S_IMODE(found.st_mode) & 0o077:
            os.chmod(directory, 0o700)
    except OSError as error:
        raise unusable(directory, error) from None
    return directory


def unusable(path: str, error: OSError) -> DaemonError:
    """Return what the user is told when the system refuses something in the runtime directory."""
    hint = "Set CARO_RUNTIME_DIR to a directory of yours."
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        hint = "Make room on its disk, then try again."
    return DaemonError(f"{path} cannot be used: {error.strerror}.", hint)


def make_dirs(directory: str) -> None:
    """Make `directory` and what is missing above it, 0700 whatever the umask; raises OSError."""
    if directory and not os.path.isdir(directory):
        make_dirs(os.path.dirname(directory))
        with suppress(FileExistsError):
            os.mkdir(directory, 0o700)


def _refuse_open_parents(directory: str) -> None:
    """Refuse a place whose parents others may change, up to the home directory: they could exchange what is in it.

    What lies above a home is the system's business; /tmp is no danger, because of its sticky bit.
    """
    home = os.path.realpath(os.environ.get("HOME") or "/")
    above = os.path.realpath(directory)
    while True:
        found = os.stat(above)
        if found.st_uid not in (0, os.getuid()):
            raise DaemonError(f"{above} belongs to another user.", "Set CARO_RUNTIME_DIR to a directory of yours.")
        if found.st_mode & stat.S_IWOTH and not found.st_mode & stat.S_ISVTX:
            raise DaemonError(f"Everybody may change what is in {above}.", f"Try: chmod o-w {above}")
        if above in (home, "/"):
            return
        above = os.path.dirname(above)


def refuse_a_foreign_home(directory: str) -> None:
    """Keep root, in a shell with somebody else's HOME, from making directories there that this user cannot use."""
    above = directory
    while not os.path.lexists(above):
        above = os.path.dirname(above)
    try:
        owner = os.stat(above)
    except OSError:
        return
    if above != directory and os.getuid() == 0 and owner.st_uid != 0 and not owner.st_mode & stat.S_ISVTX:
        hint = "Set HOME, or CARO_RUNTIME_DIR, to a directory of yours."
        raise DaemonError(f"{above} belongs to another user.", hint)


def working_dir() -> str:
    """Return the current directory, empty when it has been removed under the user's feet."""
    try:
        return os.getcwd()
    except OSError:
        return ""


def _config_dir(environ: Mapping[str, str]) -> str:
    """Return the directory of the user's own files: by the rule of the shell scripts, which cannot ask platformdirs."""
    if chosen := environ.get("CARO_CONFIG"):
        return os.path.dirname(os.path.abspath(chosen))
    home = environ.get("HOME") or os.path.expanduser("~")
    chosen = environ.get("XDG_CONFIG_HOME", "")
    # The specification: a relative path is to be ignored.
    directory = os.path.join(chosen if chosen.startswith("/") else os.path.join(home, ".config"), "caro")
    of_macos = os.path.join(home, "Library", "Application Support", "caro")
    if not os.path.exists(f"{directory}/config.toml") and os.path.exists(f"{of_macos}/config.toml"):
        return of_macos
    return directory


def config_file(environ: Mapping[str, str]) -> str:
    """Return the configuration file's path, whether or not it is there."""
    return os.path.abspath(environ.get("CARO_CONFIG") or os.path.join(_config_dir(environ), "config.toml"))


def abbreviations_file(environ: Mapping[str, str]) -> str:
    """Return the file of what `caro abbr` keeps, whether or not it is there; the shell scripts look for it here too."""
    return os.path.join(_config_dir(environ), "abbreviations")


def data_dir() -> str:
    """Return the directory of everything that is installed or downloaded."""
    from platformdirs import user_data_dir

    return user_data_dir("caro", appauthor=False)


def cache_dir() -> str:
    """Return the directory of what can be made anew, and may be removed at any time."""
    from platformdirs import user_cache_dir

    return user_cache_dir("caro", appauthor=False)


def learned_file(environ: Mapping[str, str]) -> str:
    """Return the file of what the user made of answers, whether or not it is there; HOME alone says where, as above."""
    chosen = environ.get("CARO_RUNTIME_DIR")
    home = environ.get("HOME") or os.path.expanduser("~")
    return os.path.join(_absolute(chosen or os.path.join(home, ".local", "state", "caro")), "learned.sqlite3")


def history_file(environ: Mapping[str, str]) -> str:
    """Return the file of what was asked in conversations, whether or not it is there; it lies beside what is learnt."""
    return os.path.join(os.path.dirname(learned_file(environ)), "requests")


def log_file(environ: Mapping[str, str]) -> str:
    """Return the daemon's log, beside its socket."""
    return os.path.join(runtime_dir(environ), "daemon.log")


def shell_script(shell: str) -> str:
    """Return the static script of `shell`: inside the installed package, or at the top of a checkout."""
    here = os.path.dirname(os.path.abspath(__file__))
    installed = os.path.join(here, "shell", f"caro.{shell}")
    return installed if os.path.exists(installed) else os.path.join(os.path.dirname(here), "shell", f"caro.{shell}")
