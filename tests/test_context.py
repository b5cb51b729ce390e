"""What can be seen of a failed command without running anything."""

from pathlib import Path

import pytest

from caro_shell.context import facts_about, is_known, near_names

NAMES = {"git", "grep", "ls", "llc", "cat", "tac", "sudo", "su", "systemctl", "chmod", "docker"}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("gti", ["git"]),
        ("grpe", ["grep"]),
        ("sl", ["ls"]),
        ("lls", ["ls"]),
        ("cta", ["cat"]),
        ("chmd", ["chmod"]),
        ("gitt", ["git"]),
        ("systemclt", ["systemctl"]),
        ("dockre", ["docker"]),
        ("frobnicate", []),
    ],
)
def test_a_slip_of_the_finger_has_a_likely_name(typed: str, meant: list[str]) -> None:
    """Letters that changed places first."""
    assert near_names(typed, NAMES) == meant


def test_a_missing_command_is_said_with_its_neighbours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the daemon's PATH."""
    (tmp_path / "git").write_text("")
    (tmp_path / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert facts_about("sudo gti status", 127, "/", "") == ["There is no command gti here, but git."]
    assert facts_about("frobnicate", 127, "/", "") == ["There is no command frobnicate here."]
    assert facts_about("git status", 127, "/", "") == []
    assert (is_known("git"), is_known("cd"), is_known("gti")) == (True, True, False)


def test_missing_paths_and_modes_are_said(tmp_path: Path) -> None:
    """Only what is plainly a path; relative ones count from the user's directory."""
    (tmp_path / "there").mkdir()
    assert facts_about("cp there/ gone/x /nowhere 's/a/b/' http://x/y $HOME/z", 1, str(tmp_path), "") == [
        "There is no directory gone.",
        "There is no /nowhere.",
    ]
    (tmp_path / "there" / "y").touch()
    assert facts_about("cat thre/x there/z", 1, str(tmp_path), "") == [
        "There is no directory thre.",
        "There is no there/z.",
    ]
    assert facts_about("cat thre/y", 1, str(tmp_path), "") == ["There is no thre/y, but there/y."]
    assert facts_about(f"cd {tmp_path}/tehre", 1, "/", "") == [f"There is no {tmp_path}/tehre, but {tmp_path}/there."]
    assert facts_about("./run.sh", 126, str(tmp_path), "") == ["./run.sh is not executable."]
    assert facts_about("make", 2, "", " oh\n") == ["It said: oh"]
