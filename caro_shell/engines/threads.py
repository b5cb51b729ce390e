"""How many threads the CPU backend gets: fast, yet leaving the machine usable."""

import os
import sys
from pathlib import Path

# Decoding is bound by memory bandwidth; more threads than this only make the machine hot.
MOST_THREADS = 8
# From this many cores on, one is left to the user's own work.
CORES_TO_SPARE_ONE = 4


def _physical_cores(allowed: set[int]) -> int:
    root = Path("/sys/devices/system/cpu")
    cores = set()
    for cpu in allowed:
        try:
            cores.add((root / f"cpu{cpu}" / "topology" / "thread_siblings_list").read_text())
        except OSError:
            return len(allowed)
    return len(cores)


def _quota() -> int:
    """Return the container's CPU quota in whole cores (cgroup v2 cpu.max), at least 1."""
    try:
        limit, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        return max(1, int(limit) // int(period))
    except (OSError, ValueError):
        # No quota: the file is absent, or says "max".
        return sys.maxsize


def _usable_cores() -> int:
    if sys.platform == "darwin":
        import subprocess

        # Efficiency cores slow every step down to their own speed, so only the fast ones count.
        for key in ("hw.perflevel0.physicalcpu", "hw.physicalcpu"):
            found = subprocess.run(["/usr/sbin/sysctl", "-n", key], capture_output=True, text=True, check=False)
            if found.stdout.strip().isdigit():
                return int(found.stdout)
        return os.cpu_count() or 1
    allowed = os.sched_getaffinity(0)
    return min(_physical_cores(allowed), _quota())


def logical_cpus() -> int:
    """Return how many threads may run at a time: what the process is allowed, two of one core counted twice."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(allowed, _quota())


def choose_threads(wanted: int) -> int:
    """Return `wanted`, or when it is 0 the number of threads that suits this machine."""
    if wanted > 0:
        return wanted
    cores = _usable_cores()
    return min(cores - 1 if cores >= CORES_TO_SPARE_ONE else cores, MOST_THREADS)
