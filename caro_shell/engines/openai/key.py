"""The server's bearer key: from the environment, or from a file that only its owner can read."""

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from caro_shell import paths
from caro_shell.config import Settings
from caro_shell.errors import ConfigError

_MOST_BYTES = 8192


@dataclass(frozen=True)
class Key:
    """A key, empty when there is none, and where it comes from or would come from."""

    text: str = field(repr=False)
    origin: str

    def hidden_in(self, text: str) -> str:
        """Return a text of the server's without the key in it."""
        return text.replace(self.text, "(key)") if self.text else text


def key_file(settings: Settings) -> Path:
    """Return where the key is looked for besides CARO_API_KEY, whether or not it is there."""
    if settings.api_key_file:
        return Path(os.path.expanduser(settings.api_key_file))  # noqa: PTH111  Path.expanduser raises without a home
    named = settings.origins.get("base_url", "").rpartition(":")[0] or settings.origins.get("base_url", "")
    config_file = named if named.startswith("/") else paths.config_file(os.environ)
    return Path(config_file).with_name("api_key")


def read_key(settings: Settings) -> Key:
    """Return the key; raises ConfigError for a file that others can read, or that holds no key."""
    if settings.api_key:
        return Key(settings.api_key, "CARO_API_KEY")
    path = key_file(settings)
    try:
        with open(path, "rb", opener=_open_at_once) as file:
            _refuse_open_file(path, os.fstat(file.fileno()))
            data = file.read(_MOST_BYTES)
    except FileNotFoundError:
        if settings.api_key_file:
            raise ConfigError(
                f"There is no key file {path}.",
                "Write the key into it, with mode 0600, or name another: caro config set api_key_file FILE",
            ) from None
        return Key("", str(path))
    except OSError as error:
        raise ConfigError(f"The key file {path} cannot be read: {error.strerror}.", f"Look at: ls -l {path}") from None
    text = data.decode("ascii", "replace").strip()
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        raise ConfigError(f"The key file {path} does not hold one key.", "Write the key into it, and nothing else.")
    return Key(text, str(path))


def _open_at_once(path: str, flags: int) -> int:
    """Open a file without waiting for whoever may write into a FIFO, and without getting a terminal for it."""
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY)


def _refuse_open_file(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise ConfigError(f"The key file {path} is not a file.", "Write the key into a file of mode 0600.")
    if found.st_uid != os.getuid():
        raise ConfigError(f"The key file {path} belongs to another user.", "Make one of your own, of mode 0600.")
    if stat.S_IMODE(found.st_mode) & 0o077:
        raise ConfigError(f"Others may read the key file {path}.", f"Try: chmod 600 {path}")
