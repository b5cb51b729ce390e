"""What the daemon was doing with a model when it died: llama.cpp may abort, the kernel may need the memory.

A file in the runtime directory says so before it is tried and is gone after it went well, so that the next daemon
does something else. It counts for the same settings, model file, version and boot, for a day, and until
`caro daemon restart`.
"""

import atexit
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from caro_shell import lifecycle, paths

FILE = "attempts.json"
KEPT_S = 24 * 3600.0
_BOOT = Path("/proc/sys/kernel/random/boot_id")
# Whoever dies while it loads does so at every start; in the middle of an answer it may have been somebody's kill.
DEATHS_TO_AVOID = {"load": 1, "prefix": 1, "answer": 2}


def attempts_path(environ: Mapping[str, str]) -> Path:
    """Return the file's path, whether or not it is there."""
    return Path(paths.runtime_dir(environ), FILE)


def forget(environ: Mapping[str, str]) -> None:
    """Let the next daemon begin with what is wished for."""
    with suppress(OSError):
        attempts_path(environ).unlink()


def write_private(path: Path, text: str) -> None:
    """Let a file of mode 0600 hold `text`; whoever reads it sees all of it or what was there before."""
    new = path.with_suffix(".new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    new.replace(path)


def _boot() -> str:
    with suppress(OSError):
        return _BOOT.read_text().strip()
    return ""


@dataclass
class Attempts:
    """The deaths of earlier daemons over one `key`, and what this process is trying; kept nowhere without a `path`."""

    path: Path | None
    key: Sequence[str]
    now: Callable[[], float] = time.time
    deaths: list[str] = field(default_factory=list)
    """Steps that a daemon did not survive, each as `load NAME` or `answer NAME`, the latest last."""
    _since: float = 0.0
    _trying: str = ""

    @classmethod
    def of_this_daemon(cls, key: Sequence[str], environ: Mapping[str, str]) -> "Attempts":
        """Return what is known; a process that is not the daemon of `environ` has and keeps no memory."""
        mine = False
        with suppress(OSError):
            mine = lifecycle.holder(paths.runtime_dir(environ)) == os.getpid()
        made = cls(attempts_path(environ) if mine else None, [*key, _boot()])
        made.read()
        atexit.register(made.leave)
        return made

    def read(self) -> None:
        """Learn what happened to the daemons before this one."""
        self._since = self.now()
        found = self._content()
        if found.get("key") != list(self.key) or not 0 <= self.now() - found.get("since", 0.0) < KEPT_S:
            return
        self._since = found["since"]
        self.deaths = list(found["deaths"])
        if found["trying"] and found["pid"] != os.getpid():
            self.deaths.append(found["trying"])

    def _content(self) -> dict[str, Any]:
        with suppress(OSError, ValueError):
            found = json.loads(self.path.read_text(encoding="utf-8")) if self.path else {}
            if isinstance(found, dict) and {"key", "since", "deaths", "trying", "pid"} <= found.keys():
                return found
        return {}

    def was_deadly(self, step: str) -> bool:
        """Say whether a daemon has died of this step, as often as it takes to be sure."""
        return any(self.deaths.count(f"{what} {step}") >= times for what, times in DEATHS_TO_AVOID.items())

    def begin(self, what: str, step: str) -> None:
        """Write down that this process is about to `load` or `answer` with a step."""
        self._write(f"{what} {step}")

    @contextmanager
    def within(self, what: str, step: str) -> Iterator[None]:
        """Be about to do something else for a moment; afterwards, what was tried before is tried still."""
        before = self._trying
        self.begin(what, step)
        yield
        if before:
            self._write(before)
        else:
            self.leave()

    def survived(self, what: str) -> None:
        """Write down that it went well; a death in mid-answer is forgotten with the next answer."""
        if what == "answer":
            self.deaths = [death for death in self.deaths if not death.startswith("answer ")]
        self.leave()

    def leave(self) -> None:
        """Try nothing any more: whoever ends in order has not died of anything."""
        self._trying = ""
        if self.path and self._content().get("pid", os.getpid()) == os.getpid():
            if self.deaths:
                self._write("")
            else:
                with suppress(OSError):
                    self.path.unlink()

    def close(self) -> None:
        """Leave, and need not be told at the end of the process."""
        self.leave()
        atexit.unregister(self.leave)

    def _write(self, trying: str) -> None:
        self._trying = trying
        if self.path is None:
            return
        content = {
            "key": list(self.key),
            "since": self._since,
            "pid": os.getpid(),
            "trying": trying,
            "deaths": self.deaths,
        }
        # Without it there is only less to go by.
        with suppress(OSError):
            write_private(self.path, json.dumps(content))
