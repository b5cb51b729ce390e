"""The block in the rc file: put there, put there again, and taken out, for every shell and every kind of file."""

import os
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
OURS = b"# for %s; `caro uninstall` takes these lines out again\n"
BLOCKS = {
    "zsh": OURS + b"if [[ -r '/a b' ]]; then\nsource '/a b'\nfi\n",
    "bash": OURS + b"if [[ -r '/a b' ]]; then\nsource '/a b'\nfi\n",
    "fish": OURS + b"if test -r '/a b'\nsource '/a b'\nend\n",
}
FILE_OF = {"zsh": ".zshrc", "bash": ".bashrc", "fish": ".config/fish/config.fish"}


class Rc:
    """A shell's rc file in a home of its own."""

    def __init__(self, home: Path, shell: str) -> None:
        """Make the home, and an `init` that prints one line to source."""
        self.home, self.shell, self.path = home, shell, home / FILE_OF[shell]
        self.environ = {"PATH": os.environ["PATH"], "HOME": str(home)}
        (home / "root").mkdir()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.init(home / "caro", "source '/a b'")

    def init(self, path: Path, line: str) -> None:
        """Let `caro init` print `line`."""
        self.caro = program(path, f'echo "{line}"')

    def edit(self, verb: str, *, goes_well: bool = True) -> subprocess.CompletedProcess[str]:
        """`put` the block there or `take` it out; say whether that should end well."""
        words = [str(Path(__file__).with_name("rc_block.sh")), verb, str(self.home), str(self.caro), self.shell]
        done = subprocess.run(words, env=self.environ, check=False, capture_output=True, text=True)
        assert (done.returncode == 0) == goes_well, done.stdout + done.stderr
        return done


@pytest.fixture(params=BLOCKS)
def rc(tmp_path: Path, request: pytest.FixtureRequest) -> Rc:
    """A home without an rc file, for each shell."""
    return Rc(tmp_path, request.param)


@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_the_text_is_the_same_bytes_after_the_block_is_taken_out(rc: Rc, text: bytes) -> None:
    """The block stands once, after the user's text, however often it is put there; nothing of it stays."""
    rc.path.write_bytes(text)
    rc.edit("put")
    once = rc.path.read_bytes()
    assert once.startswith(text)
    assert BLOCKS[rc.shell] % bytes(rc.home / "root") in once
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
    end = b"end" if rc.shell == "fish" else b"fi"
    assert rc.path.read_bytes().endswith(b"source '/c d'\n%s\n# <<< caro <<<\nb=2\n" % end)


def test_the_block_of_another_installation_stays(rc: Rc) -> None:
    """--uninstall takes out the lines of the installation it removes, and no others."""
    rc.edit("put")
    text = rc.path.read_bytes().replace(b"/root;", b"/elsewhere;")
    rc.path.write_bytes(text)
    rc.edit("take")
    assert rc.path.read_bytes() == text


def test_a_link_to_a_file_that_is_not_there_yet_is_followed(rc: Rc) -> None:
    """The file is made where the link leads, and the link stays when the file goes again."""
    rc.path.symlink_to("dotfiles/rc")
    rc.edit("put")
    assert (rc.path.parent / "dotfiles" / "rc").is_file()
    rc.edit("take")
    assert rc.path.is_symlink()
    assert not rc.path.exists()


@pytest.mark.parametrize(
    ("there", "taken"),
    [([], ".bash_profile"), ([".profile"], ".profile"), ([".profile", ".bash_login"], ".bash_login")],
)
def test_on_a_mac_the_block_is_where_a_login_bash_reads_it(tmp_path: Path, there: list[str], taken: str) -> None:
    """The first of its three files that is there; a new .bash_profile would hide the others."""
    rc = Rc(tmp_path, "bash")
    program(tmp_path / "programs" / "uname", "echo Darwin")
    rc.environ["PATH"] = f"{tmp_path}/programs:{rc.environ['PATH']}"
    for name in there:
        (tmp_path / name).touch()
    rc.edit("put")
    assert [path.name for path in tmp_path.glob(".*") if b"caro" in path.read_bytes()] == [taken]
    rc.edit("take")
    assert sorted(path.name for path in tmp_path.glob(".*")) == sorted(there)


@pytest.mark.parametrize("before", [b"a=1\n", b"a=1"], ids=["ended", "without an end"])
def test_an_editor_may_have_changed_the_ends_of_all_lines(rc: Rc, before: bytes) -> None:
    """The block is known by its marks with those ends, too; the user's lines keep the ends that they have now."""
    rc.path.write_bytes(before)
    rc.edit("put")
    rc.path.write_bytes(rc.path.read_bytes().replace(b"\n", b"\r\n"))
    done = rc.edit("take")
    assert rc.path.read_bytes() == before.replace(b"\n", b"\r\n")
    assert "changed by hand" not in done.stdout


def test_lines_typed_into_the_block_are_shown_before_they_go(rc: Rc) -> None:
    """What of an edited block is ours cannot be known; it goes as a whole, and nothing of it is lost unseen."""
    rc.path.write_bytes(b"a=1\n")
    rc.edit("put")
    rc.path.write_bytes(rc.path.read_bytes().replace(b"# <<< caro", b"MY_OWN=1\n# <<< caro"))
    edited = rc.path.read_bytes()
    done = rc.edit("put")
    assert "    | MY_OWN=1\n" in done.stdout
    assert b"MY_OWN" not in rc.path.read_bytes()
    rc.path.write_bytes(edited)
    done = rc.edit("take")
    assert "    | MY_OWN=1\n" in done.stdout
    assert rc.path.read_bytes() == b"a=1\n"


@pytest.mark.parametrize("spoilt", ["read-only", "half a block"])
def test_what_must_not_be_touched_stays_and_is_named(rc: Rc, spoilt: str) -> None:
    """The owner's wish is respected, even where root could write; the status says that something is left to do."""
    rc.path.write_bytes(b"a=1\n")
    rc.edit("put")
    if spoilt == "read-only":
        rc.path.chmod(0o444)
    else:
        rc.path.write_bytes(rc.path.read_bytes().replace(b"# <<< caro <<<\n", b""))
    before = rc.path.read_bytes()
    done = rc.edit("take", goes_well=False)
    assert rc.path.read_bytes() == before
    assert str(rc.path) in done.stderr
    assert done.stderr.endswith("Remove them by hand.\n")


def test_a_link_in_a_circle_is_passed_over(rc: Rc) -> None:
    """There is nothing in it to take out."""
    rc.path.symlink_to(rc.path.name)
    assert rc.edit("take").stderr == ""
    assert rc.path.is_symlink()
