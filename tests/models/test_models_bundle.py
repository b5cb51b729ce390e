"""Offline bundles: what may go in, and what is never taken out."""

import io
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fake_sources import make_bytes, make_model

from caro_shell.config import Settings
from caro_shell.errors import ModelError
from caro_shell.models import record
from caro_shell.models.bundle import MANIFEST, export, import_all
from caro_shell.models.catalogue import Catalogue, File, Model
from caro_shell.models.reference import from_hub
from caro_shell.models.store import find_model

DATA, PART = make_bytes(1, 100_000), make_bytes(2, 80_000)
MODEL = make_model(DATA)
# Not in the catalogue at all, and in two parts.
SPLIT = from_hub("owner/repo:big-00001-of-00002.gguf")
# In the catalogue, but without a hash.
OPEN = replace(make_model(PART, "open"), files=(File("open.gguf"),))
CATALOGUE: Catalogue = {"mini": MODEL, "open": OPEN}


def pinned(model: Model, *contents: bytes) -> Model:
    """Return `model` with the hashes of these contents."""
    files = (
        replace(file, bytes=len(data), sha256=make_model(data).files[0].sha256)
        for file, data in zip(model.files, contents, strict=True)
    )
    return replace(model, files=tuple(files), revision="c" * 40)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return settings whose directory holds all three models."""
    here = tmp_path / "here"
    here.mkdir()
    for model, contents in ((MODEL, [DATA]), (pinned(SPLIT, DATA, PART), [DATA, PART]), (pinned(OPEN, PART), [PART])):
        for file, data in zip(model.files, contents, strict=True):
            (here / file.name).write_bytes(data)
        record.write(model, here / model.files[0].name)
    return Settings(models_dir=str(here))


@pytest.fixture
def bundle(tmp_path: Path, settings: Settings) -> Path:
    """Return a bundle of all three."""
    export([MODEL, pinned(SPLIT, DATA, PART), pinned(OPEN, PART)], tmp_path / "stick", settings, io.StringIO())
    return tmp_path / "stick"


@pytest.fixture
def other(tmp_path: Path) -> Settings:
    """Return the settings of the other machine."""
    return Settings(models_dir=str(tmp_path / "there"))


def edit(bundle: Path, number: int, **changes: object) -> None:
    """Change what the manifest says of the first file of a model."""
    manifest: dict[str, Any] = json.loads((bundle / MANIFEST).read_text())
    manifest["models"][number]["files"][0].update(changes)
    (bundle / MANIFEST).write_text(json.dumps(manifest))


def taken(settings: Settings) -> list[str]:
    """Return the files of weights that the other machine has."""
    return sorted(path.name for path in Path(settings.models_dir).glob("*.gguf"))


def test_everything_that_was_exported_is_found_on_the_other_machine(bundle: Path, other: Settings) -> None:
    """Of the catalogue, of the hub, in parts; all without a network."""
    assert [model.name for model in import_all(bundle, other, CATALOGUE, io.StringIO())] == ["mini", SPLIT.name, "open"]
    assert find_model("mini", other, CATALOGUE).path.read_bytes() == DATA
    assert find_model("open", other, CATALOGUE).path.read_bytes() == PART
    assert find_model(SPLIT.name, other, CATALOGUE).path.name == "hub--owner--repo--big-00001-of-00002.gguf"


def test_a_bundle_grows_and_copies_nothing_twice(bundle: Path, settings: Settings) -> None:
    """What it has stays, and is right already."""
    before = (bundle / "mini.gguf").stat().st_ino
    export([MODEL], bundle, settings, io.StringIO())
    assert (bundle / "mini.gguf").stat().st_ino == before
    assert len(json.loads((bundle / MANIFEST).read_text())["models"]) == 3


def test_a_link_that_somebody_has_put_there_leads_nowhere(tmp_path: Path, settings: Settings) -> None:
    """A bundle may be made where others can write."""
    mine, stick = tmp_path / "mine", tmp_path / "open"
    mine.write_text("mine")
    stick.mkdir()
    (stick / "mini.gguf.partial").symlink_to(mine)
    (stick / f"{MANIFEST}.{os.getpid()}.new").symlink_to(mine)
    with pytest.raises(ModelError):
        export([MODEL], stick, settings, io.StringIO())
    assert (stick / "mini.gguf").read_bytes() == DATA
    assert mine.read_text() == "mine"


def test_what_is_not_here_cannot_be_exported(tmp_path: Path, other: Settings) -> None:
    """Nor is an empty bundle left behind."""
    with pytest.raises(ModelError, match="is not here yet"):
        export([MODEL], tmp_path / "stick2", other, io.StringIO())
    assert not (tmp_path / "stick2").exists()


def test_weights_that_were_changed_on_the_way_are_not_taken(bundle: Path, other: Settings) -> None:
    """A stick that lies about one byte."""
    (bundle / "mini.gguf").write_bytes(DATA[:-1] + b"?")
    with pytest.raises(ModelError, match="its bytes are wrong"):
        import_all(bundle, other, CATALOGUE, io.StringIO())
    assert taken(other) == []


def test_a_manifest_that_contradicts_the_catalogue_is_not_believed(bundle: Path, other: Settings) -> None:
    """With bytes to match; nothing of the bundle is taken, not even what is right."""
    forged = make_bytes(9, 100_000)
    (bundle / "mini.gguf").write_bytes(forged)
    edit(bundle, 0, sha256=make_model(forged).files[0].sha256)
    with pytest.raises(ModelError, match="`mini` is not the one that is known here"):
        import_all(bundle, other, CATALOGUE, io.StringIO())
    assert taken(other) == []


@pytest.mark.parametrize("name", ["../mini.gguf", "/etc/passwd.gguf", ".hidden.gguf", "mini.sh", ""])
def test_a_manifest_leads_nowhere_else(bundle: Path, other: Settings, name: str) -> None:
    """A file's name is a plain one of a GGUF file, or there is no import."""
    edit(bundle, 0, name=name)
    with pytest.raises(ModelError, match="cannot be used"):
        import_all(bundle, other, CATALOGUE, io.StringIO())
    assert taken(other) == []


