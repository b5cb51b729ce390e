"""Finding weights: by name or path, with the right hash, quickly."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from fake_sources import CHECKOUT, make_bytes, make_gguf, make_model

from caro_shell import paths
from caro_shell.config import Settings
from caro_shell.errors import ModelError
from caro_shell.models import checksum
from caro_shell.models.store import find_model, make_models_dir, models_dir

DATA = make_bytes(size=100_000)
MODEL = make_model(DATA)
CATALOGUE = {MODEL.name: MODEL}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return settings whose directory of weights holds the model."""
    directory = tmp_path / "models"
    directory.mkdir()
    (directory / MODEL.files[0].name).write_bytes(DATA)
    return Settings(models_dir=str(directory))


def place(settings: Settings) -> Path:
    """Return where the model lies."""
    return models_dir(settings) / MODEL.files[0].name


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names of the files that have been hashed so far."""
    names: list[str] = []
    real = checksum.file_sha256

    def count(path: Path, report: None = None) -> str:
        names.append(path.name)
        return real(path, report)

    monkeypatch.setattr(checksum, "file_sha256", count)
    return names


def test_a_model_is_found_by_its_name(settings: Settings) -> None:
    """The weights know their path, name, title and hash."""
    weights = find_model("mini", settings, CATALOGUE)
    assert (weights.path, weights.name, weights.title) == (place(settings), "mini", "The mini model")
    assert (weights.sha256, weights.model, weights.stands_in_for) == (MODEL.files[0].sha256, MODEL, "")


def test_a_model_that_is_not_here_is_said_with_the_command_that_fetches_it(settings: Settings) -> None:
    """The next step can be typed as it stands."""
    place(settings).unlink()
    with pytest.raises(ModelError, match="`mini` is not here yet") as caught:
        find_model("mini", settings, CATALOGUE)
    assert caught.value.hint == "caro models pull mini"


def test_a_slip_in_a_name_is_answered_with_the_name(settings: Settings) -> None:
    """The nearest name is offered."""
    with pytest.raises(ModelError, match="no model called `smal`") as caught:
        find_model("smal", settings)
    assert caught.value.hint == "Did you mean `small`?"


def test_a_right_check_is_remembered(settings: Settings, hashed: list[str]) -> None:
    """The second load hashes nothing; the memory is the user's alone."""
    find_model("mini", settings, CATALOGUE)
    find_model("mini", settings, CATALOGUE)
    assert hashed == [MODEL.files[0].name]
    assert checksum.memory_path(place(settings)).stat().st_mode & 0o777 == 0o600


def test_a_file_that_changes_is_checked_again_and_refused(settings: Settings) -> None:
    """A memory of the old bytes does not vouch for new ones of the same size."""
    find_model("mini", settings, CATALOGUE)
    before = place(settings).stat()
    place(settings).write_bytes(DATA[:-1] + bytes([DATA[-1] ^ 1]))
    os.utime(place(settings), ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    with pytest.raises(ModelError, match="is damaged") as caught:
        find_model("mini", settings, CATALOGUE)
    assert caught.value.hint == "caro models pull mini"


def test_a_file_whose_time_was_set_back_is_checked_again(settings: Settings) -> None:
    """Anybody who may write it can do that; the time of the last change is the system's own."""
    find_model("mini", settings, CATALOGUE)
    before = place(settings).stat()
    # Until the clock of the file system has gone on.
    while place(settings).stat().st_ctime_ns == before.st_ctime_ns:
        place(settings).write_bytes(DATA[:-1] + bytes([DATA[-1] ^ 1]))
        os.utime(place(settings), ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(ModelError, match="is damaged"):
        find_model("mini", settings, CATALOGUE)


def test_a_file_that_is_replaced_is_checked_again_though_its_time_is_the_same(settings: Settings) -> None:
    """Another file under the same name is another file."""
    find_model("mini", settings, CATALOGUE)
    before = place(settings).stat()
    other = place(settings).with_name("other")
    other.write_bytes(DATA[:-1] + bytes([DATA[-1] ^ 1]))
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.replace(place(settings))
    with pytest.raises(ModelError, match="is damaged"):
        find_model("mini", settings, CATALOGUE)


@pytest.mark.parametrize("text", ["", "no json", "[]", '{"size": 1}'])
def test_a_memory_that_makes_no_sense_is_no_memory(settings: Settings, hashed: list[str], text: str) -> None:
    """A damaged memory costs a second, nothing else."""
    checksum.memory_path(place(settings)).write_text(text)
    find_model("mini", settings, CATALOGUE)
    assert hashed == [MODEL.files[0].name]


def test_a_memory_by_another_user_is_no_memory(
    settings: Settings, hashed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what we have checked ourselves is believed."""
    find_model("mini", settings, CATALOGUE)
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    find_model("mini", settings, CATALOGUE)
    assert hashed == [MODEL.files[0].name, MODEL.files[0].name]


def test_a_wrong_size_is_refused_without_hashing(settings: Settings, hashed: list[str]) -> None:
    """Half a file is seen at a glance."""
    place(settings).write_bytes(DATA[:1000])
    with pytest.raises(ModelError, match="is damaged"):
        find_model("mini", settings, CATALOGUE)
    assert hashed == []


def test_a_beginning_of_a_download_is_never_the_model(settings: Settings) -> None:
    """Even all of the bytes do not count under another name."""
    place(settings).rename(checksum.beside(place(settings), ".partial"))
    with pytest.raises(ModelError, match="not here yet"):
        find_model("mini", settings, CATALOGUE)


def test_a_file_of_the_user_is_taken_by_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Absolute, relative or from the home directory: it is the same file, and no hash is claimed for it."""
    mine = tmp_path / "Mine.GGUF"
    mine.write_bytes(make_gguf())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in (str(mine), "./Mine.GGUF", "Mine.GGUF", "~/Mine.GGUF"):
        weights = find_model(name, Settings())
        assert (weights.path, weights.sha256, weights.model) == (mine, None, None)


@pytest.mark.parametrize(("content", "said"), [(b"PK\3\4", "is not a GGUF file"), (None, "cannot be read")])
def test_a_path_that_holds_no_weights_is_refused(tmp_path: Path, content: bytes | None, said: str) -> None:
    """A wrong file is named before an engine chokes on it."""
    path = tmp_path / "weights.gguf"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError, match=said):
        find_model(str(path), Settings())


def test_our_own_directory_is_private_and_one_of_the_users_stays_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A directory that the user has chosen may be shared on purpose."""
    monkeypatch.setattr(paths, "data_dir", lambda: str(tmp_path / "data" / "caro"))
    ours = make_models_dir(Settings())
    assert ours.stat().st_mode & 0o777 == 0o700
    ours.chmod(0o755)
    assert make_models_dir(Settings()).stat().st_mode & 0o777 == 0o700
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    theirs.chmod(0o755)
    assert make_models_dir(Settings(models_dir=str(theirs))).stat().st_mode & 0o777 == 0o755


def test_finding_weights_imports_nothing_heavy(tmp_path: Path) -> None:
    """The daemon pays for it at every load."""
    mine = tmp_path / "mine.gguf"
    mine.write_bytes(make_gguf())
    program = (
        "import sys; from caro_shell.config import Settings; from caro_shell.models.store import find_model;"
        f"find_model({str(mine)!r}, Settings());"
        "print(*{'huggingface_hub', 'llama_cpp', 'numpy', 'subprocess', 'zipfile'} & set(sys.modules))"
    )
    environ = os.environ | {"PYTHONPATH": str(CHECKOUT)}
    done = subprocess.run([sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
