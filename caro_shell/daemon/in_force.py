"""The settings that the daemon goes by: those of its latest request, and their file while nobody asks."""

import logging
from collections.abc import Mapping
from pathlib import Path

from caro_shell import config, paths
from caro_shell.config import Settings
from caro_shell.errors import ConfigError

_log = logging.getLogger(__name__)


class InForce:
    """Settings that follow their file; what they were stays in force while the file is wrong."""

    def __init__(self, settings: Settings, environ: Mapping[str, str]) -> None:
        """Begin with what the daemon was started with; `environ` is its own."""
        self.settings = settings
        self.note = ""
        """What is wrong with the file as it is now; empty while it is right."""
        self._environ = environ
        self._variables: Mapping[str, str] = environ
        self._seen = _stamp(self._path(environ))

    def of_request(self, variables: Mapping[str, object]) -> Settings:
        """Return the settings of a client with these variables, which are in force from now on.

        Raises ConfigError; the settings of before stay in force then.
        """
        texts = {name: value for name, value in variables.items() if isinstance(value, str)}
        path = self._path(texts)
        # First, so that a change in the meantime is seen at the next look.
        seen = _stamp(path)
        self.settings = config.resolve(texts, path)
        self.note, self._seen, self._variables = "", seen, texts
        return self.settings

    def have_changed(self) -> bool:
        """Say whether the file is another one than when it was read last; costs a stat."""
        return _stamp(self._path(self._variables)) != self._seen

    def read_again(self) -> bool:
        """Read the file with the variables of the latest request; returns whether another engine or model is asked for.

        A file that is wrong changes nothing but the note.
        """
        path = self._path(self._variables)
        self._seen = _stamp(path)
        before = self.settings
        try:
            self.settings = config.resolve(self._variables, path)
        except ConfigError as error:
            self.note = error.message
            return False
        except Exception:  # whatever somebody writes into a file must not end everybody's daemon
            _log.exception("the settings cannot be read")
            self.note = "The settings cannot be read; see: caro daemon logs."
            return False
        self.note = ""
        return self.settings != before

    def _path(self, variables: Mapping[str, str]) -> str:
        # Found the way the client would find it.
        return paths.config_file({**self._environ, **variables})


def _stamp(path: str) -> tuple[str, ...] | tuple[str, int, int, int]:
    try:
        found = Path(path).stat()
    except (OSError, ValueError):
        return (path,)
    return path, found.st_mtime_ns, found.st_size, found.st_ino
