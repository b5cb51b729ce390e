"""The catalogue: every size, every quantisation, nothing invented."""

import re
from pathlib import Path

import pytest

from caro_shell.config import Settings
from caro_shell.models.catalogue import Model, read_catalogue
from caro_shell.models.progress import size_text

MODELS = read_catalogue()
USUAL = {name: model for name, model in MODELS.items() if ":" not in name}


def test_every_size_is_in_it_and_the_default_among_them() -> None:
    """Four sizes of one family, and one last resort."""
    assert list(USUAL) == ["tiny", "small", "large", "xl", "smollm2"]
    assert Settings().model in USUAL
    assert [name for name, model in MODELS.items() if model.last_resort] == ["smollm2"]


@pytest.mark.parametrize("model", USUAL.values(), ids=list(USUAL))
def test_the_usual_file_of_every_size_is_pinned(model: Model) -> None:
    """What a user gets by a plain name has its size and hash here; nobody has to be asked."""
    assert model.is_pinned
    assert model.bytes > 50_000_000


@pytest.mark.parametrize("model", MODELS.values(), ids=list(MODELS))
def test_what_is_known_of_a_model_is_well_formed(model: Model) -> None:
    """A commit, a licence, file names of its own, and hashes that are hashes or empty."""
    assert re.fullmatch("[0-9a-f]{40}", model.revision)
    assert model.licence
    assert model.quantisation.upper() in model.title
    for file in model.files:
        assert re.fullmatch(r"[\w.-]+\.gguf", file.name)
        assert re.fullmatch("([0-9a-f]{64})?", file.sha256)
    assert (model.memory_need > model.bytes) == (model.bytes > 0)


def test_no_two_models_share_a_file_or_a_hash() -> None:
    """A hash copied to the wrong line would let the wrong bytes in."""
    files = [file for model in MODELS.values() for file in model.files]
    assert len({file.name for file in files}) == len(files)
    hashes = [file.sha256 for file in files if file.sha256]
    assert len(set(hashes)) == len(hashes)


def test_the_three_billion_are_under_their_own_licence() -> None:
    """Qwen2.5 3B is for research; everything else is Apache-2.0."""
    licences = {name: model.licence for name, model in USUAL.items()}
    assert licences.pop("large") == "Qwen Research"
    assert set(licences.values()) == {"Apache-2.0"}


def test_a_model_in_several_files_has_them_in_order() -> None:
    """As llama.cpp wants them: it loads the first and finds the others."""
    assert [file.name for file in MODELS["xl:q5_0"].files] == [
        "qwen2.5-coder-7b-instruct-q5_0-00001-of-00002.gguf",
        "qwen2.5-coder-7b-instruct-q5_0-00002-of-00002.gguf",
    ]


@pytest.mark.parametrize("name", ["tiny", "small", "smollm2"])
def test_every_piece_in_the_package_index_has_a_name(name: str) -> None:
    """So many wheels as there are pieces, each with its own."""
    chunks = MODELS[name].chunks
    assert chunks
    names = {(chunks.package.format(n=n), chunks.member.format(n=n)) for n in range(1, chunks.count + 1)}
    assert len(names) == chunks.count


def test_the_page_about_models_says_what_the_catalogue_says() -> None:
    """Every size with its room on the disk and its licence."""
    page = (Path(__file__).parents[2] / "docs" / "models.md").read_text()
    for name, model in USUAL.items():
        (row,) = [line for line in page.splitlines() if line.startswith(f"| `{name}`") and line.count("|") == 6]
        assert size_text(model.bytes) in row
        assert model.licence in row
        assert f"{model.memory_need / 1e9:.1f} GB" in row