def test_a_model_cannot_take_the_file_of_another(bundle: Path, other: Settings) -> None:
    """What it is called decides what its file is called."""
    edit(bundle, 2, name="mini.gguf")
    with pytest.raises(ModelError, match="`open` is not the one that is known here"):
        import_all(bundle, other, CATALOGUE, io.StringIO())


@pytest.mark.parametrize("key", ["name", "title", "about"])
def test_a_manifest_says_nothing_to_the_terminal(bundle: Path, other: Settings, key: str) -> None:
    """A name is shown, and somebody else has written it."""
    manifest: dict[str, Any] = json.loads((bundle / MANIFEST).read_text())
    manifest["models"][1][key] = "owner/repo:\x1b]0;x\x07.gguf"
    (bundle / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(ModelError, match="control characters") as caught:
        import_all(bundle, other, CATALOGUE, io.StringIO())
    assert caught.value.message.isprintable()
    assert taken(other) == []


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"format": "\\u001b]0;x\\u0007"}',
        "",
        "[]",
        "{}",
        '{"format": 1}',
        '{"format": 1, "models": [{}]}',
        '{"format": 7}',
    ],
    ids=lambda text: text[:20].encode().hex(),
)
def test_a_manifest_that_makes_no_sense_is_one_sentence(tmp_path: Path, other: Settings, text: str) -> None:
    """And no traceback."""
    (tmp_path / MANIFEST).write_text(text)
    with pytest.raises(ModelError) as caught:
        import_all(tmp_path, other, CATALOGUE, io.StringIO())
    assert caught.value.message.isprintable()


def test_a_directory_that_is_no_bundle_is_said(tmp_path: Path, other: Settings) -> None:
    """With how to make one."""
    with pytest.raises(ModelError, match="is no bundle") as caught:
        import_all(tmp_path, other, CATALOGUE, io.StringIO())
    assert "caro models export" in caught.value.hint
