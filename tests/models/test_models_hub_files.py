"""What the catalogue does not pin: files of the hub by name, quantisations without a hash here, split models."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fake_sources import REPO, Home, Server, make_bytes, make_model, serving

from caro_shell.config import Settings
from caro_shell.errors import ModelError
from caro_shell.models import checksum, record
from caro_shell.models.catalogue import Catalogue, File, Model
from caro_shell.models.reference import from_hub
from caro_shell.models.store import find_model

ONE, TWO = make_bytes(1, 100_000), make_bytes(2, 70_000)
NAME = f"{REPO}:own-q5_0.gguf"
SPLIT = f"{REPO}:big-00001-of-00002.gguf"
# An entry of the catalogue whose hash nobody has told us.
OPEN = replace(make_model(ONE, "mini"), name="mini:q5_0", files=(File("mini-q5_0.gguf"),), chunks=None)


@pytest.fixture
def server() -> Iterator[Server]:
    """Return a hub with a file, one in two parts, and one that the catalogue knows by name only."""
    with serving() as server:
        server.files |= {"/cdn/own-q5_0.gguf": ONE, "/cdn/mini-q5_0.gguf": ONE}
        server.files |= {"/cdn/big-00001-of-00002.gguf": ONE, "/cdn/big-00002-of-00002.gguf": TWO}
        yield server


@pytest.fixture
def home(tmp_path: Path, server: Server) -> Home:
    """Return a home whose hub is the server."""
    (tmp_path / "wheels").mkdir()
    return Home(tmp_path, server.address)


def settings(home: Home) -> Settings:
    """Return settings that keep the weights in the home."""
    return Settings(models_dir=str(home.models))


def find(home: Home, name: str, *models: Model) -> Path:
    """Return where the weights called `name` were found."""
    catalogue: Catalogue = {model.name: model for model in models or (OPEN,)}
    return find_model(name, settings(home), catalogue).path


def test_a_file_of_the_hub_is_pinned_by_what_the_hub_says(home: Home) -> None:
    """Its LFS hash and the commit are recorded beside it, and every later check is against them, offline."""
    done = home.pull([from_hub(NAME)])
    assert done.returncode == 0, done.stderr
    path = find(home, NAME)
    assert path.read_bytes() == ONE
    known = json.loads(record.record_path(path).read_text())
    assert (known["revision"], known["files"][0]["sha256"]) == ("c" * 40, hashlib.sha256(ONE).hexdigest())
    path.write_bytes(ONE[:-1] + b"?")
    with pytest.raises(ModelError, match="is damaged"):
        find(home, NAME)


def test_the_bytes_come_from_the_commit_that_was_resolved(home: Home, server: Server) -> None:
    """A branch that moves between the hub's word and the bytes changes nothing."""
    home.pull([from_hub(NAME)])
    asked = [path for verb, path, _ in server.requests if verb == "GET" and path.startswith(f"/{REPO}")]
    assert asked == [f"/{REPO}/resolve/{'c' * 40}/own-q5_0.gguf"]


def test_a_file_of_the_hub_that_is_not_here_yet_is_said(home: Home) -> None:
    """The next step can be typed as it stands."""
    with pytest.raises(ModelError, match="is not here yet") as caught:
        find(home, NAME)
    assert caught.value.hint == f"caro models pull {NAME}"


def test_weights_without_a_record_are_of_unknown_origin(home: Home) -> None:
    """A file that somebody has put there under the right name does not count."""
    home.pull([from_hub(NAME)])
    record.record_path(find(home, NAME)).unlink()
    with pytest.raises(ModelError, match="is not here yet"):
        find(home, NAME)


