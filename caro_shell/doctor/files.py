"""The files that caro keeps for its user: whether others may read or change them, and what broken downloads left."""

import os
import shlex
import stat
from collections.abc import Iterator
from pathlib import Path

from caro_shell import paths
from caro_shell.doctor.finding import Finding, Surroundings
from caro_shell.doctor.settings import settings_of
from caro_shell.models.progress import size_text

_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def check_permissions(around: Surroundings) -> list[Finding]:
    """Say which files may be read or changed by others who should not."""
    wrong = list(_open_files(around))
    if not wrong:
        return [Finding("permissions", ok=True, seen="nobody else can read or change what is yours alone")]
    foreign = [path for path, _ in wrong if path.lstat().st_uid != os.getuid()]
    if foreign:
        seen = f"{', '.join(map(str, foreign))} belongs to another user"
        return [Finding("permissions", ok=False, seen=seen, mend=f"sudo chown $USER {shlex.join(map(str, foreign))}")]
    seen = "others may read or change " + ", ".join(str(path) for path, _ in wrong)
    mend = "; ".join(f"chmod {mode:03o} {shlex.quote(str(path))}" for path, mode in wrong)
    return [Finding("permissions", ok=False, seen=seen, mend=mend, fix=lambda: _close(wrong))]


def _open_files(around: Surroundings) -> Iterator[tuple[Path, int]]:
    """Yield what is too open, and the mode that it should have."""
    from caro_shell.engines.openai.key import key_file
    from caro_shell.models.store import models_dir

    settings = settings_of(around)
    config_file, models = Path(paths.config_file(around.environ)), models_dir(settings)
    private = [key_file(settings), Path(paths.learned_file(around.environ)), Path(paths.log_file(around.environ))]
    for path in private:
        if path.is_file() and (path.lstat().st_uid != os.getuid() or path.stat().st_mode & 0o077):
            yield path, 0o600
    for path in (config_file, config_file.parent, models):
        # What is a link leads to where the user keeps it: that is theirs to say.
        if path.exists() and not path.is_symlink() and _may_be_changed(path, around.home):
            yield path, stat.S_IMODE(path.stat().st_mode) & ~_OTHERS_WRITE


def _may_be_changed(path: Path, home: Path) -> bool:
    """Say whether others may change what is at `path`; outside of the home it may be shared on purpose."""
    found = path.stat()
    if not path.is_relative_to(home):
        return False
    if found.st_uid not in (0, os.getuid()):
        return True
    # Where each user has a group of their own, that group is nobody else.
    return bool(found.st_mode & stat.S_IWOTH)


def _close(wrong: list[tuple[Path, int]]) -> str:
    for path, mode in wrong:
        path.chmod(mode)
    return "closed " + ", ".join(str(path) for path, _ in wrong)


def check_downloads(around: Surroundings) -> list[Finding]:
    """Name what downloads that were broken off have left, and what it takes."""
    from caro_shell.models.store import models_dir

    directory = models_dir(settings_of(around))
    left = sorted(directory.glob("*.partial")) if directory.is_dir() else []
    if not left:
        return [Finding("downloads", ok=True, seen="none is half done")]
    size = size_text(sum(path.stat().st_size for path in left))
    names = ", ".join(path.name for path in left)
    mend = f"caro models pull goes on with it; or: rm {shlex.join(map(str, left))}"
    return [Finding("downloads", ok=False, seen=f"{names} in {directory} is half done, {size}", mend=mend)]
