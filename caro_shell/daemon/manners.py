"""What the daemon spares the machine that it runs on: asks it for its battery and its memory, and says what follows."""

import logging
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from caro_shell.machine.memory import Memory, Shortage, read_memory
from caro_shell.machine.power import on_battery

_log = logging.getLogger(__name__)
AGAIN_S = 60.0
"""So long it is taken for true where the power comes from."""
# A daemon that holds a model and has nothing to do wakes about as often.
_LOOK_S = 3.0
_PAUSE_S = 30.0
"""Who has had an answer within so many seconds is likely to want another one."""


def time_with_sleep() -> float:
    """Return seconds that go on while the machine is suspended.

    Idle times go by time.monotonic(), which stands still then: what was warm in the evening is warm in the morning.
    """
    # macOS has it under the other name.
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class Manners:
    """What is known of the machine; looked up when it is asked for, and not too often."""

    def __init__(
        self, root: Path = Path("/"), system: str = sys.platform, now: Callable[[], float] = time_with_sleep
    ) -> None:
        """Look at nothing yet; `root` is where the system's own files are, `now` gives seconds."""
        self._root = root
        self._system = system
        self._now = now
        # Asked by the daemon's thread and by the worker's.
        self._lock = threading.Lock()
        self._shortage = Shortage()
        self._memory = Memory()
        self._memory_seen = self._power_seen = float("-inf")
        self._on_battery = False

    def memory_is_short(self) -> bool:
        """Say whether memory should be given back; a change is a line in the log."""
        with self._lock:
            if self._now() - self._memory_seen >= _LOOK_S:
                before = self._shortage.is_on
                self._memory, self._memory_seen = read_memory(self._root, self._system), self._now()
                if self._shortage.look(self._memory) != before:
                    _log.info("memory is %s: %s", "enough again" if before else "short", self._memory)
            return self._shortage.is_on

    def wants_the_models_memory(self, idle_s: float) -> bool:
        """Say whether a model should go that nobody has asked for `idle_s` seconds."""
        return self.memory_is_short() and idle_s >= _PAUSE_S

    def may_load_unasked(self) -> bool:
        """Say whether a model may be loaded before anybody asks; what is short at this moment is short enough."""
        return not self.memory_is_short() and not self._memory.is_short

    def may_prepare(self) -> bool:
        """Say whether what nobody waits for may take time and memory."""
        with self._lock:
            if self._now() - self._power_seen >= AGAIN_S:
                self._on_battery, self._power_seen = on_battery(self._root, self._system), self._now()
            on_mains = not self._on_battery
        return on_mains and not self.memory_is_short()
