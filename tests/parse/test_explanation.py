"""An explanation is plain sentences, whatever the model makes of it."""

import pytest

from caro_shell.errors import Unusable
from caro_shell.parse.explanation import parse_explanation, plain


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
