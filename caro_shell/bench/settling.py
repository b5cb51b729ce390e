"""When a daemon has done what it does while nobody asks, so that it disturbs nothing that is measured."""

import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

# It begins a second after an answer (daemon/worker.py), and looks at the clock besides.
_REST_S = 1.5
_LOOK_S = 0.5
# Of a look's time, what an idle daemon may have used.
_IDLE = 0.05
_LIMIT_S = 180.0


def wait_until_settled(pid: int, limit_s: float = _LIMIT_S) -> bool:
    """Wait until a process uses next to nothing of the processor; returns whether it came to that within the limit."""
    deadline = time.monotonic() + limit_s
    time.sleep(_REST_S)
    while time.monotonic() < deadline:
        before = processor_s(pid)
        time.sleep(_LOOK_S)
        if processor_s(pid) - before <= _IDLE * _LOOK_S:
            return True
    return False


def processor_s(pid: int) -> float:
    """Return the seconds of the processor that a process has used; 0 when it has gone.

    In hundredths (Linux, macOS); elsewhere in what `ps` tells.
    """
    if sys.platform == "linux":
        with suppress(OSError):
            # Behind the name, which may have blanks: fields 14 and 15 of proc_pid_stat(5) are utime and stime.
            fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        return 0.0
    told = subprocess.run(["/bin/ps", "-o", "time=", "-p", str(pid)], capture_output=True, text=True, check=False)
    parts = told.stdout.strip().replace("-", ":").split(":")
    return sum(float(part) * 60**place for place, part in enumerate(reversed(parts)) if part)
