"""A GGUF file of the user's own, by its path: looked at before it is loaded, but no hash is claimed for it."""

from pathlib import Path

from caro_shell.errors import ModelError
from caro_shell.models import gguf, machine
from caro_shell.models.progress import size_text
from caro_shell.models.reference import split_of

# What is mapped may be larger than the memory and is slow then; beyond this, it is a slip.
_MOST_MEMORY = 4
_HINT = "Set `model` to a GGUF file of yours, or to a name from: caro models list"


def parts_of(path: Path) -> tuple[Path, ...]:
    """Return all the files of the model that `path` is, or is a part of."""
    return tuple(path.with_name(name) for name in split_of(path.name)) or (path,)


def check_own_file(path: Path) -> Path:
    """Return the file to load, the first of a split model; raises ModelError in one sentence when it cannot be one."""
    try:
        return _checked(path)
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror or error}.", _HINT) from None


def _checked(path: Path) -> Path:
    parts = parts_of(path)
    missing = [part.name for part in parts if not part.exists()]
    if len(missing) == len(parts) == 1:
        raise ModelError(f"{path} cannot be read: there is no such file.", _hint(path))
    if missing:
        raise ModelError(f"{path.parent} lacks {missing[0]}, a part of the model.", "Put all parts into one directory.")
    for part in parts:
        gguf.check_head(part)
    _check_size(path, sum(part.stat().st_size for part in parts))
    return parts[0]


def _hint(path: Path) -> str:
    name = str(path)
    if name.count("/") >= 1 and not name.lower().endswith(".gguf"):
        return "A file of the hub is written owner/repo:file.gguf; the names are in: caro models list"
    return _HINT


def _check_size(path: Path, size: int) -> None:
    memory = machine.read_memory().memory
    if memory and size > _MOST_MEMORY * memory:
        raise ModelError(f"{path} has {size_text(size)}, and this machine {size_text(memory)} of memory.", _HINT)
