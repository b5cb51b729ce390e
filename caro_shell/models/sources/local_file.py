"""A file that is on this machine already: one the user names, or one in the hub's cache."""

from pathlib import Path

from caro_shell.models.catalogue import Model
from caro_shell.models.checksum import BLOCK, beside
from caro_shell.models.disk import check_room
from caro_shell.models.sources import Job, NoAnswer


def _check_size(path: Path, model: Model) -> None:
    try:
        size = path.stat().st_size
    except OSError as error:
        raise NoAnswer(f"it cannot be read: {error.strerror}") from None
    if size != model.bytes:
        raise NoAnswer(f"it is another file, of {size} bytes instead of {model.bytes}")


def copy(job: Job, path: Path) -> Path:
    """Copy the file at `path` beside its future place and return the copy; raises NoAnswer."""
    _check_size(path, job.model)
    try:
        file = path.open("rb", buffering=0)
    except OSError as error:
        raise NoAnswer(f"it cannot be read: {error.strerror}") from None
    with file, job.bar() as bar:
        job.partial.drop()
        check_room(job.path.parent, job.model.bytes)
        job.partial.begin("copy")
        done = 0
        while block := file.read(BLOCK):
            job.partial.append(block)
            done += len(block)
            bar.show(done)
    return job.partial.path


def link(job: Job, path: Path) -> Path:
    """Give the file at `path` a second name beside its future place, or copy it where that is impossible.

    The second name is never written to: the first one belongs to somebody else.
    """
    _check_size(path, job.model)
    name = beside(job.path, ".link")
    try:
        name.unlink(missing_ok=True)
        name.hardlink_to(path.resolve())
    except OSError:
        return copy(job, path)
    return name
