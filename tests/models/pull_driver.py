"""Pull one model in a process of its own, as `caro models pull` does, from a catalogue of the test's."""

import json
import shutil
import sys

from caro_shell import config
from caro_shell.cli import print_error
from caro_shell.errors import CaroError
from caro_shell.models.catalogue import Chunks, File, Model
from caro_shell.models.pull import PullOptions, pull


def _model(values: dict[str, object]) -> Model:
    chunks, files = values.pop("chunks"), values.pop("files")
    assert isinstance(files, list)
    return Model(
        **values,  # type: ignore[arg-type]
        files=tuple(File(**file) for file in files),
        chunks=Chunks(**chunks) if isinstance(chunks, dict) else None,
    )


def main() -> int:
    """Print the path of what was pulled; the exit codes are those of caro."""
    asked = json.loads(sys.argv[1])
    models = [_model(values) for values in asked["models"]]
    if asked["options"].pop("believe_in_room", False):
        plenty = shutil.disk_usage("/")._replace(free=1 << 60)
        shutil.disk_usage = lambda path: plenty  # noqa: ARG005  the name is part of the signature
    options = PullOptions(**asked["options"], models={model.name: model for model in models})
    try:
        sys.stdout.write(f"{pull(models[0], config.current(), options)}\n")
    except KeyboardInterrupt:
        return 130
    except CaroError as error:
        print_error(error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
