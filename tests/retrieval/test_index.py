"""The index: which lines a request gets, and that the file is private, kept up to date, and only a cache."""

import os
import sqlite3
import stat
from dataclasses import replace

import pytest
from own_machine import PLACE, OwnMachine

from caro_shell.retrieval import Library, index
from caro_shell.retrieval.background import Order
from caro_shell.retrieval.build import build


@pytest.mark.parametrize(
    ("request_", "hint"),
    [
        ("unpack an archive somewhere else", "Unpack an archive somewhere else: tar -xf box.tar -C elsewhere"),
        ("use tar to squeeze src with xz", "tar: -J, --xz Squeeze the archive with the xz program"),
        ("make the last commit better", "git commit: --amend Put a better commit in the place of the last one"),
        ("put my uncommitted changes aside", "git stash: Put uncommitted changes aside"),
        (
            "pick the field name of each object in this array",
            "Pick one field of each object in an array: jq '.[].field'",
        ),
        ("how wide is the widest line", "wc: -L, --max-line-length print the width of the widest line"),
        ("larder with pickled cucumbers", "larder: --pickled Count pickled cucumbers only"),
    ],
)
def test_a_request_gets_the_line_that_is_about_it(known: OwnMachine, request_: str, hint: str) -> None:
    """By its words in any form; a tool that nobody names has to be one that people use."""
    assert known.hints(request_)[0].startswith(hint)


@pytest.mark.parametrize(
    "request_", ["", "?", "what time is it in Lisbon", "print the third line", "pickled cucumbers", "Dateien löschen"]
)
def test_a_request_that_nothing_is_about_gets_none(known: OwnMachine, request_: str) -> None:
    """One word in common is not enough, nor is a tool that few people have."""
    assert known.hints(request_) == []


def test_there_are_no_more_than_asked_for(known: OwnMachine) -> None:
    """The best come first."""
    assert len(known.hints("unpack an archive", 9)) > 1
    assert len(known.hints("unpack an archive", 1)) == 1


def test_without_an_index_there_are_none_and_none_is_made(own: OwnMachine) -> None:
    """A request does not wait for one."""
    assert own.hints("unpack an archive somewhere else") == []
    assert not own.index.exists()


def test_an_index_that_comes_or_is_made_anew_is_seen(own: OwnMachine) -> None:
    """By the one who has asked before."""
    library, request = Library(own.index), "unpack an archive somewhere else"
    assert library.hints(request, PLACE) == []
    own.build()
    first = library.hints(request, PLACE)
    assert first
    own.index.unlink()
    assert library.hints(request, PLACE) == []
    own.build()
    assert library.hints(request, PLACE) == first
    library.close()


def test_of_another_system_nothing_is_told(known: OwnMachine) -> None:
    """GNU's manuals are wrong on a Mac."""
    library = Library(known.index)
    assert library.hints("unpack an archive somewhere else", replace(PLACE, system="macOS", flavour="BSD")) == []
    library.close()


def test_nobody_else_can_read_it(known: OwnMachine) -> None:
    """It may hold the user's history."""
    assert stat.S_IMODE(known.index.stat().st_mode) == 0o600
    assert stat.S_IMODE(known.index.parent.stat().st_mode) == 0o700


def test_only_what_has_changed_is_read_again(own: OwnMachine) -> None:
    """By the times of its files; a tool that has gone is forgotten."""
    own.build()
    assert own.asked.count("wc") == 1
    own.build()
    assert own.asked.count("wc") == 1
    os.utime(own.usr / "bin" / "wc", ns=(1, 1))
    page = own.usr / "share" / "man" / "man1" / "tar.1"
    page.write_text(page.read_text().replace("somewhere else", "on the moon"))
    (own.usr / "bin" / "jq").unlink()
    own.build()
    assert own.asked.count("wc") == 2
    assert own.hints("unpack an archive on the moon", 1) == [
        "Unpack an archive on the moon: tar -xf box.tar -C elsewhere"
    ]
    assert own.hints("pick one field of each object in an array") == []


@pytest.mark.parametrize("damage", [b"no database at all" * 100, b""])
def test_a_file_that_cannot_be_used_begins_anew(own: OwnMachine, damage: bytes) -> None:
    """It is only a cache: whoever asks meanwhile is told nothing."""
    own.build()
    for end in ("-wal", "-shm"):
        own.index.with_name(own.index.name + end).unlink(missing_ok=True)
    own.index.write_bytes(damage)
    assert own.hints("unpack an archive somewhere else") == []
    own.build()
    assert own.hints("unpack an archive somewhere else")


def test_a_file_of_another_version_begins_anew(own: OwnMachine) -> None:
    """How lines are read may have changed."""
    own.build()
    file = sqlite3.connect(own.index)
    file.execute("PRAGMA user_version = 99")
    file.close()
    own.build()
    assert own.hints("unpack an archive somewhere else")


def test_it_grows_no_further_than_its_limit(own: OwnMachine, monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not fit is not known."""
    monkeypatch.setattr("caro_shell.retrieval.build.MOST_BYTES", 1)
    own.build()
    assert own.hints("unpack an archive somewhere else") == []


def test_a_source_that_ends_its_reader_is_left_alone_in_the_end(own: OwnMachine) -> None:
    """Three times it is tried; a new version of it gets another three. An order to stop does not count."""
    own.build()
    file = index.open_index(own.index, 1)
    for _ in range(3):
        assert not index.has(file, "bad", "one")
        index.begin(file, "bad", "one")
    assert index.has(file, "bad", "one")
    index.begin(file, "bad", "two")
    assert not index.has(file, "bad", "two")
    for _ in range(5):
        index.begin(file, "told", "one")
        index.forgive(file, "told")
    assert not index.has(file, "told", "one")
    file.close()


def test_told_to_stop_it_keeps_what_it_has(own: OwnMachine) -> None:
    """And goes on with the rest the next time."""

    def stop(_program: str, _arguments: object) -> str:
        raise SystemExit(1)

    stopping = replace(own.machine, ask=stop)
    with pytest.raises(SystemExit):
        build(Order(str(own.index), own.path, history=False), stopping, "Linux GNU")
    own.build()
    assert own.hints("how wide is the widest line")
