"""A runtime directory on a disk of its own, which can be filled or made read-only; Linux, and root, only.

It is a tmpfs in a mount namespace: nobody else sees it, and it is gone with the last process in there.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import pytest
from commands import end
from user_home import Home

_SIZE = "256k"
_MOUNT = 'mount -t tmpfs -o "size=$1,mode=700" caro "$2" && echo ready && exec cat'
_READ_ONLY = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1"'
_WRITABLE = 'umount "$1"'


class SmallDisk:
    """The disk of a home's runtime directory; use it as a context manager, and start everything through it."""

    def __init__(self, home: Home) -> None:
        """Nothing is mounted yet."""
        self._home = home

    def __enter__(self) -> Self:
        """Mount it, or skip where that is not allowed."""
        Path(self._home.runtime).mkdir(parents=True)
        if os.geteuid() != 0 or not shutil.which("unshare"):
            pytest.skip("only root can mount a disk")
        words = ["unshare", "--mount", "--propagation", "private", "sh", "-c", _MOUNT, "sh", _SIZE, self._home.runtime]
        self._holder = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._holder.stdout is not None
        if self._holder.stdout.readline() != "ready\n":
            self._holder.communicate()
            pytest.skip("nothing can be mounted here")
        return self

    def __exit__(self, *_: object) -> None:
        """End whoever is there, and with them the disk."""
        self.caro("daemon", "stop")
        self._holder.communicate()

    @property
    def directory(self) -> Path:
        """The runtime directory, as somebody outside sees it."""
        return Path(f"/proc/{self._holder.pid}/root{self._home.runtime}")

    def files(self) -> set[str]:
        """Return what lies in it."""
        return {path.name for path in self.directory.iterdir()} - {"filler"}

    def words(self, *words: str) -> list[str]:
        """Return the words that start a program there."""
        return ["nsenter", f"--target={self._holder.pid}", "--mount", *words]

    def fill(self) -> None:
        """Leave no room."""
        with (self.directory / "filler").open("ab", buffering=0) as file:
            for piece in (4096, 1):
                try:
                    while file.write(b"x" * piece):
                        pass
                except OSError:
                    continue

    def make_room(self) -> None:
        """Take away what fills it."""
        (self.directory / "filler").unlink()

    def make_read_only(self) -> None:
        """Let nothing be changed from now on, as after an error of the disk; what is open stays so."""
        subprocess.run(self.words("sh", "-c", _READ_ONLY, "sh", self._home.runtime), check=True)

    def make_writable(self) -> None:
        """Let it be as before."""
        subprocess.run(self.words("sh", "-c", _WRITABLE, "sh", self._home.runtime), check=True)

    def run(self, words: Sequence[str], stdin: str = "") -> "subprocess.CompletedProcess[str]":
        """Run Python there and return what it said."""
        process = subprocess.Popen(
            self.words(sys.executable, *words),
            env=self._home.environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        return end(process, stdin)

    def caro(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run `caro` there and return what it said."""
        return self.run(["-m", "caro_shell", *words])
