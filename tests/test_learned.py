"""What the user made of earlier answers: kept, found again, forgotten; whatever is wrong with the file."""

import logging
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from terminal import wait_for

from caro_shell import paths
from caro_shell.errors import CaroError
from caro_shell.learned import Learned
from caro_shell.learned.rows import MOST_ROWS, Pair, open_file, remove, rows, similar, write

BIG = {"request": "the five largest files here", "command": "du -a | sort -n", "fate": "accepted"}
BRANCH = {"request": "undo my last commit", "command": "git reset --soft HEAD~1", "fate": "accepted"}
CHANGED = {**BIG, "fate": "corrected", "ran": "du -ah | sort -h"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the file will be."""
    return tmp_path / "state" / "learned.sqlite3"


@pytest.fixture
def learned(path: Path) -> Iterator[Learned]:
    """A store whose clock goes on by a second a look."""
    ticks = iter(range(1_000_000))
    store = Learned(str(path), now=lambda: float(next(ticks)))
    yield store
    store.close()


def keep(learned: Learned, *outcomes: dict[str, str], of_shell: str = "bash") -> None:
    """Keep outcomes and wait until they are written."""
    learned.keep(of_shell, outcomes)
    learned.close(limit_s=30.0)


def test_the_nearest_requests_come_first(learned: Learned) -> None:
    """By their words in any form, case and order; what has no word in common does not come."""
    keep(learned, BIG, BRANCH, {**BIG, "request": "large pictures", "command": "find . -size +1M"})
    assert learned.similar("Largest FILE?") == [
        Pair("the five largest files here", "du -a | sort -n", "accepted", "du -a | sort -n")
    ]
    assert [pair.request for pair in learned.similar("undo the commits")] == [BRANCH["request"]]
    assert learned.similar("weather") == learned.similar("") == learned.similar('"* OR (') == []


def test_a_correction_is_what_was_run(learned: Learned) -> None:
    """With what had been offered beside it; of two that are as near, the later one is first."""
    keep(learned, BIG)
    keep(learned, CHANGED)
    assert learned.similar(BIG["request"]) == [
        Pair(BIG["request"], "du -ah | sort -h", "corrected", BIG["command"]),
        Pair(BIG["request"], BIG["command"], "accepted", BIG["command"]),
    ]
    assert len(learned.similar(BIG["request"], limit=1)) == 1


def test_what_was_not_run_is_no_example(learned: Learned) -> None:
    """Undone and dropped answers are kept and never offered, and a fix is no answer to words."""
    keep(learned, {**BIG, "fate": "undone"}, {**BIG, "fate": "dropped"}, {**BIG, "gesture": "fix"})
    assert learned.similar(BIG["request"]) == []
    assert len(learned.forget(only_look=True)) == 3


def test_a_shell_may_ask_for_its_own(learned: Learned) -> None:
    """What runs in fish need not run in bash."""
    keep(learned, BIG, of_shell="fish")
    assert learned.similar(BIG["request"], of_shell="bash") == []
    assert len(learned.similar(BIG["request"], of_shell="fish")) == len(learned.similar(BIG["request"])) == 1


@pytest.mark.parametrize(
    ("kept", "asked"),
    [("die größten Dateien", "GRÖSSTE dateien"), ("一番大きいファイル", "大きい"), ("列出文件", "文件")],
)
def test_other_languages_have_words_too(learned: Learned, kept: str, asked: str) -> None:
    """Also those that write no blanks between them."""
    keep(learned, {**BIG, "request": kept})
    assert [pair.request for pair in learned.similar(asked)] == [kept]


def test_what_happens_often_is_one_row(learned: Learned, path: Path) -> None:
    """It counts, and is as young as its last time."""
    keep(learned, BIG)
    keep(learned, BRANCH)
    keep(learned, BIG)
    assert [row.request for row in learned.forget(only_look=True)] == [BIG["request"], BRANCH["request"]]
    with closing(sqlite3.connect(path)) as file:
        assert file.execute("SELECT times FROM outcome ORDER BY id").fetchall() == [(2,), (1,)]


def test_secrets_are_not_written(learned: Learned, path: Path) -> None:
    """A word stands for each; and such a command is no example."""
    secret = "ghp_" + "a1B2" * 9
    keep(learned, {**BIG, "request": f"push with {secret}", "command": f"curl -H 'Authorization: token {secret}' x"})
    assert "CARO_SECRET_1" in learned.forget(only_look=True)[0].command
    assert not [file for file in path.parent.iterdir() if secret.encode() in file.read_bytes()]
    assert learned.similar("push") == []


def test_the_oldest_go(path: Path) -> None:
    """So many are kept, and no more; their words go with them."""
    file = open_file(path, 1.0)
    outcomes = [{**BIG, "request": f"request {number}"} for number in range(MOST_ROWS + 10)]
    for at, outcome in enumerate(outcomes[:10]):
        write(file, "bash", [outcome], float(at))
    write(file, "bash", outcomes[10:], 100.0)
    assert file.execute("SELECT count(*), min(at) FROM outcome").fetchone() == (MOST_ROWS, 100.0)
    assert file.execute("SELECT count(*) FROM term").fetchone() == (MOST_ROWS,)
    file.close()


@pytest.mark.parametrize("wrong", [{**BIG, "fate": "eaten"}, {**BIG, "command": "x" * 2001}])
def test_what_is_none_is_not_kept(learned: Learned, wrong: dict[str, str]) -> None:
    """The rest of what came with it is."""
    keep(learned, wrong, BRANCH)
    assert [row.request for row in learned.forget(only_look=True)] == [BRANCH["request"]]


def test_the_file_is_the_users_alone(learned: Learned, path: Path) -> None:
    """It is made when there is something to keep, and not by asking."""
    assert not learned.similar("x")
    assert not learned.forget()
    assert not path.parent.exists()
    keep(learned, BIG)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_forgetting_leaves_nothing_in_the_file(learned: Learned, path: Path) -> None:
    """A part by its text, in any case; or everything. What was removed is told."""
    keep(learned, BIG, CHANGED, BRANCH)
    assert [row.fate for row in learned.forget("SORT -H")] == ["corrected"]
    assert [row.request for row in learned.forget("no such text")] == []
    assert {row.request for row in learned.forget()} == {BIG["request"], BRANCH["request"]}
    assert not learned.forget()
    assert not learned.similar(BIG["request"])
    assert not [file for file in path.parent.iterdir() if b"largest" in file.read_bytes()]
    keep(learned, BIG)
    assert len(learned.similar(BIG["request"])) == 1


def test_a_reader_that_is_open_sees_what_is_forgotten(learned: Learned, path: Path) -> None:
    """The daemon reads while `caro forget` of another process removes."""
    keep(learned, BIG)
    assert len(learned.similar(BIG["request"])) == 1
    assert len(Learned(str(path)).forget()) == 1
    assert learned.similar(BIG["request"]) == []


def _scribble(path: Path) -> None:
    path.write_bytes(b"this is no database, whatever its name says" * 100)


def _damage(path: Path) -> None:
    for file in (path, Path(f"{path}-wal")):
        if file.exists():
            held = file.read_bytes()
            file.write_bytes(held[:200] + b"\xff" * (len(held) - 200))


def _age(path: Path) -> None:
    with sqlite3.connect(path) as file:
        file.execute("PRAGMA user_version = 99")
    file.close()


@pytest.mark.parametrize("spoil", [_scribble, _damage, _age], ids=["no-database", "damaged", "other-version"])
def test_a_broken_file_is_moved_aside(
    learned: Learned, path: Path, caplog: pytest.LogCaptureFixture, spoil: Callable[[Path], None]
) -> None:
    """Nobody hears of it but the log, and what comes next is kept."""
    keep(learned, BIG)
    spoil(path)
    with caplog.at_level(logging.WARNING):
        found = learned.similar(BIG["request"])
        keep(learned, BRANCH)
    assert found == []
    keep(learned, BRANCH)
    assert [pair.request for pair in learned.similar(BRANCH["request"])] == [BRANCH["request"]]
    assert Path(f"{path}.broken").exists()
    assert "what was learnt cannot be" in caplog.text


def test_a_locked_file_is_not_waited_for(learned: Learned, path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever holds it, a request finds nothing and goes on; the file stays."""
    keep(learned, BIG)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("PRAGMA journal_mode = DELETE")
    other.execute("BEGIN EXCLUSIVE")
    with caplog.at_level(logging.WARNING):
        assert learned.similar(BIG["request"]) == []
    assert "locked" in caplog.text
    other.execute("COMMIT")
    other.close()
    assert len(learned.similar(BIG["request"])) == 1


def test_a_place_that_cannot_be_written_harms_nobody(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A line in the log is all; only who asks to forget is told."""
    (tmp_path / "file").write_text("in the way")
    learned = Learned(str(tmp_path / "file" / "learned.sqlite3"))
    with caplog.at_level(logging.WARNING):
        keep(learned, BIG)
    assert "what was learnt cannot be written" in caplog.text
    assert learned.similar("x") == []
    (tmp_path / "learned").mkdir()
    with pytest.raises(CaroError, match="is not a plain file"):
        Learned(str(tmp_path / "learned")).forget()


def test_keeping_does_not_wait_for_the_disk(learned: Learned, path: Path) -> None:
    """More than can be written at once is left out; the caller goes on."""
    other = open_file(path, 1.0)
    other.execute("BEGIN IMMEDIATE")
    for _ in range(300):
        learned.keep("bash", [BIG])
    other.rollback()
    other.close()
    wait_for(lambda: learned.similar(BIG["request"]), lambda: "for what was kept")


def test_where_it_lies_depends_on_home_alone() -> None:
    """So that `caro forget` finds it from anywhere; or beside the daemon's socket, where that was chosen."""
    environ = {"HOME": "/home/me", "XDG_STATE_HOME": "/elsewhere"}
    assert paths.learned_file(environ) == "/home/me/.local/state/caro/learned.sqlite3"
    assert paths.learned_file({**environ, "CARO_RUNTIME_DIR": "/run/x"}) == "/run/x/learned.sqlite3"


def test_half_a_character_ends_nothing(learned: Learned) -> None:
    """JSON can say one, and SQLite takes none: what comes after it is kept."""
    learned.keep("bash", [{**BIG, "request": "half \ud83d"}])
    keep(learned, BRANCH)
    assert [row.request for row in learned.forget(only_look=True)] == [BRANCH["request"]]
    assert learned.similar("half \ud83d") == []


@given(st.text(max_size=200))
def test_no_text_is_too_odd(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """Whatever is asked or kept, there is no error."""
    file = open_file(tmp_path_factory.getbasetemp() / "odd" / "learned.sqlite3", 1.0)
    write(file, "bash", [{**BIG, "request": text}], 0.0)
    similar(file, text, 3, "")
    assert list(rows(file, text))
    remove(file, text)
    file.close()
