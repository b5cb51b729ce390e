"""An explanation as rows: below its own place, never wider than the terminal, marked where the model has said it."""

from hypothesis import given, settings
from hypothesis import strategies as st

from caro_shell.explain.layout import UNKNOWN, rows, spoken, width
from caro_shell.explain.part import MANUAL, MODEL, Explanation, Part

COMMAND = "tar -xzf a.tgz"
PARTS = (
    Part(((0, 3),), "an archiving utility", MANUAL, "tar(1)"),
    Part(((4, 6),), "extract files from an archive", MANUAL, "tar --help"),
    Part(((6, 7),), "filter the archive through gzip", MANUAL, "tar --help"),
    Part(((7, 8), (9, 14)), "use archive file or device ARCHIVE", MANUAL, "tar --help"),
)


def drawn(explanation: Explanation, columns: int) -> list[str]:
    """Return the rows' texts."""
    return [row.text for row in rows(explanation, columns)]


def test_each_part_stands_below_its_own_place() -> None:
    """And what it does in one column beside the command."""
    assert drawn(Explanation(COMMAND, PARTS), 80) == [
        "tar -xzf a.tgz",
        "tar             an archiving utility",
        "    -x          extract files from an archive",
        "      z         filter the archive through gzip",
        "       f a.tgz  use archive file or device ARCHIVE",
    ]


def test_in_a_narrow_terminal_words_are_wrapped_and_the_command_is_broken_between_parts() -> None:
    """An option stays with what it takes; below two columns' room, what a part does stands under it."""
    assert drawn(Explanation(COMMAND, PARTS), 40)[2:5] == [
        "    -x          extract files from an",
        "                archive",
        "      z         filter the archive",
    ]
    assert drawn(
        Explanation("grep --after-context 3 x", (Part(((0, 4),), "a"), Part(((5, 20), (21, 22)), "b"))), 60
    ) == [
        "grep --after-context 3 x",
        "grep                      a",
        "     --after-context 3    b",
    ]
    assert drawn(Explanation(COMMAND, PARTS), 24) == [
        "tar",
        "tar",
        "    an archiving utility",
        "",
        "-xzf a.tgz",
        "-x",
        "    extract files from",
        "    an archive",
        "z",
        "    filter the archive",
        "    through gzip",
        "f a.tgz",
        "    use archive file or",
        "    device ARCHIVE",
    ]


def test_what_the_model_says_is_marked_and_the_mark_is_told_in_words() -> None:
    """What nobody says is said to be so, in words as well."""
    told = Explanation("odd x y", (Part(((0, 3),)), Part(((4, 5),)), Part(((6, 7),)))).told(
        "It is odd.", ["a tool", "its argument"], "small"
    )
    assert [part.source for part in told.parts] == [MODEL, MODEL, ""]
    assert drawn(told, 120) == [
        "~ It is odd.",
        "",
        "odd x y",
        "odd      ~ a tool",
        "    x    ~ its argument",
        f"      y  {UNKNOWN}",
        "",
        "~ said by the model small, which can be wrong; all else by this machine's manuals and the shell's grammar",
    ]
    assert spoken(told) == [
        "It is odd. (said by the model small)",
        "odd: a tool (said by the model small)",
        "x: its argument (said by the model small)",
        f"y: {UNKNOWN}",
    ]


def test_wide_and_combining_characters_take_their_columns() -> None:
    """Two for a CJK character, none for an accent that is one by itself."""
    command = "列 e\u0301 x"
    parts = (Part(((0, 1),), "a"), Part(((2, 4),), "b"), Part(((5, 6),), "c"))
    assert drawn(Explanation(command, parts), 80) == [command, "列      a", "   e\u0301    b", "     x  c"]


def test_several_lines_are_rows_of_their_own() -> None:
    """Each has its parts below it; a part that goes on in another line is told where it begins."""
    command = "cat <<E\nx\nE\nls"
    parts = (Part(((0, 3),), "c"), Part(((4, 7), (10, 11)), "here"), Part(((12, 14),), "l"))
    assert drawn(Explanation(command, parts), 80) == [
        "cat <<E", "cat      c", "    <<E  here", "", "x", "", "E", "", "ls", "ls  l",
    ]  # fmt: skip


def test_nothing_reaches_a_terminal_that_it_must_not_see() -> None:
    """Neither of the command nor of a part; each such character keeps a column."""
    found = drawn(Explanation("a\x1b\u202eb \x07", (Part(((0, 4),), "x"),)), 80)
    assert found == ["a\u00b7\u00b7b \u00b7", "a\u00b7\u00b7b    x"]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_row_is_wider_than_the_terminal(data: st.DataObject) -> None:
    """Whatever the command, its parts and its characters are."""
    columns = data.draw(st.sampled_from([1, 2, 8, 24, 40, 80, 200]))
    command = data.draw(st.text(alphabet="ab -|'\n\t列e\u0301\x1b\U0001f600", min_size=1, max_size=60))
    place = st.integers(0, len(command) - 1)
    spans = data.draw(st.lists(st.tuples(place, place), max_size=5))
    text = data.draw(st.text(alphabet="ab 列", max_size=40))
    parts = tuple(Part(((min(ends), max(ends) + 1),), text) for ends in sorted(spans))
    for row in rows(Explanation(command, parts), columns):
        # A wide character has no room in one column.
        assert width(row.text) <= max(columns, 2)
