"""A machine that is data: four programs, and what is written about them in `cases/`."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from caro_shell.prompt import Place
from caro_shell.retrieval import Library
from caro_shell.retrieval.background import Order
from caro_shell.retrieval.build import build
from caro_shell.retrieval.sources import Machine

CASES = Path(__file__).parent / "cases"
PLACE = Place("Linux", "GNU", "bash")
TOOLS = ("tar", "sort", "git", "jq", "larder", "wc")
HELP = {
    "wc": "Usage: wc [OPTION]... [FILE]...\n  -w, --words            print the word counts\n"
    "  -L, --max-line-length  print the width of the\n                         widest line\n",
}


class OwnMachine:
    """Programs below `root`, a home beside them, and an index of what is known of them."""

    def __init__(self, root: Path) -> None:
        """Write the machine."""
        self.home, self.usr = root / "home", root / "usr"
        self.index = root / "cache" / "knowledge" / "index.sqlite3"
        self.asked: list[str] = []
        shutil.copytree(CASES / "man1", self.usr / "share" / "man" / "man1")
        shutil.copytree(CASES / "fish", self.usr / "share" / "fish" / "completions")
        shutil.copytree(CASES / "zsh", self.usr / "share" / "zsh" / "site-functions")
        shutil.copytree(CASES / "tldr", self.home / ".cache" / "tldr" / "pages" / "common")
        (self.usr / "bin").mkdir()
        for name in TOOLS:
            (self.usr / "bin" / name).write_bytes(b"\x7fELF")
            (self.usr / "bin" / name).chmod(0o755)

    @property
    def path(self) -> str:
        """Its PATH."""
        return str(self.usr / "bin")

    @property
    def machine(self) -> Machine:
        """What is to be read, looked at anew."""
        return Machine(self.path, str(self.home), "Linux", {}, (str(self.usr),), self._ask)

    def _ask(self, program: str, arguments: Sequence[str]) -> str:
        self.asked.append(Path(program).name)
        return HELP.get(Path(program).name, "") if list(arguments) == ["--help"] else ""

    def build(self, *, history: bool = False) -> None:
        """Bring the index up to date."""
        build(Order(str(self.index), self.path, history), self.machine, f"{PLACE.system} {PLACE.flavour}")

    def hints(self, request: str, limit: int = 2, *, history: bool = False) -> list[str]:
        """Return the texts that a request gets."""
        library = Library(self.index)
        try:
            return [hint.text for hint in library.hints(request, PLACE, limit, history=history)]
        finally:
            library.close()
