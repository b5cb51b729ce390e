"""Room on the disk: looked for before a download, and named in one sentence when it runs out after all."""

import errno
import os
import shutil
from pathlib import Path

from caro_shell.errors import ModelError
from caro_shell.models.progress import size_text

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_HINT = "Free some space, or set `models_dir` (or CARO_MODELS_DIR) to a roomier place, then run the same command."


def check_room(directory: Path, needed: int) -> None:
    """Raise ModelError unless `directory` has room for `needed` more bytes."""
    free = shutil.disk_usage(directory).free
    if free < needed:
        raise ModelError(
            f"{directory} has {size_text(free)} free, and the model needs {size_text(needed)} more.", _HINT
        )


def storage_error(error: OSError, directory: Path) -> ModelError:
    """Return the sentence for a file of ours that could not be written."""
    if error.errno in FULL:
        return ModelError(f"The disk is full: the model does not fit into {directory}.", _HINT)
    reason = os.strerror(error.errno) if error.errno else str(error)
    return ModelError(
        f"{directory} cannot be written to: {reason}.",
        "Set `models_dir` (or CARO_MODELS_DIR) to a directory of yours, then run the same command.",
    )
