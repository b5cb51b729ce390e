"""Remove a model with everything that belongs to it."""

import shutil
from collections.abc import Iterator
from glob import escape
from pathlib import Path

from caro_shell.config import Settings
from caro_shell.engines import saved_prefix
from caro_shell.errors import ModelError
from caro_shell.models import store
from caro_shell.models.catalogue import Model
from caro_shell.models.disk import storage_error
from caro_shell.models.pull import lock

# The lock stays for ever; see there.
_LEFT = ".lock"


def _belongings(path: Path) -> Iterator[Path]:
    """Yield what lies beside `path` and is called by its name: the check's memory, the record, what a pull has left."""
    for found in path.parent.glob(f"{escape(path.name)}*"):
        if found.name == path.name or (found.name[len(path.name)] == "." and not found.name.endswith(_LEFT)):
            yield found
    # What the MLX engine has made of it.
    yield from (path.parent / "mlx").glob(f"{escape(path.name)}-*")
    # What llama.cpp has evaluated with it.
    yield from saved_prefix.files_of(path)


def _size(path: Path) -> int:
    # Another name for the same bytes, a link or one in the cache that others share: nothing is freed.
    found = path.lstat()
    return found.st_size if found.st_nlink == 1 and not path.is_symlink() else 0


def remove(model: Model, settings: Settings) -> int:
    """Remove the files of `model`, beginnings of a download among them; return the bytes freed.

    Raises ModelError when none of it is here, or while another caro fetches it.
    """
    freed, found = 0, False
    for file in model.files:
        path = store.file_path(file, settings)
        if not path.parent.is_dir() or not any(True for _ in _belongings(path)):
            continue
        try:
            with lock(path, wait=lambda: _refuse(model)):
                for belonging in _belongings(path):
                    found = True
                    freed += sum(map(_size, belonging.glob("*"))) if belonging.is_dir() else _size(belonging)
                    shutil.rmtree(belonging) if belonging.is_dir() else belonging.unlink()
        except OSError as error:
            raise storage_error(error, path.parent) from None
    if not found:
        raise ModelError(f"`{model.name}` is not here.", "What is here: caro models list")
    return freed


def _refuse(model: Model) -> None:
    raise ModelError(f"Another caro is fetching `{model.name}`.", "Stop it first, or wait for it.")
