"""The configuration file is its user's: what caro changes in it is one line, and it is whole at every moment."""

import os
import stat
import threading
from pathlib import Path

import pytest

from caro_shell.config.file import create, read, set_value, unset_value
from caro_shell.errors import ConfigError

LITERAL, BASIC = r"key = '\C-xg'", 'key = "it\'s \\\\C"'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A configuration file that is not there yet."""
    return tmp_path / "config.toml"


@pytest.mark.parametrize(
    ("before", "name", "value", "after"),
    [
        ("", "model", "tiny", 'model = "tiny"\n'),
        ("# mine\nmodel = 'x'  # why\n\nthreads=3", "model", "tiny", '# mine\nmodel = "tiny"  # why\n\nthreads=3'),
        ("# mine\nthreads=3", "model", "tiny", '# mine\nthreads=3\nmodel = "tiny"\n'),
        ("threads=3\n\n[old]\na=1\n", "model", "tiny", 'threads=3\nmodel = "tiny"\n\n[old]\na=1\n'),
        ("# one\r\nthreads = 3\r\n", "model", "tiny", '# one\r\nthreads = 3\r\nmodel = "tiny"\r\n'),
        ("'model' = 'x'\n", "model", "y", "'model' = \"y\"\n"),
        ("  model = '''\na\n'''\nqueue=1\n", "model", "y", '  model = "y"\nqueue=1\n'),
        ("", "threads", 4, "threads = 4\n"),
        ("", "allow_http", True, "allow_http = true\n"),
        ("", "idle_exit", 60.5, "idle_exit = 60.5\n"),
        ("", "idle_exit", float("inf"), "idle_exit = inf\n"),
        ("", "key", r"\C-xg", f"{LITERAL}\n"),
        ("", "key", "it's \\C", f"{BASIC}\n"),
        ("", "style", 'fg=8 # "é"', 'style = "fg=8 # \\"é\\""\n'),
    ],
)
def test_setting_a_value_changes_that_and_nothing_else(
    file: Path, before: str, name: str, value: object, after: str
) -> None:
    """Comments, order, blanks and line ends stay; it reads back as what was set."""
    file.write_bytes(before.encode())
    set_value(str(file), name, value)
    assert file.read_bytes().decode() == after
    assert read(str(file)).values[name] == value


def test_taking_a_value_out_leaves_the_rest(file: Path) -> None:
    """And what is not there need not be taken out."""
    file.write_text("# mine\nmodel = 'x'\n\n# more\nthreads = 3  # few\n")
    assert unset_value(str(file), "model")
    assert file.read_text() == "# mine\n\n# more\nthreads = 3  # few\n"
    assert not unset_value(str(file), "model")
    assert not unset_value(str(file.with_name("none.toml")), "model")
    assert not file.with_name("none.toml").exists()


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a=1\n\nb='''\nc=1\n'''\nd=1\n", {"a": 1, "b": 3, "d": 6}),
        ('a = """x"""""\nb = "\\"#["\nc=1 # \' " [\nd=2', {"a": 1, "b": 2, "c": 3, "d": 4}),
        ("a=[\n 1, # ]\n]\nb = {c = 1}\n", {"a": 1, "b": 4}),
        ("a=1\n[b]\nc=1\n[d]\n", {"a": 1, "b": 2}),
        ('"a b" = 1\r\n\'c\' = 1\r\n"\\u0064" = 1', {"a b": 1, "c": 2, "d": 3}),
        ("a.b = 1\na.c = 2\n\n  d = ''\n", {"a": 1, "d": 4}),
        ("", {}),
    ],
)
def test_each_name_is_found_on_its_line(file: Path, text: str, lines: dict[str, int]) -> None:
    """Whatever strings and comments look like."""
    file.write_bytes(text.encode())
    assert read(str(file)).lines == lines


def test_a_new_file_and_its_directory_are_for_their_owner(tmp_path: Path) -> None:
    """As the XDG specification asks for the directory."""
    file = tmp_path / ".config" / "caro" / "config.toml"
    set_value(str(file), "model", "tiny")
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (file, file.parent, file.parent.parent)]
    assert modes == [0o600, 0o700, 0o700]


def test_mode_and_owner_stay(file: Path) -> None:
    """A file that others may read stays one; root gives it back to whose it was."""
    file.write_text("threads = 3\n")
    file.chmod(0o640)
    owner = 12345 if os.getuid() == 0 else os.getuid()
    os.chown(file, owner, -1)
    set_value(str(file), "model", "tiny")
    assert (stat.S_IMODE(file.stat().st_mode), file.stat().st_uid) == (0o640, owner)


@pytest.mark.parametrize("there", [True, False])
def test_a_link_into_the_dotfiles_stays_a_link(tmp_path: Path, *, there: bool) -> None:
    """What it points to is changed, or made, where it is."""
    target, link = tmp_path / "dotfiles" / "caro.toml", tmp_path / "config.toml"
    if there:
        target.parent.mkdir()
        target.write_text("# mine\n")
    link.symlink_to("dotfiles/caro.toml")
    set_value(str(link), "model", "tiny")
    assert link.is_symlink()
    assert target.read_text().endswith('model = "tiny"\n')
    assert sorted(path.name for path in target.parent.iterdir()) == ["caro.toml"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("queue = 1\nmodel = \n", ":2: this is not TOML: Invalid value."),
        ("model.size = 1\nmodel = 'x'\n", ":2: this is not TOML: Cannot overwrite a value."),
    ],
)
def test_a_broken_file_is_not_touched(file: Path, text: str, says: str) -> None:
    """One sentence with its line."""
    file.write_text(text)
    for change in (lambda: set_value(str(file), "model", "tiny"), lambda: unset_value(str(file), "model")):
        with pytest.raises(ConfigError) as told:
            change()
        assert told.value.message == f"{file}{says}"
    assert file.read_text() == text
    assert [path.name for path in file.parent.iterdir()] == ["config.toml"]


def test_what_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    """And the file is as it was."""
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "file").write_text("")
    for path, says in (
        (tmp_path, "is not a file"),
        (Path(os.devnull), "is not a file"),
        (tmp_path / "file" / "config.toml", "cannot be written: Not a directory"),
        (tmp_path / "loop", "cannot be written: |is not a file"),
        (tmp_path / "loop" / "config.toml", "cannot be written: "),
    ):
        with pytest.raises(ConfigError, match=says):
            set_value(str(path), "model", "tiny")
        with pytest.raises(ConfigError, match=says):
            create(str(path), "")
    assert Path(os.devnull).is_char_device()
    with pytest.raises(ConfigError, match="surrogates not allowed"):
        set_value(str(tmp_path / "file"), "model", "\ud800")
    assert (tmp_path / "file").read_text() == ""


def test_several_writers_lose_nothing_and_a_reader_sees_no_half(file: Path) -> None:
    """Each waits for the other."""
    names = [f"name_{number}" for number in range(12)]
    writers = [threading.Thread(target=set_value, args=(str(file), name, "x" * 2000)) for name in names]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        assert all(len(value) == 2000 for value in read(str(file)).values.values())
    assert set(read(str(file)).values) == set(names)
    assert [path.name for path in file.parent.iterdir()] == ["config.toml"]


def test_a_file_is_made_once(file: Path) -> None:
    """What is there is never written over."""
    create(str(file), "# first\n")
    create(str(file), "# second\n")
    assert file.read_text() == "# first\n"