def test_a_record_by_another_user_does_not_count(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what we have established ourselves is believed."""
    home.pull([from_hub(NAME)])
    monkeypatch.setattr("os.getuid", lambda: 12345)
    with pytest.raises(ModelError, match="is not here yet"):
        find(home, NAME)


def test_wrong_bytes_are_dropped(home: Home, server: Server) -> None:
    """The hub's own hash binds the host of the bytes."""
    server.etag = "0" * 64
    done = home.pull([from_hub(NAME)])
    assert done.returncode == 1
    assert "its bytes are wrong" in done.stderr
    with pytest.raises(ModelError, match="is not here yet"):
        find(home, NAME)


def test_a_hub_that_says_no_hash_gives_nothing(home: Home, server: Server) -> None:
    """A file outside of LFS has no SHA-256, so nothing could be checked."""
    server.etag = "abc"
    done = home.pull([from_hub(NAME)])
    assert done.returncode == 1
    assert "does not say the SHA-256" in done.stderr
    assert server.gets() == []


def test_a_split_model_is_pulled_and_checked_as_a_whole(home: Home) -> None:
    """The path is the first part's, and damage to any part is seen."""
    done = home.pull([from_hub(SPLIT)])
    assert done.returncode == 0, done.stderr
    first = find(home, SPLIT)
    second = first.with_name(first.name.replace("-00001-", "-00002-"))
    assert (first.read_bytes(), second.read_bytes()) == (ONE, TWO)
    assert done.stdout == f"{first}\n"
    second.write_bytes(TWO[:-1] + b"?")
    with pytest.raises(ModelError, match=r"big-00002-of-00002\.gguf is damaged"):
        find(home, SPLIT)
    second.unlink()
    with pytest.raises(ModelError, match="is not here yet"):
        find(home, SPLIT)


def test_a_split_model_goes_on_with_the_part_that_is_missing(home: Home, server: Server) -> None:
    """What is here is not fetched again."""
    gone = server.files.pop("/cdn/big-00002-of-00002.gguf")
    assert home.pull([from_hub(SPLIT)]).returncode == 1
    server.files["/cdn/big-00002-of-00002.gguf"] = gone
    assert home.pull([from_hub(SPLIT)]).returncode == 0
    server.requests.clear()
    first = find(home, SPLIT)
    first.with_name(first.name.replace("-00001-", "-00002-")).unlink()
    assert home.pull([from_hub(SPLIT)]).returncode == 0
    assert [path for verb, path, _ in server.requests if verb == "GET" and path.startswith("/cdn/")] == [
        "/cdn/big-00002-of-00002.gguf"
    ]


def test_an_entry_without_a_hash_takes_the_hubs_at_its_own_commit(home: Home) -> None:
    """The catalogue's commit is asked for, and a record of another commit does not count."""
    pinned = replace(OPEN, revision="c" * 40)
    done = home.pull([pinned])
    assert done.returncode == 0, done.stderr
    assert find(home, "mini:q5_0", pinned).read_bytes() == ONE
    with pytest.raises(ModelError, match="not here yet"):
        find(home, "mini:q5_0", replace(pinned, revision="d" * 40))


def test_without_the_hub_nobody_knows_what_it_must_be(tmp_path: Path) -> None:
    """One sentence, and the way for machines without a network."""
    done = Home(tmp_path).pull([OPEN])
    assert done.returncode == 1
    *_, sentence, hint = done.stderr.splitlines()
    assert "its size and SHA-256 are not known here" in sentence
    assert "caro models import" in hint


def test_what_is_here_needs_no_hub_any_more(home: Home) -> None:
    """A second pull finds the record, and asks nobody."""
    home.pull([from_hub(NAME)])
    done = Home(home.root).pull([from_hub(NAME)])
    assert (done.returncode, len(done.stderr.splitlines())) == (0, 1), done.stderr


def test_the_cache_of_the_hub_knows_the_hash_too(home: Home, server: Server) -> None:
    """HF_HUB_OFFLINE and a file that another tool has fetched are enough."""
    sha256, commit = hashlib.sha256(ONE).hexdigest(), "e" * 40
    cache = home.root / "hf" / "hub" / f"models--{REPO.replace('/', '--')}"
    for place, data in (("refs/main", commit.encode()), (f"blobs/{sha256}", ONE)):
        (cache / place).parent.mkdir(parents=True, exist_ok=True)
        (cache / place).write_bytes(data)
    snapshot = cache / "snapshots" / commit
    snapshot.mkdir(parents=True)
    (snapshot / "own-q5_0.gguf").symlink_to(f"../../blobs/{sha256}")
    done = Home(home.root, home.endpoint, extra={"HF_HUB_OFFLINE": "1"}).pull([from_hub(NAME)])
    assert done.returncode == 0, done.stderr
    path = find(home, NAME)
    assert path.samefile(cache / "blobs" / sha256)
    assert json.loads(record.record_path(path).read_text())["revision"] == commit
    assert server.requests == []


@pytest.mark.parametrize(
    "spoiled",
    ["", "[]", '{"name": 1}', "name", "files", "hash", "size"],
)
def test_a_record_that_makes_no_sense_is_no_record(home: Home, spoiled: str) -> None:
    """It never leads to another file, and never lets one in without a hash."""
    home.pull([from_hub(NAME)])
    path = find(home, NAME)
    values = json.loads(record.record_path(path).read_text())
    changes = {
        "name": lambda: values["files"][0].update(name="../x.gguf"),
        "files": lambda: values.update(files=[]),
        "hash": lambda: values["files"][0].update(sha256=""),
        "size": lambda: values["files"][0].update(bytes=-1),
    }
    if spoiled in changes:
        changes[spoiled]()
        spoiled = json.dumps(values)
    checksum.write_private(record.record_path(path), spoiled)
    with pytest.raises(ModelError, match="is not here yet"):
        find(home, NAME)
