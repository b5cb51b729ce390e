"""Where things are: found from HOME alone, private, and short enough for a socket."""

import os
import socket
import stat
from pathlib import Path

import pytest

from caro_shell import paths
from caro_shell.errors import DaemonError


def test_the_runtime_directory_depends_on_home_alone() -> None:
    """Whatever else the environment says."""
    other = dict.fromkeys(("TMPDIR", "XDG_RUNTIME_DIR", "XDG_STATE_HOME", "XDG_CACHE_HOME"), "/elsewhere")
    expected = "/home/ada/.local/state/caro/run"
    assert paths.runtime_dir({"HOME": "/home/ada"}) == paths.runtime_dir({"HOME": "/home/ada", **other}) == expected


def test_it_may_be_chosen() -> None:
    """CARO_RUNTIME_DIR wins, and is made absolute."""
    assert paths.runtime_dir({"HOME": "/home/ada", "CARO_RUNTIME_DIR": "/run/mine"}) == "/run/mine"
    assert paths.runtime_dir({"CARO_RUNTIME_DIR": "mine"}) == str(Path.cwd() / "mine")


@pytest.mark.parametrize("length", range(1, 130))
def test_the_sockets_name_always_fits(length: int) -> None:
    """The kernel's limit counts bytes, not characters; two homes never share a directory."""
    for home in ("/" + "d" * length, "/" + "ü" * length):
        path = paths.socket_path(paths.runtime_dir({"HOME": home}))
        assert len(os.fsencode(path)) <= paths.SOCKET_PATH_LIMIT
        assert path != paths.socket_path(paths.runtime_dir({"HOME": home + "x"}))


def test_the_limit_is_one_the_system_takes(tmp_path: Path) -> None:
    """A socket of that length can be bound."""
    name = str(tmp_path / "x")
    path = name + "x" * (paths.SOCKET_PATH_LIMIT - len(os.fsencode(name)))
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(path)


def test_a_private_directory_is_made_with_its_parents(tmp_path: Path) -> None:
    """0700, also under a umask that takes nothing away."""
    before = os.umask(0)
    try:
        made = Path(paths.ensure_private_dir(str(tmp_path / "a" / "b" / "run")))
    finally:
        os.umask(before)
    assert stat.S_IMODE(made.stat().st_mode) == stat.S_IMODE(made.parent.stat().st_mode) == 0o700


def test_a_directory_that_is_there_is_made_private(tmp_path: Path) -> None:
    """Group and others lose what they had; a second call changes nothing."""
    (tmp_path / "run").mkdir()
    (tmp_path / "run").chmod(0o775)
    for _ in range(2):
        paths.ensure_private_dir(str(tmp_path / "run"))
        assert stat.S_IMODE((tmp_path / "run").stat().st_mode) == 0o700


def test_a_link_is_refused_even_to_a_directory_of_ours(tmp_path: Path) -> None:
    """What it points to may change between the check and the use."""
    (tmp_path / "real").mkdir()
    (tmp_path / "run").symlink_to(tmp_path / "real")
    with pytest.raises(DaemonError, match="is not a directory"):
        paths.ensure_private_dir(str(tmp_path / "run"))


def test_a_file_in_the_way_of_a_parent_is_one_sentence(tmp_path: Path) -> None:
    """The system's reason is part of it."""
    (tmp_path / "file").touch()
    with pytest.raises(DaemonError, match="cannot be used: ") as told:
        paths.ensure_private_dir(str(tmp_path / "file" / "run"))
    assert "CARO_RUNTIME_DIR" in told.value.hint


def test_a_removed_working_directory_has_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is no reason to fail."""
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    assert paths.working_dir() == str(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert paths.working_dir() == ""


def test_the_configuration_file_may_be_chosen() -> None:
    """CARO_CONFIG, else where the platform keeps such files."""
    assert paths.config_file({"CARO_CONFIG": "/etc/caro.toml"}) == "/etc/caro.toml"
    assert paths.config_file({}).endswith("caro/config.toml")


@pytest.mark.parametrize("shell", ["zsh"])
def test_the_shells_script_is_found(shell: str) -> None:
    """In a checkout and in an installed package alike."""
    assert Path(paths.shell_script(shell)).is_file()


def test_abbreviations_are_where_the_shell_scripts_look(tmp_path: Path) -> None:
    """Beside the configuration file, wherever that is; on a Mac that is known by the file that is there."""
    home = {"HOME": str(tmp_path)}
    assert paths.abbreviations_file(home) == f"{tmp_path}/.config/caro/abbreviations"
    assert paths.abbreviations_file({**home, "XDG_CONFIG_HOME": ""}) == f"{tmp_path}/.config/caro/abbreviations"
    assert paths.abbreviations_file({**home, "XDG_CONFIG_HOME": "/etc/x"}) == "/etc/x/caro/abbreviations"
    assert paths.abbreviations_file({**home, "CARO_CONFIG": "/a/my.toml"}) == "/a/abbreviations"
    of_macos = tmp_path / "Library" / "Application Support" / "caro"
    of_macos.mkdir(parents=True)
    (of_macos / "config.toml").touch()
    assert paths.abbreviations_file(home) == f"{of_macos}/abbreviations"
    (tmp_path / ".config" / "caro").mkdir(parents=True)
    (tmp_path / ".config" / "caro" / "config.toml").touch()
    assert paths.abbreviations_file(home) == f"{tmp_path}/.config/caro/abbreviations"
