"""What a model is called: text in, form and meaning out."""

import pytest

from caro_shell.errors import ModelError
from caro_shell.models.reference import Kind, from_hub, from_url, is_own_file, kind_of, split_of

HASH = "a1" * 32


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("auto", Kind.AUTO),
        ("small", Kind.NAME),
        ("small:q8_0", Kind.NAME),
        ("small:q4_0-requantized", Kind.NAME),
        ("/models/mine.gguf", Kind.PATH),
        ("./mine.gguf", Kind.PATH),
        ("mine.gguf", Kind.PATH),
        ("MINE.GGUF", Kind.PATH),
        ("~/mine.gguf", Kind.PATH),
        ("~", Kind.PATH),
        ("models/mine", Kind.PATH),
        ("/models/odd:name.gguf", Kind.PATH),
        ("./owner/repo:mine.gguf", Kind.PATH),
        ("../repo:mine.gguf", Kind.PATH),
        ("a/b/c:d.gguf", Kind.PATH),
        ("Qwen/Qwen2.5-Coder-3B-Instruct-GGUF:qwen2.5-coder-3b-instruct-q5_0.gguf", Kind.HUB),
        ("owner/repo:BF16/part-00001-of-00002.gguf", Kind.HUB),
        ("owner/repo:README.md", Kind.PATH),
        (f"https://host/x.gguf#sha256={HASH}", Kind.URL),
        ("http://host/x.gguf", Kind.URL),
        ("file:///x.gguf", Kind.URL),
    ],
)
def test_a_name_is_told_by_its_form(name: str, kind: Kind) -> None:
    """Nothing is looked up, so the same name means the same everywhere."""
    assert kind_of(name) is kind
    assert is_own_file(name) is (kind is Kind.PATH)


def test_a_file_of_the_hub_gets_a_name_of_its_own() -> None:
    """Two repositories may have files of one name; ours differ."""
    first, second = from_hub("one/repo:x.gguf"), from_hub("two/repo:x.gguf")
    assert first.files[0].name == "hub--one--repo--x.gguf"
    assert first.files[0].name != second.files[0].name
    assert (first.repo, first.files[0].remote, first.is_pinned) == ("one/repo", "x.gguf", False)


def test_any_part_stands_for_the_whole_of_a_split_model() -> None:
    """The name is that of the first part, whichever was named; each keeps the end that llama.cpp looks for."""
    model = from_hub("owner/repo:BF16/x-00002-of-00003.gguf")
    assert model.name == "owner/repo:BF16/x-00001-of-00003.gguf"
    assert [file.remote for file in model.files] == [f"BF16/x-0000{n}-of-00003.gguf" for n in (1, 2, 3)]
    assert [file.name for file in model.files] == [
        f"hub--owner--repo--BF16--x-0000{n}-of-00003.gguf" for n in (1, 2, 3)
    ]


@pytest.mark.parametrize("name", ["x.gguf", "x-00004-of-00003.gguf", "x-00000-of-00002.gguf", "x-1-of-2.gguf"])
def test_other_names_are_no_parts(name: str) -> None:
    """Only llama.cpp's own pattern, with a number that can be."""
    assert split_of(name) == ()


def test_an_address_brings_its_hash() -> None:
    """The file's name comes from the address, made safe, and the hash keeps two of one name apart."""
    model = from_url(f"https://host/a/My%20Model.gguf?token=1#sha256={HASH.upper()}")
    assert (model.url, model.files[0].sha256) == ("https://host/a/My%20Model.gguf?token=1", HASH)
    assert model.files[0].name == f"url--{HASH[:12]}--My-Model.gguf"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("https://host/x.gguf", "does not bring its SHA-256"),
        ("https://host/x.gguf#sha256=abc", "does not bring its SHA-256"),
        (f"http://host/x.gguf#sha256={HASH}", "not fetched by http, only by https"),
        (f"ftp://host/x.gguf#sha256={HASH}", "not fetched by ftp"),
        (f"https://me:secret@host/x.gguf#sha256={HASH}", "must not hold a password"),
        (f"https://host/x.bin#sha256={HASH}", "is not the address of a GGUF file"),
        (f"https://host/x-00001-of-00002.gguf#sha256={HASH}", "no one hash"),
    ],
)
def test_an_address_that_cannot_be_trusted_is_refused_in_one_sentence(name: str, said: str) -> None:
    """Without encryption or a hash nothing is fetched; a password is not repeated."""
    with pytest.raises(ModelError, match=said) as caught:
        from_url(name)
    assert "secret" not in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("name", ["owner/repo:../../x.gguf", "owner/repo:.gguf", "o/..r:x.gguf"])
def test_no_name_of_the_hub_leads_out_of_our_directory(name: str) -> None:
    """What cannot be a file there is refused; what remains has no directory in it."""
    try:
        assert "/" not in from_hub(name).files[0].name
    except ModelError as error:
        assert "no file of the hub" in error.message  # noqa: PT017  either will do
