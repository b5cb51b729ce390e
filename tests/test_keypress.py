"""Where things are drawn below a line, and what of a prompt takes room: text in, numbers out."""

import pytest

from caro_shell.keypress.below import as_shown, clipped, colour_of, place_of, width_of
from caro_shell.keypress.detached import rows_down, visible
from caro_shell.keypress.press import Press
from caro_shell.keypress.view import wrapped


@pytest.mark.parametrize(
    ("text", "columns"),
    [("", 0), ("abc", 3), ("日本", 4), ("e\u0301", 1), ("📁", 2), ("👩\u200d👧", 4), ("ｱ", 1)],
)
def test_wide_and_combining_characters_take_their_columns(text: str, columns: int) -> None:
    """As terminals count: two for wide ones, none for marks and joiners."""
    assert width_of(text) == columns


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", (0, 0)),
        ("abc", (0, 3)),
        ("0123456789", (1, 0)),
        ("0123456789x", (1, 1)),
        ("012345678日", (1, 2)),
        ("ab\ncd", (1, 2)),
        ("0123456789\nx", (2, 1)),
        ("a\tb", (0, 9)),
        ("\x01", (0, 2)),
    ],
)
def test_the_cursor_stands_where_readline_puts_it(text: str, place: tuple[int, int]) -> None:
    """On ten columns: a full row goes on in the next one, a wide character is not cut, ^A takes two columns."""
    assert place_of(text, 10) == place


@pytest.mark.parametrize(
    ("text", "columns", "shown"),
    [("abc", 3, "abc"), ("abcd", 3, "ab…"), ("日本語", 5, "日本…"), ("日本語", 4, "日…"), ("abc", 1, "…")],
)
def test_text_is_clipped_to_its_columns(text: str, columns: int, shown: str) -> None:
    """With a sign that something is missing."""
    assert clipped(text, columns) == shown
    assert width_of(shown) <= columns


@pytest.mark.parametrize(
    ("style", "parameters"),
    [
        ("fg=8", "38;5;8"),
        ("fg=#8000ff,bold", "38;2;128;0;255;1"),
        ("bg=255,underline", "48;5;255;4"),
        ("fg=256", ""),
        ("fg=#12345g", ""),
        ("none", ""),
        ("", ""),
    ],
)
def test_a_style_is_read_as_zle_highlight_has_it(style: str, parameters: str) -> None:
    """What is not known colours nothing."""
    assert colour_of(style) == parameters


@pytest.mark.parametrize(
    ("prompt", "left", "right", "down"),
    [
        ("> ", "abc", "", 1),
        ("> ", "0123456789", "", 1),
        ("> ", "", "0123456789", 2),
        ("> ", "0123", "4567", 2),
        ("upper\n> ", "ab", "cd", 1),
        ("\x01\x1b[32m\x02> \x01\x1b[0m\x02", "0123", "456", 1),
        ("> ", "a\nb", "c\nd", 2),
        ("> ", "one\ntwo", "", 1),
        ("", "abc", "", 1),
        ("", "abc", "d", 2),
    ],
)
def test_rows_are_counted_from_the_cursor_to_the_first_free_one(prompt: str, left: str, right: str, down: int) -> None:
    """On ten columns; where the prompt is not known, one more when the line goes on behind the cursor."""
    assert rows_down(Press(prompt=prompt, left=left, right=right), 10) == down


@pytest.mark.parametrize(
    ("prompt", "text"),
    [
        ("\x01\x1b[1;31m\x02user\x01\x1b[0m\x02> ", "user> "),
        ("\x1b]0;title\x07> ", "> "),
        ("\x1b]133;A\x1b\\> ", "> "),
        ("one\ntwo> \x0f", "one\ntwo> "),
        ("\x1b(B\x1b[m$ ", "$ "),
    ],
)
def test_what_takes_no_room_in_a_prompt_is_left_out(prompt: str, text: str) -> None:
    """Readline's marks, escape sequences and control characters."""
    assert visible(prompt) == text


@pytest.mark.parametrize(
    ("line", "rows"),
    [
        ("", [""]),
        ("one two three", ["one two", "three"]),
        ("  -l  in lines", ["  -l in", "  lines"]),
        ("0123456789abc d", ["01234567", "89abc d"]),
        ("日本 語語語", ["日本", "語語語"]),
    ],
)
def test_an_explanation_is_wrapped_between_words(line: str, rows: list[str]) -> None:
    """On eight columns: indented as it began, and a word that is too long is cut."""
    assert wrapped(line, 8) == rows
    assert all(width_of(row) <= 8 for row in rows)


def test_control_characters_of_a_line_are_written_as_carets() -> None:
    """As readline shows them; what a user has pasted must not command the terminal."""
    assert as_shown("a\x1b]2;T\x07b\x7f\x9b日\t\n") == "a^[]2;T^Gb^?^?日\t\n"
