"""What a check has found, and what would mend it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Fix = Callable[[], str]
"""Mends what is wrong, without a question because nothing can be lost by it; returns what it has done, a sentence.

Raises CaroError or OSError.
"""


@dataclass(frozen=True)
class Finding:
    """The outcome of a check: what was seen, and when that is not right what mends it."""

    name: str
    ok: bool
    seen: str
    mend: str = ""
    """A command, or what to do in words."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """The same for programs, where it is more than a sentence."""
    fix: Fix | None = field(default=None, compare=False, repr=False)
    """What `--fix` does; None where only the user may."""

    def as_object(self) -> dict[str, Any]:
        """Return the finding for programs."""
        told = {"name": self.name, "ok": self.ok, "seen": self.seen, "mend": self.mend, "details": dict(self.details)}
        return {**told, "fixable": self.fix is not None and not self.ok}


@dataclass(frozen=True)
class Surroundings:
    """What a check looks at: the environment of this process, and where the system's own files are."""

    environ: Mapping[str, str]
    root: Path = Path("/")

    @property
    def home(self) -> Path:
        """Return the user's home directory."""
        return Path(self.environ.get("HOME") or Path.home())


Check = Callable[[Surroundings], "list[Finding]"]
