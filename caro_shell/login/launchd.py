"""macOS's launchd: an agent among the user's own (launchd.plist(5))."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from caro_shell.login.system import MARK, Start, answers

LABEL = "caro-shell"


@dataclass(frozen=True)
class Launchd:
    """The part of launchd that belongs to the user's graphical session."""

    environ: Mapping[str, str]
    program: str = "launchctl"

    @property
    def file(self) -> Path:
        """Return where the user's agents are."""
        return Path(self.environ.get("HOME") or Path.home(), "Library", "LaunchAgents", f"{LABEL}.plist")

    @property
    def links(self) -> Sequence[Path]:
        """Return nothing: launchd has none."""
        return ()

    @property
    def directories(self) -> Sequence[Path]:
        """Return the one for agents, and what holds it."""
        return (self.file.parent, self.file.parent.parent)

    @property
    def left_to_do(self) -> str:
        """Return what makes it known before the next login."""
        return f"launchctl bootstrap {self._domain} {self.file}"

    @property
    def is_on(self) -> bool:
        """Say that it is: launchd reads the whole directory at login."""
        return True

    @property
    def _domain(self) -> str:
        return f"gui/{os.getuid()}"

    def text(self, start: Start) -> bytes:
        """Return the agent."""
        import plistlib

        agent = {
            "Label": LABEL,
            "ProgramArguments": list(start.words),
            "EnvironmentVariables": dict(start.environ),
            "RunAtLoad": True,
            # Whoever presses the key waits for the daemon: it is not for the background.
            "ProcessType": "Interactive",
            # The daemon outlives the process that has asked for it.
            "AbandonProcessGroup": True,
        }
        head, tag, body = plistlib.dumps(agent).partition(b"<plist")
        return head + f"<!-- {MARK} -->\n".encode() + tag + body

    def python_in(self, text: bytes) -> str:
        """Return the first word of its command."""
        import plistlib

        try:
            return str(plistlib.loads(text)["ProgramArguments"][0])
        except (ValueError, LookupError, TypeError):
            return ""

    def switch_on(self) -> bool:
        """Make it known now: launchd starts it at once, and at every login."""
        self.switch_off()
        return answers([self.program, "bootstrap", self._domain, str(self.file)], self.environ)

    def switch_off(self) -> None:
        """Let launchd forget it."""
        answers([self.program, "bootout", f"{self._domain}/{LABEL}"], self.environ)

    def forget(self) -> None:
        """Do nothing more."""
