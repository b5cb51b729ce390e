"""The block in the rc file: put there, put there again, and taken out, for every kind of file there may be."""

import subprocess
from pathlib import Path

import pytest
from machine import program

FILES = {
    "empty": b"",
    "one line": b"setopt auto_cd\n",
    "a line without an end": b"setopt auto_cd",
    "only ends of lines": b"\n\n\n",
    "a carriage return": b"setopt auto_cd\r\nalias a=b\r",
    "no text": b"\x00\xff\xfe\n\x80",
    "marks in the middle of lines": b"echo '# >>> caro >>>'\necho x # <<< caro <<<\n",
    "backslashes": b"PROMPT='%n\\t\\\\'\\\n",
}
BLOCK = b"# for %s; `install.sh --uninstall` takes these lines out again\nif [[ -r '/a b' ]]; then\nsource '/a b'\nfi\n"


class Rc:
    """An rc file in a home of its own."""

    def __init__(self, home: Path) -> None:
        """Make the home, and an `init` that prints one line to source."""
        self.home, self.path = home, home / ".zshrc"
        (home / "root").mkdir()
        self.init(self.path.with_name("caro"), "source '/a b'")

    def init(self, path: Path, line: str) -> None:
        """Let `caro init` print `line`."""
        self.caro = program(path, f'echo "{line}"')

    def edit(self, verb: str) -> subprocess.CompletedProcess[str]:
        """`put` the block there or `take` it out."""
        words = [str(Path(__file__).with_name("rc_block.sh")), verb, str(self.home), str(self.caro)]
        return subprocess.run(words, check=True, capture_output=True, text=True)


@pytest.fixture
def rc(tmp_path: Path) -> Rc:
    """A home without an rc file."""
    return Rc(tmp_path)


@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_the_text_is_the_same_bytes_after_the_block_is_taken_out(rc: Rc, text: bytes) -> None:
    """The block stands once, after the user's text, however often it is put there; nothing of it stays."""
    rc.path.write_bytes(text)
    rc.edit("put")
    once = rc.path.read_bytes()
    assert once.startswith(text)
    assert BLOCK % bytes(rc.home / "root") in once
    rc.edit("put")
    assert rc.path.read_bytes() == once
    rc.edit("take")
    assert rc.path.read_bytes() == text


def test_a_file_that_was_made_for_the_block_goes_with_it(rc: Rc) -> None:
    """Where there was no rc file there is none afterwards."""
    rc.edit("put")
    assert rc.path.exists()
    rc.edit("take")
    assert not rc.path.exists()


@pytest.mark.parametrize("before", [None, b"a=1", b"a=1\n"])
def test_what_the_user_added_below_stays(rc: Rc, before: bytes | None) -> None:
    """Other installers append to the file too; their lines do not run into the user's."""
    if before is not None:
        rc.path.write_bytes(before)
    rc.edit("put")
    with rc.path.open("ab") as file:
        file.write(b"b=2")
    rc.edit("take")
    assert rc.path.read_bytes() == (b"a=1\n" if before else b"") + b"b=2"


def test_new_lines_take_the_place_of_the_old_ones(rc: Rc) -> None:
    """An upgrade may move the script: the block changes where it stands."""
    rc.path.write_bytes(b"a=1")
    rc.edit("put")
    with rc.path.open("ab") as file:
        file.write(b"b=2\n")
    rc.init(rc.home / "newer", "source '/c d'")
    rc.edit("put")
    assert rc.path.read_bytes().count(b"# >>> caro >>>") == 1
    assert b"/a b" not in rc.path.read_bytes()
    assert rc.path.read_bytes().endswith(b"source '/c d'\nfi\n# <<< caro <<<\nb=2\n")


def test_the_block_of_another_installation_stays(rc: Rc) -> None:
    """--uninstall takes out the lines of the installation it removes, and no others."""
    rc.edit("put")
    text = rc.path.read_bytes().replace(b"/root;", b"/elsewhere;")
    rc.path.write_bytes(text)
    rc.edit("take")
    assert rc.path.read_bytes() == text


def test_a_link_to_a_file_that_is_not_there_yet_is_followed(rc: Rc) -> None:
    """The file is made where the link leads, and the link stays when the file goes again."""
    rc.path.symlink_to("dotfiles/zshrc")
    rc.edit("put")
    assert (rc.home / "dotfiles" / "zshrc").is_file()
    rc.edit("take")
    assert rc.path.is_symlink()
    assert not rc.path.exists()
