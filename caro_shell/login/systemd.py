"""systemd's user manager: a unit beside the user's own (systemd.unit(5))."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from caro_shell.login.system import MARK, Start, answers

UNIT = "caro.service"
_STARTS = "# It starts the caro of "
# oneshot: it is done when the daemon has been asked; the daemon stays in the unit, and leaves with it. env, because
# systemd takes no program whose path has a quote in it.
_TEXT = f"""\
# {MARK}
{_STARTS}%(python)s
# Changes of your own belong into: systemctl --user edit {UNIT}
[Unit]
Description=caro's model, warm before the first request
ConditionFileIsExecutable=%(condition)s

[Service]
Type=oneshot
RemainAfterExit=yes
%(environment)s
ExecStart=/usr/bin/env %(words)s

[Install]
WantedBy=default.target
"""


@dataclass(frozen=True)
class Systemd:
    """The user manager that `systemctl --user` talks to."""

    environ: Mapping[str, str]
    program: str = "systemctl"

    @property
    def _directory(self) -> Path:
        chosen = self.environ.get("XDG_CONFIG_HOME", "")
        home = self.environ.get("HOME") or str(Path.home())
        # The specification: a relative path is to be ignored.
        return Path(chosen if chosen.startswith("/") else f"{home}/.config") / "systemd" / "user"

    @property
    def file(self) -> Path:
        """Return where the user's units are."""
        return self._directory / UNIT

    @property
    def links(self) -> Sequence[Path]:
        """Return what makes it start at login."""
        return (self._directory / "default.target.wants" / UNIT,)

    @property
    def directories(self) -> Sequence[Path]:
        """Return them up to the one for all configuration."""
        return (self.links[0].parent, self._directory, self._directory.parent, self._directory.parent.parent)

    @property
    def left_to_do(self) -> str:
        """Return what makes it start at login, where the user manager answers."""
        return f"systemctl --user enable {UNIT}"

    @property
    def is_on(self) -> bool:
        """Say whether the user manager will start it."""
        return os.path.lexists(self.links[0])

    def text(self, start: Start) -> bytes:
        """Return the unit."""
        variables = [f"Environment={_quoted(f'{name}={value}')}" for name, value in sorted(start.environ.items())]
        facts = {
            "python": start.python,
            "condition": start.python.replace("%", "%%"),
            "environment": "\n".join(variables),
            # In a command, and nowhere else, $ is a variable's.
            "words": " ".join(_quoted(word).replace("$", "$$") for word in start.words),
        }
        return (_TEXT % facts).encode()

    def python_in(self, text: bytes) -> str:
        """Return what the comment says: in the command it is quoted."""
        return text.decode(errors="replace").partition(_STARTS)[2].partition("\n")[0]

    def switch_on(self) -> bool:
        """Have it started at every login from the next one on."""
        # By its path: where the manager looks elsewhere, it learns of it all the same.
        return self._told("daemon-reload") and self._told("enable", str(self.file))

    def switch_off(self) -> None:
        """Stop it, and the daemon with it if that was started at login."""
        self._told("disable", "--now", UNIT)

    def forget(self) -> None:
        """Have the user manager read its files again."""
        self._told("daemon-reload")

    def _told(self, *words: str) -> bool:
        return answers([self.program, "--user", "--no-ask-password", "--quiet", *words], self.environ)


def _quoted(word: str) -> str:
    """Return a word as it stands in a unit (systemd.syntax(7), "Quoting"), without specifiers."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"'
