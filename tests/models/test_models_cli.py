"""`caro models`: answers on stdout, sentences on stderr, exit codes."""

import json
import os
import shutil
import sys
from pathlib import Path

import pytest
from fake_sources import make_bytes, make_gguf, make_model

from caro_shell.cli import main
from caro_shell.cli.models import rows
from caro_shell.models import catalogue
from caro_shell.models.catalogue import Catalogue
from caro_shell.models.pull import lock

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


def test_a_narrow_terminal_gets_two_lines_a_model(
    directory: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Name and sizes, and below them the rest; nothing is cut off."""
    (directory / SMALL.files[0].name).write_bytes(DATA)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr(rows, "columns_of", lambda _: 40)
    assert main(["models", "list"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "* small    0.1 MB  needs 150 MB",
        f"    Apache-2.0, here: {directory / SMALL.files[0].name}",
        "  other    0.1 MB  needs 150 MB",
        "    Apache-2.0, not here",
    ]


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


def test_two_of_one_name_are_pulled_once_and_told_as_objects(
    directory: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With `--json` a program reads where each is; a directory may hold the files of several."""
    (tmp_path / "stick").mkdir()
    for model, data in ((SMALL, DATA), (OTHER, make_bytes(3, 100_000))):
        (tmp_path / "stick" / model.files[0].name).write_bytes(data)
    words = ["pull", "small", "other", "small", "--from", str(tmp_path / "stick"), "--source", "file", "--json"]
    assert main(["models", *words]) == 0
    outcomes = json.loads(capsys.readouterr().out)
    assert [(outcome["name"], outcome["path"]) for outcome in outcomes] == [
        (model.name, str(directory / model.files[0].name)) for model in (SMALL, OTHER)
    ]


def test_one_that_fails_does_not_keep_the_others(
    directory: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each failure is one sentence, and the exit code tells that there was one."""
    (tmp_path / "stick").mkdir()
    (tmp_path / "stick" / OTHER.files[0].name).write_bytes(make_bytes(3, 100_000))
    words = ["pull", "small", "other", "--from", str(tmp_path / "stick"), "--source", "file"]
    assert main(["models", *words]) == 1
    said = capsys.readouterr()
    assert "caro: `small` cannot be had" in said.err
    assert (directory / OTHER.files[0].name).exists()


def test_room_for_all_of_them_is_looked_for_first(
    directory: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where one fits and two do not, nothing is fetched."""
    little = shutil.disk_usage("/")._replace(free=150_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: little)
    assert main(["models", "pull", "small", "other"]) == 1
    assert "has 0.1 MB free, and the model needs 0.2 MB more" in capsys.readouterr().err
    assert list(directory.iterdir()) == []


def test_use_writes_the_setting_and_keeps_the_rest_of_the_file(
    directory: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Comments and order are the user's."""
    (directory / OTHER.files[0].name).write_bytes(make_bytes(3, 100_000))
    config = tmp_path / "none.toml"
    config.write_text("# mine\nthreads = 2  # two\n\nmodel = 'small' # was\nqueue = 3\n")
    assert main(["models", "use", "OTHER"]) == 0
    assert config.read_text() == '# mine\nthreads = 2  # two\n\nmodel = "other" # was\nqueue = 3\n'
    assert "`other` answers from the next request on" in capsys.readouterr().err


def test_use_of_what_is_not_here_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It says how to get it."""
    assert main(["models", "use", "other"]) == 1
    assert capsys.readouterr().err == "caro: The model `other` is not here yet.\n      caro models pull other\n"
    assert not (tmp_path / "none.toml").exists()


def test_use_takes_a_path_wherever_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The daemon lives in another directory, so the path is written whole."""
    (tmp_path / "mine.gguf").write_bytes(make_gguf())
    monkeypatch.chdir(tmp_path)
    assert main(["models", "use", "mine.gguf"]) == 0
    assert (tmp_path / "none.toml").read_text() == f'model = "{tmp_path / "mine.gguf"}"\n'


def test_use_says_when_the_environment_wins(
    directory: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file that nobody reads is no change."""
    (directory / OTHER.files[0].name).write_bytes(make_bytes(3, 100_000))
    monkeypatch.setenv("CARO_MODEL", "small")
    assert main(["models", "use", "other"]) == 0
    assert "unset CARO_MODEL" in capsys.readouterr().err


def test_rm_tells_what_it_freed_and_leaves_nothing(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The weights, what was remembered of them, and the beginning of a download."""
    name = OTHER.files[0].name
    (directory / name).write_bytes(make_bytes(3, 100_000))
    main(["models", "path", "other"])
    (directory / f"{name}.partial").write_bytes(bytes(50_000))
    (directory / "another.gguf").touch()
    assert main(["models", "rm", "other"]) == 0
    assert capsys.readouterr().err == "caro: removed `other`, 0.2 MB freed\n"
    assert sorted(path.name for path in directory.iterdir()) == ["another.gguf", f"{name}.lock"]


def test_rm_of_the_model_in_use_has_to_be_meant(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is said, and `--force` does it."""
    (directory / SMALL.files[0].name).write_bytes(DATA)
    assert main(["models", "rm", "small"]) == 1
    assert "`small` is the model in use, so nothing was removed." in capsys.readouterr().err
    assert (directory / SMALL.files[0].name).exists()
    assert main(["models", "rm", "small", "--force"]) == 0
    assert not (directory / SMALL.files[0].name).exists()


@pytest.mark.parametrize(("name", "said"), [("other", "`other` is not here"), ("~/mine.gguf", "is a file of yours")])
def test_rm_touches_nothing_else(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, said: str) -> None:
    """Neither what is not here nor a file of the user's."""
    (tmp_path / "mine.gguf").write_bytes(make_gguf())
    assert main(["models", "rm", name]) == 1
    assert said in capsys.readouterr().err
    assert (tmp_path / "mine.gguf").exists()


def test_rm_waits_for_nobody_who_fetches(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A download under way keeps what it has."""
    path = directory / OTHER.files[0].name
    path.write_bytes(DATA)
    with lock(path, wait=lambda: None):
        assert main(["models", "rm", "other"]) == 1
    assert "Another caro is fetching `other`." in capsys.readouterr().err
    assert path.exists()


def test_rm_frees_nothing_that_has_another_name(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A link to the cache that other tools share."""
    (directory / "cache").write_bytes(DATA)
    (directory / OTHER.files[0].name).hardlink_to(directory / "cache")
    assert main(["models", "rm", "other"]) == 0
    assert "0.0 MB freed; its bytes have another name elsewhere, and stay" in capsys.readouterr().err


def test_verify_reads_everything_again(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A memory of an earlier check does not count; damage is told, and the exit code says so."""
    path = directory / SMALL.files[0].name
    path.write_bytes(DATA)
    assert main(["models", "verify"]) == 0
    assert capsys.readouterr().out == f"small  right  {path}\n"
    before = path.stat()
    path.write_bytes(DATA[:-1] + bytes([DATA[-1] ^ 1]))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert main(["models", "verify", "small", "--json"]) == 1
    said = capsys.readouterr()
    assert [outcome["state"] for outcome in json.loads(said.out)] == ["damaged"]
    assert said.err == "caro: `small` is damaged; mend it: caro models pull small\n"


def test_verify_says_of_the_users_own_file_what_can_be_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No hash is known, but a broken head is seen."""
    (tmp_path / "mine.gguf").write_bytes(make_gguf())
    assert main(["models", "verify", "~/mine.gguf"]) == 0
    assert "no hash is known" in capsys.readouterr().err
    (tmp_path / "mine.gguf").write_bytes(make_gguf()[:-1])
    assert main(["models", "verify", "~/mine.gguf"]) == 1
    assert "is cut off" in capsys.readouterr().err


def test_verify_of_nothing_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing checked is not everything right."""
    assert main(["models", "verify"]) == 1
    assert capsys.readouterr().err == "caro: There is no model here to check.\n      caro models pull\n"


def test_info_of_a_name_that_no_file_can_have_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    """One sentence in its place, and no traceback."""
    assert main(["models", "info", f"{'x' * 5000}.gguf"]) == 0
    assert "cannot be read: File name too long" in capsys.readouterr().out


def test_info_has_all_of_the_entry(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """For people a fact a line, for programs one object."""
    (directory / SMALL.files[0].name).write_bytes(DATA)
    assert main(["models", "info", "small"]) == 0
    lines = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert (lines["name"], lines["licence"], lines["sha256"]) == ("small", "Apache-2.0", SMALL.files[0].sha256)
    assert main(["models", "info", "small", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["path"], facts["verified"], facts["repo"]) == (str(directory / SMALL.files[0].name), True, SMALL.repo)
    assert facts["files"][0]["sha256"] == SMALL.files[0].sha256


def test_a_bundle_carries_models_to_a_machine_without_a_network(
    directory: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Out of one directory of weights, into another; the bundle says itself how."""
    (directory / SMALL.files[0].name).write_bytes(DATA)
    bundle = tmp_path / "stick"
    assert main(["models", "export", str(bundle)]) == 0
    assert "caro models import" in (bundle / "README.txt").read_text()
    monkeypatch.setenv("CARO_MODELS_DIR", str(tmp_path / "elsewhere"))
    assert main(["models", "import", str(bundle)]) == 0
    assert "imported `small`" in capsys.readouterr().err
    assert main(["models", "path"]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'elsewhere' / SMALL.files[0].name}\n"


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["lsit"],
        ["list", "--jsn"],
        ["path", "a", "b"],
        ["pull", "--source", "moon"],
        ["pull", "--from"],
        ["rm"],
        ["use"],
        ["export"],
        ["requantize", "small", "q5_0"],
    ],
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
