"""What has been learnt of tools, kept in the user's cache: a file each, so that only what is needed is read."""

import json
import os
import re
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

from caro_shell import paths
from caro_shell.errors import DaemonError
from caro_shell.prove.documented import NONE, OPTIONAL, VALUE, Known, Options

_VERSION = 1
"""Of these files, and of what is read out of a documentation: another one is as good as none."""
_SIZE_LIMIT = 512 * 1024


@dataclass(frozen=True)
class Store:
    """A directory of ours; None keeps nothing. What cannot be read or written is not there."""

    directory: Path | None

    def read(self, key: tuple[str, str], stamp: Sequence[int]) -> Known | None:
        """Return what is kept under `key`, None when it is of another version of that tool."""
        if self.directory is None:
            return None
        with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
            path = self._path(key)
            owner = path.parent.lstat()
            if owner.st_uid != os.getuid() or owner.st_mode & 0o022 or path.stat().st_size > _SIZE_LIMIT:
                return None
            entry = json.loads(path.read_text(encoding="utf-8"))
            if (entry["version"], entry["of"], entry["stamp"]) == (_VERSION, list(key), list(stamp)):
                return Known(_options(entry), entry["complete"] is True)
        return None

    def write(self, key: tuple[str, str], stamp: Sequence[int], known: Known) -> None:
        """Keep `known`; whoever reads at the same time sees the old or the new file whole."""
        if self.directory is None:
            return
        entry = {
            "version": _VERSION,
            "of": list(key),
            "stamp": list(stamp),
            "complete": known.complete,
            "takes": dict(known.options.takes),
            "mentioned": sorted(known.options.mentioned),
        }
        with suppress(OSError, DaemonError):
            paths.ensure_private_dir(str(self.directory))
            handle, temporary = tempfile.mkstemp(dir=self.directory)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(entry, file)
            Path(temporary).replace(self._path(key))

    def _path(self, key: tuple[str, str]) -> Path:
        assert self.directory is not None  # noqa: S101  whoever asks has looked
        name = re.sub(r"[^\w.-]", "_", f"{Path(key[0]).name} {key[1]}".strip())[:60]
        return self.directory / f"{name}-{crc32(repr(key).encode()):08x}.json"


def _options(entry: dict[str, Any]) -> Options:
    takes = {str(name): what for name, what in entry["takes"].items() if what in {NONE, VALUE, OPTIONAL}}
    return Options(takes, frozenset(map(str, entry["mentioned"])))
