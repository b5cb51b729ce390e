"""Files of the user's own: split ones, and broken ones, each named in one sentence before an engine sees it."""

import os
import struct
from pathlib import Path

import pytest
from fake_sources import make_gguf

from caro_shell.config import Settings
from caro_shell.errors import ModelError
from caro_shell.models import machine
from caro_shell.models.machine import Machine
from caro_shell.models.store import find_model

WHOLE = make_gguf({"general.architecture": "qwen2"})
TERABYTE = 1 << 40


def head(version: int = 3, tensors: int = 1, facts: int = 0, rest: bytes = b"") -> bytes:
    """Return the beginning of a GGUF file."""
    return b"GGUF" + struct.pack("<IQQ", version, tensors, facts) + rest


BROKEN = {
    "empty": (b"", "is not a GGUF file"),
    "another format": (b"PK\3\4" + bytes(100), "is not a GGUF file"),
    "magic only": (b"GGUF", "ends in the middle of its head"),
    "of the future": (head(version=9), "is GGUF of version 9"),
    "the other byte order": (b"GGUF" + struct.pack(">IQQ", 3, 1, 1), "is GGUF of version 50331648"),
    "2^60 tensors": (head(tensors=1 << 60), "its head claims 1,152,921,504,606,846,976 entries"),
    "2^60 facts": (head(facts=1 << 60), "its head claims 1,152,921,504,606,846,976 entries"),
    "a text of 2^60": (head(facts=1, rest=struct.pack("<Q", 1 << 60) + bytes(64)), "its head makes no sense"),
    "a list of 2^60": (
        head(facts=1, rest=struct.pack("<QsIIQ", 1, b"k", 9, 8, 1 << 60) + bytes(64)),
        "its head makes no sense",
    ),
    "a fact of no kind": (head(facts=1, rest=struct.pack("<QsI", 1, b"k", 77) + bytes(64)), "its head makes no sense"),
    "cut in the head": (WHOLE[:40], "its head makes no sense"),
    "cut in the weights": (WHOLE[:-1], "is cut off"),
}


@pytest.mark.parametrize(("data", "said"), BROKEN.values(), ids=list(BROKEN))
def test_a_broken_file_is_named_in_one_sentence(tmp_path: Path, data: bytes, said: str) -> None:
    """What is wrong, of which file, and what to do."""
    path = tmp_path / "mine.gguf"
    path.write_bytes(data)
    with pytest.raises(ModelError) as caught:
        find_model(str(path), Settings())
    assert caught.value.message.startswith(str(path))
    assert said in caught.value.message
    assert caught.value.message.count(". ") == 0
    assert "caro models list" in caught.value.hint


def test_a_whole_file_is_taken(tmp_path: Path) -> None:
    """The same bytes, all of them."""
    path = tmp_path / "mine.gguf"
    path.write_bytes(WHOLE)
    assert find_model(str(path), Settings()).path == path


def test_a_terabyte_of_nothing_is_refused_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sparse file with a right head has all that it lists, but no machine has the memory."""
    monkeypatch.setattr(machine, "read_memory", lambda: Machine(memory=8_000_000_000))
    path = tmp_path / "mine.gguf"
    path.write_bytes(WHOLE)
    os.truncate(path, TERABYTE)
    with pytest.raises(ModelError, match=r"has 1099\.51 GB, and this machine 8\.00 GB of memory"):
        find_model(str(path), Settings())
    path.write_bytes(b"")
    os.truncate(path, TERABYTE)
    with pytest.raises(ModelError, match="is not a GGUF file"):
        find_model(str(path), Settings())


def test_a_file_that_may_not_be_read_is_said(tmp_path: Path) -> None:
    """A directory, and a file that is not there."""
    with pytest.raises(ModelError, match="is not a file"):
        find_model(str(tmp_path), Settings())
    with pytest.raises(ModelError, match="there is no such file"):
        find_model(str(tmp_path / "slip.gguf"), Settings())


@pytest.mark.parametrize("call", ["open", "stat"])
def test_a_file_without_permission_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    """The file itself, or the directory it is in; root, who may run this, is refused nothing."""
    path = tmp_path / "secret.gguf"
    path.write_bytes(WHOLE)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, call, refuse)
    with pytest.raises(ModelError, match=r"secret\.gguf cannot be read: Permission denied\."):
        find_model(str(path), Settings())


def test_a_pipe_does_not_hold_anybody(tmp_path: Path) -> None:
    """To open one would wait for a writer for ever."""
    os.mkfifo(tmp_path / "mine.gguf")
    with pytest.raises(ModelError, match="is not a file"):
        find_model(str(tmp_path / "mine.gguf"), Settings())


def test_what_looks_like_a_repository_is_told_how_to_name_its_file(tmp_path: Path) -> None:
    """The slip of those who know the hub."""
    with pytest.raises(ModelError) as caught:
        find_model("Qwen/Qwen2.5-Coder-3B-Instruct-GGUF", Settings())
    assert "owner/repo:file.gguf" in caught.value.hint


def test_a_split_model_is_loaded_by_its_first_part(tmp_path: Path) -> None:
    """Whichever part the user names; llama.cpp finds the others beside it."""
    parts = [tmp_path / f"mine-0000{number}-of-00003.gguf" for number in (1, 2, 3)]
    for part in parts:
        part.write_bytes(WHOLE)
    for part in parts:
        assert find_model(str(part), Settings()).path == parts[0]


def test_a_part_that_is_missing_is_named(tmp_path: Path) -> None:
    """llama.cpp would say that the first one cannot be loaded."""
    (tmp_path / "mine-00001-of-00002.gguf").write_bytes(WHOLE)
    with pytest.raises(ModelError, match=r"lacks mine-00002-of-00002\.gguf"):
        find_model(str(tmp_path / "mine-00001-of-00002.gguf"), Settings())


def test_a_part_that_is_broken_is_named(tmp_path: Path) -> None:
    """It is that part whose path the sentence has."""
    (tmp_path / "mine-00001-of-00002.gguf").write_bytes(WHOLE)
    (tmp_path / "mine-00002-of-00002.gguf").write_bytes(WHOLE[:-1])
    with pytest.raises(ModelError, match=r"mine-00002-of-00002\.gguf is cut off"):
        find_model(str(tmp_path / "mine-00001-of-00002.gguf"), Settings())
