"""The user's own commands: read from each shell's file, without what was meant to stay there."""

from pathlib import Path

from own_machine import OwnMachine

from caro_shell.retrieval import history


def commands(path: Path) -> list[str]:
    """Return what is taken from a file."""
    return [line.text for line in history.read_lines([path])]


def test_bash_with_and_without_times(tmp_path: Path) -> None:
    """A time stands on a line of its own; each command comes once, the latest last."""
    path = tmp_path / ".bash_history"
    path.write_text("tar xzf a.tar.gz\n#1700000000\nrsync -a photos/ nas:\ntar xzf a.tar.gz\n")
    assert commands(path) == ["rsync -a photos/ nas:", "tar xzf a.tar.gz"]


def test_zsh_extended_with_bytes_it_has_turned(tmp_path: Path) -> None:
    """A command of several lines is left out; what zsh writes behind 0x83 is read as it was typed."""
    path = tmp_path / ".zsh_history"
    path.write_bytes(b": 1700000000:0;for f in *; do\\\necho $f; done\n: 1700000001:3;grep caf\xc3\x83\x89 menu\n")
    assert commands(path) == ["grep café menu"]


def test_fish(tmp_path: Path) -> None:
    """Only the commands, not the paths; one of several lines is left out."""
    path = tmp_path / "fish_history"
    path.write_text(
        "- cmd: string match 'a\\\\d' text\n  when: 1\n  paths:\n    - text\n- cmd: if true\\nend\n  when: 2\n"
    )
    assert commands(path) == ["string match 'a\\d' text"]


def test_what_was_meant_to_stay_there_does(tmp_path: Path) -> None:
    """Behind a blank, with a secret, as a comment, too short or too long to help."""
    path = tmp_path / ".bash_history"
    left_out = [
        " make secret plans",
        "curl -u me:hunter2hunter2 https://example.org",
        "export API_TOKEN=q8Zx71LmPwvT4n",
    ]
    left_out += ["# list my files", "ls", "echo " + "word " * 40, "printf 'a\x1b[31m' | cat"]
    path.write_text("\n".join([*left_out, "du -sh * | sort -h", ""]))
    assert commands(path) == ["du -sh * | sort -h"]
    assert [line.tool for line in history.read_lines([path])] == ["du"]


def test_the_files_are_the_shells_own(tmp_path: Path) -> None:
    """Where HISTFILE, ZDOTDIR and XDG_DATA_HOME say, and nothing that is not there."""
    assert history.files(str(tmp_path), {}) == []
    fish = tmp_path / "data" / "fish" / "fish_history"
    fish.parent.mkdir(parents=True)
    for path in (fish, tmp_path / "mine", tmp_path / ".bash_history"):
        path.touch()
    environ = {"HISTFILE": str(tmp_path / "mine"), "XDG_DATA_HOME": str(tmp_path / "data")}
    assert history.files(str(tmp_path), environ) == [tmp_path / "mine", tmp_path / ".bash_history", fish]


def test_it_is_asked_only_where_the_setting_says_so(own: OwnMachine) -> None:
    """Neither read without it, nor told; and what was read goes when it is turned off."""
    (own.home / ".bash_history").write_text("rsync -a --delete photos/ backup.example:\n")
    request = "rsync my photos to the backup and delete the rest"
    own.build()
    assert own.hints(request, history=True) == []
    own.build(history=True)
    assert own.hints(request) == []
    assert own.hints(request, history=True) == ["rsync -a --delete photos/ backup.example:"]
    own.build()
    assert own.hints(request, history=True) == []
    assert b"backup.example" not in own.index.read_bytes()
