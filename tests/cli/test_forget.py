"""`caro forget`: what is kept of earlier answers is shown, and removed."""

import pytest

from caro_shell import paths
from caro_shell.cli import ANSWERED, USAGE, main
from caro_shell.learned import Learned

BIG = {"request": "the largest files", "command": "du -a | sort -n", "fate": "accepted"}
UNDO = {"request": "undo my commit", "command": "git reset HEAD~1", "fate": "undone"}


@pytest.fixture
def learned(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Learned:
    """A file with two answers in it, where `caro` looks for it."""
    directory = str(tmp_path_factory.mktemp("run"))
    monkeypatch.setenv("CARO_RUNTIME_DIR", directory)
    store = Learned(paths.learned_file({"CARO_RUNTIME_DIR": directory}))
    store.keep("zsh", [BIG, UNDO])
    store.close(limit_s=30.0)
    return store


def test_alone_it_says_how_much_there_is(learned: Learned, capsys: pytest.CaptureFixture[str]) -> None:
    """And where, and how it is removed; nothing is."""
    assert main(["forget"]) == ANSWERED
    said = capsys.readouterr()
    assert f"2 answers and what became of them are kept in {learned.path}." in said.err
    assert "caro forget --all" in said.err
    assert said.out == ""
    assert len(learned.forget(only_look=True)) == 2


def test_a_part_is_removed_and_shown(learned: Learned, capsys: pytest.CaptureFixture[str]) -> None:
    """What has the text in it, of the words or of the command."""
    assert main(["forget", "GIT", "reset"]) == ANSWERED
    said = capsys.readouterr()
    assert said.out == "undo my commit → git reset HEAD~1 (undone)\n"
    assert "forgot 1 answer." in said.err
    assert [row.request for row in learned.forget(only_look=True)] == [BIG["request"]]


def test_everything_is_removed(learned: Learned, capsys: pytest.CaptureFixture[str]) -> None:
    """It says how many; once more, there is none."""
    for count in ("2 answers", "0 answers"):
        assert main(["forget", "--all"]) == ANSWERED
        assert f"forgot {count}." in capsys.readouterr().err
    assert not learned.forget(only_look=True)


def test_the_requests_of_conversations_go_too(learned: Learned, capsys: pytest.CaptureFixture[str]) -> None:
    """Those with the text in them, or all, and then there is no file."""
    file = learned.path.with_name("requests")
    file.write_text("list pears\nlist plums\nlist apples\n")
    assert main(["forget", "PLUM"]) == ANSWERED
    assert "forgot 0 answers and 1 request of conversations." in capsys.readouterr().err
    assert file.read_text() == "list pears\nlist apples\n"
    assert main(["forget", "--all"]) == ANSWERED
    assert "forgot 2 answers and 2 requests of conversations." in capsys.readouterr().err
    assert not file.exists()


def test_a_text_and_all_is_a_slip(learned: Learned) -> None:
    """Nothing is removed then."""
    assert main(["forget", "--all", "git"]) == USAGE
    assert len(learned.forget(only_look=True)) == 2
