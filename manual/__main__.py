"""`python -m manual`: writes docs/caro.1 and shell/completions/; with --check it only names what it would change."""

import sys
from pathlib import Path

from manual.commands import read_commands
from manual.completions import bash_file, fish_file, zsh_file
from manual.page import man_page

ROOT = Path(__file__).parents[1]


def made_files() -> dict[Path, str]:
    """Return every file that is made, and what it has to hold."""
    caro = read_commands()
    completions = ROOT / "shell" / "completions"
    return {
        ROOT / "docs" / "caro.1": man_page(caro),
        completions / "caro.bash": bash_file(caro),
        completions / "caro.fish": fish_file(caro),
        completions / "_caro": zsh_file(caro),
    }


def main() -> int:
    """Write the files, or with --check return 1 when one is not as it would be written."""
    different = {
        path: content
        for path, content in made_files().items()
        if not path.exists() or path.read_text(encoding="utf-8") != content
    }
    for path, content in different.items():
        sys.stdout.write(f"{path.relative_to(ROOT)}\n")
        if "--check" not in sys.argv:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
    return 1 if different and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
