"""The shells read the configuration file by themselves: whatever is in it, it is text."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "shells"))

from fuzz_config_shells import check, contents
from shell_kinds import KINDS, ShellKind
from user_home import need_program


@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
def test_a_configuration_file_runs_nothing_in_a_shell(kind: ShellKind, tmp_path: Path) -> None:
    """Traps, wrong types, noise; `python tests/fuzz/fuzz_config_shells.py 5000` goes further."""
    need_program(kind.argv[0])
    assert check(kind, contents(120, 1), tmp_path) > 20
