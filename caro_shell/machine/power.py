"""Whether this machine runs on its battery. One without a battery, or that does not say, is on mains."""

import subprocess
import sys
from pathlib import Path

_LIMIT_S = 5.0


def on_battery(root: Path = Path("/"), system: str = sys.platform) -> bool:
    """Say whether a battery is what everything here runs on; `root` is where the system's own files are."""
    return _macos(root) if system == "darwin" else _linux(root)


def _linux(root: Path) -> bool:
    """Ask the kernel (Documentation/ABI/testing/sysfs-class-power); a mouse has a battery, too, of the scope Device."""
    drains = False
    for supply in (root / "sys/class/power_supply").glob("*"):
        kind = _word(supply / "type")
        if kind == "Mains" and _word(supply / "online") == "1":
            return False
        if kind == "Battery" and _word(supply / "scope") != "Device" and _word(supply / "present") != "0":
            drains = drains or _word(supply / "status") == "Discharging"
    return drains


def _word(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        # Not every supply has every file, and one may be unplugged while it is looked at.
        return ""


def _macos(root: Path) -> bool:
    try:
        done = subprocess.run(
            [root / "usr/bin/pmset", "-g", "batt"], capture_output=True, check=False, timeout=_LIMIT_S, text=True
        )
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return False
    # Now drawing from 'Battery Power'
    return "'Battery Power'" in done.stdout.partition("\n")[0]
