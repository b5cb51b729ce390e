"""How much of the processor this process' session gets beside others.

Linux shares the processor among sessions first (sched(7), "The autogroup feature"), so `nice` says nothing to those in
other terminals. The session's own value says it, and can be taken back, which a nice value cannot.
"""

import errno
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from caro_shell.machine.threads import start

AUTOGROUP = Path("/proc/self/autogroup")
LOWERED = 10
"""About a tenth of what others get, when they want it; enough to hear at once that somebody asks."""
# The kernel takes one change in a tenth of a second, of all users together.
_TRY_AGAIN_S = 0.02
_TRIES = 100


class Priority:
    """The autogroup of this process, where it has one that is its own."""

    def __init__(self, file: Path = AUTOGROUP) -> None:
        """Change nothing yet."""
        self._file = file
        self._wanted = 0
        self._insisting: threading.Thread | None = None

    @contextmanager
    def lowered(self) -> Iterator[None]:
        """Give way to other sessions meanwhile."""
        self.set(LOWERED)
        try:
            yield
        finally:
            self.set(0)

    def set(self, nice: int) -> None:
        """Give this session a nice value, now or as soon as the kernel takes it."""
        # Of somebody else's session, a terminal's, the shell and all its programs are a part.
        if os.getsid(0) != os.getpid():
            return
        self._wanted = nice
        if not self._write() and (self._insisting is None or not self._insisting.is_alive()):
            self._insisting = threading.Thread(target=self._insist, name="priority", daemon=True)
            start(self._insisting)

    def _write(self) -> bool:
        """Write what is wanted; returns False when the kernel wants to be asked again."""
        wanted = self._wanted
        try:
            # It is not to be made where there is none.
            with self._file.open("r+") as file:
                file.write(str(wanted))
        except OSError as error:
            return error.errno != errno.EAGAIN
        return wanted == self._wanted

    def _insist(self) -> None:
        for _try in range(_TRIES):
            time.sleep(_TRY_AGAIN_S)
            if self._write():
                return


def give_way() -> None:
    """Take only what nobody else wants of the processor, to the end of this process."""
    os.nice(19)
    with suppress(AttributeError, OSError):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))  # type: ignore[attr-defined,unused-ignore]
    Priority().set(LOWERED)
