"""Make another quantisation of a model on this machine, with llama.cpp's own quantiser."""

import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from functools import cache
from glob import escape
from pathlib import Path
from typing import TextIO

from caro_shell.config import Settings
from caro_shell.engines import installed
from caro_shell.engines.threads import choose_threads
from caro_shell.errors import EngineError, ModelError
from caro_shell.models import checksum, record, store
from caro_shell.models.catalogue import Catalogue, File, Model
from caro_shell.models.disk import check_room, storage_error
from caro_shell.models.progress import Bar
from caro_shell.models.pull import lock, put_in_place
from caro_shell.models.store import Weights

KINDS = ("q4_0", "q8_0")
# Bits a weight, over the fewest that any source has: more than the result will take.
_GROWTH = {"q4_0": 1.5, "q8_0": 3.5}
MEASURED_FILE = Path(__file__).with_name("requantized.toml")


@dataclass(frozen=True)
class Measured:
    """How a requantised model differs from the usual one, as it was measured once."""

    where: str
    prompt: tuple[float, float]
    """Tokens a second of the prompt, before and after."""
    decode: tuple[float, float]
    accuracy: tuple[float, float]
    """Per cent of the held-back tasks."""

    def sentence(self) -> str:
        """Return it as a sentence for people."""
        return (
            f"Measured {self.where}: prompt {self.prompt[0]:g} to {self.prompt[1]:g} tokens a second, "
            f"answer {self.decode[0]:g} to {self.decode[1]:g}, "
            f"right on {self.accuracy[0]:g} % to {self.accuracy[1]:g} % of the held-back tasks."
        )


@cache
def _read_measured() -> dict[str, Measured]:
    import tomllib

    table = tomllib.loads(MEASURED_FILE.read_text(encoding="utf-8"))
    return {
        name: Measured(entry["where"], tuple(entry["prompt"]), tuple(entry["decode"]), tuple(entry["accuracy"]))
        for name, entry in table.items()
    }


def measured(name: str) -> Measured | None:
    """Return what is known of the requantised model `name`; nothing was measured of most."""
    return _read_measured().get(name)


def target_of(weights: Weights, kind: str, models: Catalogue, settings: Settings) -> Model:
    """Return what requantising `weights` makes: an entry beside a size of the catalogue, else a file by its path."""
    size = weights.name.partition(":")[0]
    if size in models:
        made = store.requantized(models[size], kind, settings)
        return replace(made, about=f"Made of `{weights.name}` on this machine.")
    stem = weights.path.name.removesuffix(".gguf")
    file = File(f"{stem}--{kind}{store.REQUANTIZED}.gguf")
    return Model(name=str(store.file_path(file, settings)), title=file.name, files=(file,), quantisation=kind)


def requantize(weights: Weights, kind: str, made: Model, settings: Settings, stream: TextIO) -> Model:
    """Make `made` of `weights` and return it with its hash; raises ModelError. What stops it leaves nothing behind."""
    if reason := installed.trouble(installed.LLAMA):
        # xllamacpp's wheel is without the quantiser.
        raise EngineError(f"Requantizing needs llama-cpp-python, which {reason}.", "Try: ./install.sh --engine llama")
    path = store.make_models_dir(settings) / made.files[0].name
    size = sum(part.stat().st_size for part in _parts(weights))
    try:
        check_room(path.parent, round(size * _GROWTH[kind]))
        with lock(path, wait=lambda: _refuse(made)), _workplace(path) as new:
            result = Path(new, path.name)
            with Bar(f"{weights.name} to {kind}", size, stream) as bar:
                _run([str(weights.path), str(result), kind, str(choose_threads(settings.threads))], size, bar)
            sha256 = checksum.file_sha256(result)
            file = replace(made.files[0], bytes=result.stat().st_size, sha256=sha256)
            result.chmod(0o600)
            put_in_place(result, path, sha256)
        made = replace(made, files=(file,))
        record.write(made, path)
    except OSError as error:
        raise storage_error(error, path.parent) from None
    return made


def _refuse(made: Model) -> None:
    raise ModelError(f"Another caro is making `{made.name}`.", "Wait for it, or stop it.")


def _workplace(path: Path) -> "tempfile.TemporaryDirectory[str]":
    """Return a directory beside `path` that goes away; what killed runs have left goes first: the lock is ours."""
    for leftover in path.parent.glob(f"{escape(path.name)}.new-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    return tempfile.TemporaryDirectory(prefix=f"{path.name}.new-", dir=path.parent)


def _parts(weights: Weights) -> list[Path]:
    names = [file.name for file in weights.model.files] if weights.model else [weights.path.name]
    return [weights.path.with_name(name) for name in names]


def _run(words: list[str], size: int, bar: Bar) -> None:
    """Run the quantiser to its end; in a session of its own, so that Ctrl-C is ours to answer."""
    command = [sys.executable, "-P", "-m", "caro_shell.models.quantiser", *words]
    with tempfile.TemporaryFile("w+", errors="replace") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True
        )
        # Leaving it closes our end of the pipe and waits.
        with process:
            try:
                for line in process.stdout or ():
                    done, of = map(int, line.split())
                    bar.show(size * done // of)
                status = process.wait()
            finally:
                process.kill()
        log.seek(0)
        if status:
            lines = [line.strip() for line in log.read().splitlines() if line.strip()]
            raise ModelError(
                f"llama.cpp could not requantize it: {lines[-1] if lines else f'it ended with status {status}'}.",
                "Check the model with: caro models verify, and llama.cpp with: caro doctor",
            )
