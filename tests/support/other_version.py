"""Another version of caro beside the one under test: a copy of the package, and an interpreter that finds only it."""

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import zmq
from commands import end
from user_home import Home

import caro_shell

_PACKAGE = Path(caro_shell.__file__).parent
_LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.gguf")


class OtherVersion:
    """An installation of caro in a directory of its own."""

    def __init__(self, home: Home, directory: Path, version: str) -> None:
        """Install it; everything but the version is as it is here."""
        self._home = home
        self._package = directory / "lib" / "caro_shell"
        shutil.copytree(_PACKAGE, self._package, ignore=_LEFT_OUT)
        (directory / "lib" / "shell").symlink_to(_PACKAGE.parent / "shell")
        self.upgrade(version)
        base = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
        self.python = directory / "bin" / "python"
        self.python.parent.mkdir()
        self.python.symlink_to(base)
        (directory / "pyvenv.cfg").write_text(f"home = {base.parent}\ninclude-system-site-packages = false\n")
        where = {"base": str(directory), "platbase": str(directory)}
        packages = Path(sysconfig.get_path("purelib", "venv", where))
        packages.mkdir(parents=True)
        (packages / "other.pth").write_text(f"{self._package.parent}\n{Path(zmq.__file__).parents[1]}\n")

    def upgrade(self, version: str) -> None:
        """Let another version stand in its place, as pip does it under a daemon that runs."""
        # A name of another length: Python tells a file that has changed by its time in seconds and its size.
        (self._package / "__init__.py").write_text(f'"""A copy."""\n\n__version__ = "{version}"\n')

    def remove(self) -> None:
        """Be in the middle of an upgrade: there is no package just now."""
        self._package.rename(self._package.with_name("away"))

    def bring_back(self) -> None:
        """Be done with that."""
        self._package.with_name("away").rename(self._package)

    def start(self, *words: str) -> "subprocess.Popen[str]":
        """Start its `caro` with `words`."""
        return subprocess.Popen(
            [self.python, "-I", "-m", "caro_shell", *words],
            env=self._home.environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def caro(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run its `caro` with `words` and return what it said."""
        return end(self.start(*words))
