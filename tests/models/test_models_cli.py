"""`caro models`: answers on stdout, sentences on stderr, exit codes."""

import json
import os
from pathlib import Path

import pytest
from fake_sources import make_bytes, make_gguf, make_model

from caro_shell.cli import main
from caro_shell.models import catalogue
from caro_shell.models.catalogue import Catalogue

DATA = make_bytes(size=100_000)
SMALL, OTHER = make_model(DATA, "small"), make_model(make_bytes(3, 100_000), "other")
NAMED: Catalogue = {"small": SMALL, "other": OTHER}


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the directory of the weights, in a home without settings and with a catalogue of two."""
    for name in [name for name in os.environ if name.startswith("CARO_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CARO_CONFIG", str(tmp_path / "none.toml"))
    monkeypatch.setenv("CARO_MODELS_DIR", str(tmp_path / "models"))
    monkeypatch.setattr(catalogue, "read_catalogue", lambda: NAMED)
    (tmp_path / "models").mkdir()
    return tmp_path / "models"


def test_path_prints_the_path_and_nothing_else(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a name it is the model of the settings."""
    (directory / SMALL.files[0].name).write_bytes(DATA)
    assert main(["models", "path"]) == 0
    assert capsys.readouterr() == (f"{directory / SMALL.files[0].name}\n", "")


def test_path_of_a_model_that_is_not_here_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    """Stdout stays empty for a script to see."""
    assert main(["models", "path", "other"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "caro: The model `other` is not here yet.\n      caro models pull other\n"


def test_list_says_what_is_here_and_what_is_in_use(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The star marks the model of the settings."""
    (directory / SMALL.files[0].name).write_bytes(DATA)
    assert main(["models", "list"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    needs = ["0.1", "MB", "needs", "150", "MB", "Apache-2.0"]
    assert first.split() == ["*", "small", *needs, "here:", str(directory / SMALL.files[0].name)]
    assert second.split() == ["other", *needs, "not", "here"]


def test_list_in_json_has_a_row_a_model(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same for programs; damaged is neither verified nor hidden."""
    (directory / SMALL.files[0].name).write_bytes(DATA[:-1])
    assert main(["models", "list", "--json"]) == 0
    small, other = json.loads(capsys.readouterr().out)
    assert (small["name"], small["present"], small["verified"], small["active"]) == (
        "small",
        True,
        False,
        True,
    )
    assert "damaged" in small["note"]
    assert (other["present"], other["active"], other["path"], other["bytes"]) == (False, False, "", 100_000)


def test_list_shows_the_users_own_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model by path is the one in use, though no catalogue knows it."""
    (tmp_path / "mine.gguf").write_bytes(make_gguf())
    monkeypatch.setenv("CARO_MODEL", "~/mine.gguf")
    main(["models", "list"])
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("* mine.gguf")
    assert last.endswith(f"your own: {tmp_path / 'mine.gguf'}")


def test_pull_takes_a_file_and_leaves_stdout_empty(
    directory: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The default is the model of the settings; what people read goes to stderr."""
    (tmp_path / "brought.gguf").write_bytes(DATA)
    assert main(["models", "pull", "--from", str(tmp_path / "brought.gguf")]) == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.endswith(f"caro: `small` is ready, and its SHA-256 is right: {directory / SMALL.files[0].name}\n")


def test_pulling_ones_own_file_is_a_slip(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """There is nothing to fetch for a path."""
    monkeypatch.setenv("CARO_MODEL", "~/mine.gguf")
    assert main(["models", "pull"]) == 2
    assert "is a file of yours" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [[], ["lsit"], ["list", "--jsn"], ["path", "a", "b"], ["pull", "--source", "moon"], ["pull", "--from"]],
)
def test_wrong_words_are_one_sentence_and_exit_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Neither a traceback nor a page of usage."""
    assert main(["models", *words]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    sentence, hint = said.err.splitlines()
    assert sentence.startswith("caro: ")
    assert sentence.endswith(".")
    assert hint.startswith("      Try: caro models")


def test_help_is_an_answer(capsys: pytest.CaptureFixture[str]) -> None:
    """It goes to stdout, with exit code 0."""
    assert main(["models", "pull", "--help"]) == 0
    said = capsys.readouterr()
    assert "--no-last-resort" in said.out
    assert said.err == ""
