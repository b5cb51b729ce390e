"""What a shell's own file does to caro's lines, read without running it."""

from pathlib import Path

import pytest

from caro_shell.doctor.rc_order import troubles

LOAD = {
    "bash": "CARO_PYTHON=/bin/sh\nsource {here}/caro.bash\n",
    "zsh": "CARO_PYTHON=/bin/sh\nsource {here}/caro.zsh\n",
    "fish": "set -g CARO_PYTHON /bin/sh\nsource {here}/caro.fish\n",
}


def seen(tmp_path: Path, shell: str, text: str) -> list[str]:
    """Return what is found in a file of a shell with `text` in it."""
    (tmp_path / f"caro.{shell}").touch()
    path = tmp_path / "rc"
    path.write_text(text.format(here=tmp_path, load=LOAD[shell].format(here=tmp_path)))
    found = troubles(path, shell)
    assert all(one.mend for one in found)
    return [one.seen for one in found]


@pytest.mark.parametrize("shell", LOAD)
def test_lines_as_caro_init_writes_them_are_well(tmp_path: Path, shell: str) -> None:
    """Also behind what leaves the file on a condition, and before what leaves it always."""
    assert seen(tmp_path, shell, "[ -n x ] || return\n  exit\n{load}return 0\n") == []


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("return\n{load}", "line 1, `return`, ends the file before line 3, which loads caro"),
        ("a=1\nexec fish\n{load}", "line 2, `exec fish`, ends the file before line 4, which loads caro"),
        ("{load}{load}", "loads caro more than once, in lines 2 and 4"),
        ("CARO_PYTHON=/no/such/python\nsource {here}/caro.bash\n", "CARO_PYTHON in line 1 is /no/such/python"),
        ("CARO_PYTHON=/bin/sh\nsource /no/such/caro.bash\n", "line 2 loads /no/such/caro.bash, which is not there"),
        ("# source {here}/caro.bash\n", "is a comment"),
    ],
)
def test_what_keeps_caro_from_being_loaded_is_found(tmp_path: Path, text: str, what: str) -> None:
    """With the number of the line."""
    (found,) = seen(tmp_path, "bash", text)
    assert what in found


def test_a_file_that_cannot_be_read_or_understood_says_nothing(tmp_path: Path) -> None:
    """It may be anything."""
    assert troubles(tmp_path / "none", "bash") == []
    assert seen(tmp_path, "bash", "CARO_PYTHON='\nsource \"{here}/caro.bash\n") == []
