"""A task's state as the product sees it: at its own paths where this process may mount, else a copy."""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from evals.sandbox import kernel
from evals.sandbox.client import Pool
from evals.sandbox.place import HOME
from evals.tasks import Task

# What no setup makes and the product itself needs.
_LEFT_ALONE = frozenset({"tmp", "run", "root", "dev", "proc", "sys"})


class Surroundings:
    """Puts tasks' files where the product looks. A context manager, to be entered before there are any threads."""

    def __init__(self, pool: Pool, programs: frozenset[str]) -> None:
        """`programs` are names that a user's machine has: what tasks are about and is not installed here."""
        self._pool = pool
        self._programs = programs
        self._base = Path()
        self._mounts = False
        self._number = 0
        self.path = ""
        """What PATH is while the product is asked."""

    def __enter__(self) -> Self:
        """Leave the machine's mount namespace for one of our own, where that is allowed."""
        self._base = Path(tempfile.mkdtemp(prefix="caro-evals-"))
        with suppress(OSError):
            user, group, is_root = os.geteuid(), os.getegid(), os.geteuid() == 0
            kernel.unshare(kernel.NEW_MOUNTS | (0 if is_root else kernel.NEW_USERS))
            if not is_root:
                Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
                Path("/proc/self/uid_map").write_text(f"{user} {user} 1", encoding="ascii")
                Path("/proc/self/gid_map").write_text(f"{group} {group} 1", encoding="ascii")
            kernel.mount("none", Path("/"), flags=kernel.RECURSIVE | kernel.PRIVATE)
            kernel.mount("tmpfs", self._base, "tmpfs")
            self._mounts = True
        self.path = f"{os.environ.get('PATH', '')}:{self._stand_ins()}"
        return self

    def __exit__(self, *_: object) -> None:
        """Remove what was written."""
        if self._mounts:
            kernel.unmount(self._base)
        shutil.rmtree(self._base, ignore_errors=True)

    def _stand_ins(self) -> Path:
        """Return a directory with the programs that are not installed here; they do nothing."""
        directory = self._base / "bin"
        directory.mkdir()
        for name in self._programs:
            if not shutil.which(name):
                program = directory / name
                program.write_text("#!/bin/sh\n", encoding="ascii")
                program.chmod(program.stat().st_mode | stat.S_IXUSR)
        return directory

    @contextmanager
    def of(self, task: Task) -> Iterator[str]:
        """Put a task's files in place; yields the directory that the request is made in."""
        self._number += 1
        tree = self._base / str(self._number)
        tree.mkdir()
        with self._pool.sandbox() as sandbox:
            sandbox.export(task.setup, tree)
        mounted = list(self._mounted(tree)) if self._mounts else []
        home = HOME if mounted else str(tree / HOME[1:])
        before = {name: os.environ.get(name, "") for name in ("HOME", "PATH")}
        os.environ.update(HOME=home, PATH=self.path)
        try:
            yield task.cwd if mounted else str(tree / task.cwd[1:])
        finally:
            os.environ.update(before)
            for target in reversed(mounted):
                kernel.unmount(target)
            shutil.rmtree(tree, ignore_errors=True)

    def _mounted(self, tree: Path) -> Iterator[Path]:
        for top in sorted(tree.iterdir()):
            target = Path("/", top.name)
            if top.name in _LEFT_ALONE or not target.is_dir():
                continue
            work = self._base / f"work-{self._number}-{top.name}"
            work.mkdir()
            more = "" if os.geteuid() == 0 else ",userxattr"
            kernel.mount("overlay", target, "overlay", 0, f"lowerdir={target},upperdir={top},workdir={work}{more}")
            yield target
