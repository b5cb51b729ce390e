"""Wheel and sdist of this tree, made without a network, and a throw-away environment that has the wheel."""

import atexit
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from user_home import need

TREE = Path(__file__).parents[2]
"""Where everything is made from."""
# What running things leaves in the tree.
_LEFT = {"__pycache__", ".git", ".venv", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis", ".benchmarks"}


def build(target: str, directory: Path, tree: Path = TREE) -> Path:
    """Make the `wheel` or `sdist` of `tree` in `directory`, as pip would; skips (in CI: fails) without hatchling."""
    if not find_spec("hatchling"):
        need("hatchling is not installed")
    words = [sys.executable, "-m", "hatchling", "build", "--target", target, "--directory", str(directory)]
    done = subprocess.run(words, cwd=tree, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (made,) = directory.glob("*.whl" if target == "wheel" else "*.tar.gz")
    return made


@cache
def sdist_and_wheel() -> tuple[Path, Path]:
    """Return both, made once; the wheel is made from the sdist, so what that lacks is in neither."""
    directory = Path(tempfile.mkdtemp(prefix="caro-"))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    sdist = build("sdist", directory / "sdist")
    with tarfile.open(sdist) as archive:
        archive.extractall(directory, filter="data")
    return sdist, build("wheel", directory / "wheel", directory / sdist.name.removesuffix(".tar.gz"))


def files_below(directory: Path) -> Iterator[Path]:
    """Yield the files that belong to the project, relative to `directory`."""
    for above, directories, names in os.walk(directory):
        directories[:] = [name for name in directories if name not in _LEFT]
        for name in names:
            yield Path(above, name).relative_to(directory)


def contents_of_wheel(wheel: Path) -> Mapping[str, bytes]:
    """Return name and content of every file."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def contents_of_sdist(sdist: Path) -> Mapping[str, bytes]:
    """Return name and content of every file below the one directory in it."""
    with tarfile.open(sdist) as archive:
        files = [member for member in archive.getmembers() if member.isfile()]
        return {name.name.partition("/")[2]: _read(archive, name) for name in files}


def _read(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    opened = archive.extractfile(member)
    assert opened is not None
    return opened.read()


@dataclass(frozen=True)
class Environment:
    """A virtual environment with the wheel in it; what that needs is taken from the interpreter that runs the tests."""

    root: Path

    @property
    def python(self) -> Path:
        """Return its interpreter."""
        return self.root / "bin" / "python"

    @property
    def caro(self) -> Path:
        """Return the command."""
        return self.root / "bin" / "caro"


def install(wheel: Path, root: Path) -> Environment:
    """Make an environment at `root` with nothing but the wheel."""
    made = Environment(root)
    subprocess.run([sys.executable, "-I", "-m", "venv", "--without-pip", str(root)], check=True)
    pip = [sys.executable, "-I", "-m", "pip", "--python", str(made.python), "install", "--quiet"]
    subprocess.run([*pip, "--no-deps", "--no-index", "--no-compile", str(wheel)], check=True)
    packages = root / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    # Behind its own, so that the caro of the checkout is not found; a line in a .pth file brings no other .pth along.
    (packages / "what_caro_needs.pth").write_text(f"{sysconfig.get_path('platlib')}\n{sysconfig.get_path('purelib')}\n")
    return made
