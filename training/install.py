"""A converted adapter into the package, and its entry into the catalogue."""

import shutil
from pathlib import Path

import tomlkit

from caro_shell.models.adapters import FOLDER
from caro_shell.models.catalogue import CATALOGUE_FILE
from caro_shell.models.checksum import file_sha256
from training.convert import ADAPTER, read_run
from training.pairs import TrainingError

MOST_BYTES = 20_000_000
"""What an adapter may add to the wheel."""


def install(out: Path, catalogue: Path = CATALOGUE_FILE, folder: Path = FOLDER) -> Path:
    """Copy the adapter of a finished run into `folder` and name it in the catalogue; raises TrainingError."""
    told, adapter = read_run(out), out / ADAPTER
    if not adapter.is_file():
        raise TrainingError(f"There is no {adapter}. python -m training convert …")
    size = adapter.stat().st_size
    if size > MOST_BYTES:
        raise TrainingError(f"{adapter} has {size:,} bytes; the wheel takes {MOST_BYTES:,}.")
    name = told["recipe"]["base"]
    table = tomlkit.parse(catalogue.read_text(encoding="utf-8"))
    if table[name]["sha256"] != told["base_sha256"]:
        raise TrainingError(f"The run was made with another file than the catalogue's `{name}`.")
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.gguf"
    shutil.copyfile(adapter, path)
    entry = tomlkit.table()
    entry["file"] = path.name
    entry["bytes"] = size
    entry["sha256"] = file_sha256(path)
    entry["base_sha256"] = told["base_sha256"]
    entry["run"] = told["id"]
    entry.add(tomlkit.nl())
    table[name]["adapter"] = entry
    catalogue.write_text(tomlkit.dumps(table), encoding="utf-8")
    return path
