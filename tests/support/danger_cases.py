"""The corpus of dangerous and harmless commands: tests/cases/danger, whose README says how a line is read."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from caro_shell.safety.targets import Aliases, Facts

CASES = Path(__file__).parent.parent / "cases" / "danger"
FILES = sorted(CASES.glob("*/*.txt"))
HOME = "/home/me"


@dataclass(frozen=True)
class Case:
    """One command, the level its author expects (empty: any of its side), and what is known around it."""

    file: Path
    level: str
    command: str
    context: tuple[str, ...]

    @property
    def shell(self) -> str:
        """The shell it is written for."""
        return next((item.removeprefix("shell=") for item in self.context if item.startswith("shell=")), "bash")

    @property
    def facts(self) -> Facts:
        """What the judge is told of the place."""

        def values(start: str) -> list[str]:
            return [item.removeprefix(start) for item in self.context if item.startswith(start)]

        aliases = dict(item.split("=", 1) for item in values("alias "))
        return Facts(
            home=HOME,
            cwd="".join(values("cwd=")),
            root="root" in self.context,
            exists=frozenset(values("here=")),
            aliases=Aliases(aliases),
        )


def read_cases(file: Path) -> Iterator[Case]:
    """Yield the cases of a file."""
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("## "):
            level, _, rest = line.partition("\t") if "\t" in line else ("", "", line)
            command, *context = rest.split(" ␟ ")
            yield Case(file, level, command.replace("␤", "\n"), tuple(context))


def cases_of(side: str, *, held: bool) -> list[Case]:
    """Return the cases of a side (`dangerous`, `harmless`): those to learn from, or those held back."""
    files = [file for file in FILES if file.parent.name == side and file.name.endswith(".held.txt") == held]
    return [case for file in files for case in read_cases(file)]
