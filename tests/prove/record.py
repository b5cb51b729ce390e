"""Writes cases/tools.json: what the tools that the cases name know of their options, as facts, on a Debian machine.

python tests/prove/record.py [DIRECTORY…]    where else than on PATH there are programs, each beside its share/man
"""

import json
import os
import sys
import tempfile
from pathlib import Path

from caro_shell.prompt import Place
from caro_shell.prove import Facts, ask, objections_to
from caro_shell.prove.commands import commands_in
from caro_shell.prove.documented import NONE, OPTIONAL, VALUE, Known
from caro_shell.prove.knowledge import Knowledge
from caro_shell.prove.names import is_builtin
from caro_shell.prove.programs import Programs
from caro_shell.prove.store import Store
from caro_shell.prove.tools import tool_of
from caro_shell.prove.unwrap import unwrapped

CASES = Path(__file__).with_name("cases")
# Besides those that the right commands use.
ALSO_THERE = ("batcat", "fdfind", "xclip", "xdg-open")


class Recording(Knowledge):
    """Knowledge that remembers what it was asked."""

    found: dict[str, Known]

    def about(self, name: str, subcommand: str, programs: Programs) -> Known:
        """Return what is known, and keep it."""
        known = super().about(name, subcommand, programs)
        self.found[f"{name} {subcommand}".strip()] = known
        return known


def packed(known: Known) -> dict[str, object]:
    """Return what is known in little space."""
    takes = known.options.takes
    kinds = {what: " ".join(sorted(name for name in takes if takes[name] == what)) for what in (NONE, VALUE, OPTIONAL)}
    mentioned = " ".join(sorted(known.options.mentioned - set(takes)))
    return {"complete": known.complete, **kinds, "mentioned": mentioned}


def main() -> None:
    """Record all that is asked while the cases are proved."""
    ask._TIMEOUT_S = 30.0  # noqa: SLF001  nobody waits
    path = os.pathsep.join([os.environ["PATH"], *sys.argv[1:]])
    recording = Recording(Store(None))
    recording.found = {}
    programs = set(ALSO_THERE)
    with tempfile.TemporaryDirectory() as cwd:
        for name in ("right", "wrong"):
            for line in (CASES / f"{name}.txt").read_text().splitlines():
                shell, colon, rest = line.partition(": ")
                shell, command = (shell, rest) if colon and shell in {"zsh", "bash", "fish"} else ("bash", line)
                command = command.partition(" => ")[0]
                list(objections_to(command, Place("Linux", "GNU", shell), Facts(cwd, path=path, home=cwd), recording))
                if name == "right" and not line.startswith("#"):
                    used = unwrapped(commands_in(command))
                    programs |= {one.name.text for one in used if one.name.known and not is_builtin(one, shell)}
        for name in programs:
            if not (tool := tool_of(name)).unchecked and not tool.subcommands:
                recording.about(name, "", Programs(path, cwd))
    entries = {name: packed(known) for name, known in sorted(recording.found.items()) if known.options.mentioned}
    names = sorted(name for name in programs if "/" not in name and name.isprintable() and name[0].isalnum())
    lines = [f"  {json.dumps(name)}: {json.dumps(entry)}" for name, entry in entries.items()]
    text = '{\n "programs": ' + json.dumps(" ".join(names)) + ',\n "tools": {\n' + ",\n".join(lines) + "\n }\n}\n"
    (CASES / "tools.json").write_text(text)


if __name__ == "__main__":
    main()
