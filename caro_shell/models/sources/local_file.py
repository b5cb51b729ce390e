"""A file that is on this machine already: one the user names, or one in the hub's cache."""

from pathlib import Path

from caro_shell.models.catalogue import File
from caro_shell.models.checksum import BLOCK, beside
from caro_shell.models.disk import check_room
from caro_shell.models.sources import Job, NoAnswer


def _check_size(path: Path, file: File) -> None:
    try:
        size = path.stat().st_size
    except OSError as error:
        raise NoAnswer(f"it cannot be read: {error.strerror}") from None
    if size != file.bytes:
        raise NoAnswer(f"it is another file, of {size} bytes instead of {file.bytes}")


def copy(job: Job, path: Path) -> Path:
    """Copy the file at `path` beside its future place and return the copy; raises NoAnswer."""
    _check_size(path, job.file)
    try:
        source = path.open("rb", buffering=0)
    except OSError as error:
        raise NoAnswer(f"it cannot be read: {error.strerror}") from None
    with source, job.bar() as bar:
        job.partial.drop()
        check_room(job.path.parent, job.file.bytes)
        job.partial.begin("copy")
        done = 0
        while block := source.read(BLOCK):
            job.partial.append(block)
            done += len(block)
            bar.show(done)
    return job.partial.path


def find(job: Job, path: Path) -> Path:
    """Copy the job's file from `path`: the file itself, another part of the same split model, or their directory."""
    if not path.is_dir() and len(job.model.files) == 1:
        return copy(job, path)
    directory = path if path.is_dir() else path.parent
    for name in (job.file.name, Path(job.file.remote).name):
        if (directory / name).is_file():
            return copy(job, directory / name)
    raise NoAnswer(f"{directory} has no {Path(job.file.remote).name}")


def link(job: Job, path: Path) -> Path:
    """Give the file at `path` a second name beside its future place, or copy it where that is impossible.

    The second name is never written to: the first one belongs to somebody else.
    """
    _check_size(path, job.file)
    name = beside(job.path, ".link")
    try:
        name.unlink(missing_ok=True)
        name.hardlink_to(path.resolve())
    except OSError:
        return copy(job, path)
    return name
