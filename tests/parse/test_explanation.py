"""An explanation is plain sentences, whatever the model makes of it."""

import pytest

from caro_shell.errors import Unusable
from caro_shell.parse.explanation import Explained, parse_explained, parse_explanation, plain


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("It **lists** `files`.", "It lists files."),
        ("```\nls\n```\nLists.", "ls\nLists."),
        ("# Head\n- one\n* two\n1. three", "Head\n· one\n· two\n· three"),
        ("a\r\n\r\n b\t c", "a\n b   c"),
        ("\x1b[31mred\x07 \u202eevil", "[31mred evil"),
        ("日本語。", "日本語。"),
    ],
)
def test_markup_and_control_characters_are_dropped(raw: str, shown: str) -> None:
    """What is left is fit for a terminal."""
    assert plain(raw) == shown
    assert parse_explanation(raw, ended=True) == shown


def test_one_that_was_cut_off_ends_with_a_sentence() -> None:
    """Half a sentence says something else at times."""
    assert parse_explanation("One. Two.5 is it! And th", ended=False) == "One. Two.5 is it!"
    assert parse_explanation("没有了。还有", ended=False) == "没有了。还有 …"
    assert parse_explanation("No end", ended=False) == "No end …"


@pytest.mark.parametrize("raw", ["", "  \n", "```\n```", "\x1b"])
def test_nothing_is_refused(raw: str) -> None:
    """With what to do next."""
    with pytest.raises(Unusable, match="no explanation"):
        parse_explanation(raw, ended=True)


@pytest.mark.parametrize(
    ("raw", "explained"),
    [
        ("It lists.\n1. the directory\n2. another", Explained("It lists.", ("the directory", "another"))),
        (
            "It lists.\n1. `src`: the directory.\n2) **-x** - an option",
            Explained("It lists.", ("the directory", "an option")),
        ),
        ("2. second\n1. first\n2. again\nprose", Explained("", ("first", "second"))),
        ("It lists.\n1. src\n3. nobody asked", Explained("It lists.\n", ("", ""))),
        ("It lists.", Explained("It lists.", ("", ""))),
        ("- 1. \x1b[31mred\x07 \u202eevil\n", Explained("", ("[31mred evil", ""))),
    ],
)
def test_what_is_said_of_parts_is_told_from_what_is_said_of_the_whole(raw: str, explained: Explained) -> None:
    """By the numbers; what was not asked for is left out, and the first that is said of a part counts."""
    found = parse_explained(raw, ["src", "-x"], ended=True)
    assert (found.text, found.parts) == (explained.text.strip(), explained.parts)


def test_a_part_that_was_cut_off_says_so() -> None:
    """Only the last line can have been."""
    assert parse_explained("A.\n1. whole\n2. ha", ["a", "b"], ended=False).parts == ("whole", "ha …")
    with pytest.raises(Unusable, match="no explanation"):
        parse_explained("1. \n", ["a"], ended=True)
