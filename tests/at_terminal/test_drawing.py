"""What is shown at a terminal, as text: a command in colours, a card, a menu, and the looks of the settings."""

import base64
import os

import pytest

from caro_shell.terminal.card import Card, drawn, in_rows, told
from caro_shell.terminal.copying import clipboard_sequence, copy
from caro_shell.terminal.highlight import highlighted
from caro_shell.terminal.looks import dim_of, has_colours, is_plain_terminal, styles
from caro_shell.terminal.menu import MENU, Action, action_of, menu_rows


@pytest.mark.parametrize("shell", ["zsh", "bash", "fish"])
@pytest.mark.parametrize(
    "command",
    [
        'A=1 find . -name "*.py $x" -exec grep -l \'y\' {} + | sort -rn > "$HOME"/out 2>&1 && echo $(date +%F) # hi',
        "for f in *.txt; echo $f; end",
        "cat <<EOF\n a $b\nEOF\n",
        "echo 'half",
        "echo  'ünï' \\\n  --opt=日本 |",
        "",
        "ls " + "x" * 9000,
    ],
)
def test_colours_change_no_character(command: str, shell: str) -> None:
    """Together the pieces are the command, also half of one, in any shell's grammar, and however long."""
    assert "".join(text for _style, text in highlighted(command, shell)) == command


def test_parts_have_their_styles() -> None:
    """The eye finds what runs, its options, what is quoted and what is put in."""
    pieces = highlighted("if ls -l 'a' $b; then x; fi", "zsh")
    found = {text: style.removeprefix("class:shell.") for style, text in pieces}
    wanted = {"if": "keyword", "ls": "command", "-l": "option", "'a'": "string", "b": "variable", ";": "operator"}
    assert {text: found[text] for text in wanted} == wanted
    fish = {text: style for style, text in highlighted("for f in *; echo $f; end", "fish")}
    assert fish["end"] == "class:shell.keyword"
    assert fish["echo"] == "class:shell.command"


def test_a_card_says_its_risk_in_words_and_hides_control_characters() -> None:
    """No reason and no note can draw on the terminal; the command begins in the first column."""
    assert (
        "".join(text for _style, text in drawn(Card("ls \x1b\x9b", "bash"), 80))
        == "ls \N{MIDDLE DOT}\N{MIDDLE DOT}\nsafe.\n"
    )
    card = Card("ls", "bash", "high", ("deletes \x1b[2Jall",), ("not \x1b]52;c;x\x07here",))
    text = "".join(text for _style, text in drawn(card, 80))
    assert text == "ls\nhigh: this deletes [2Jall.\nnote: not ]52;c;xhere\n"
    assert told(card) == "Command: ls\nhigh: this deletes [2Jall.\nnote: not ]52;c;xhere"


def test_a_command_for_ones_own_shell_says_so() -> None:
    """`cd` in a shell that ends with it helps nobody; `cd x && make` does."""
    assert "copy it instead" in told(Card("cd /tmp", "bash"))
    assert "copy it instead" not in told(Card("cd /tmp && make", "bash"))


@pytest.mark.parametrize("columns", [1, 20, 40, 80, 200, 300])
def test_rows_fit(columns: int) -> None:
    """No row is wider than the terminal, prose never wider than a page, and no word of the menu is cut in two."""
    text = "".join(text for _style, text in menu_rows(columns))
    assert [word for row in text.split("\n") for word in row.split()] == [item.label for item in MENU]
    assert columns < 20 or max(map(len, text.split("\n"))) < columns
    rows = in_rows("several words of a sentence " * 20, columns)
    assert columns < 20 or max(map(len, rows)) < min(columns, 101)


def test_the_menu_by_words() -> None:
    """A letter or the word, in any case; nothing else."""
    assert [action_of(item.key.upper()) for item in MENU] == list(Action)
    assert action_of(" Explain ") is Action.EXPLAIN
    assert action_of("") is None


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({}, True),
        ({"NO_COLOR": "1"}, False),
        ({"NO_COLOR": ""}, True),
        ({"CLICOLOR": "0"}, False),
        ({"CLICOLOR": "1"}, True),
        ({"CLICOLOR": "0", "CLICOLOR_FORCE": "1"}, True),
        ({"NO_COLOR": "1", "CLICOLOR_FORCE": "1"}, False),
    ],
)
def test_who_wants_no_colours(environ: dict[str, str], *, wanted: bool) -> None:
    """As no-color.org and CLICOLOR have it."""
    assert has_colours(environ) is wanted


@pytest.mark.parametrize(
    ("style", "wanted"),
    [
        ("fg=8", "fg:ansibrightblack"),
        ("fg=1,italic", "fg:ansired italic"),
        ("fg=15", "fg:ansiwhite"),
        ("fg=245,bg=#102030", "fg:#8a8a8a bg:#102030"),
        ("fg=196", "fg:#ff0000"),
        ("fg=cyan,underline", "fg:ansicyan underline"),
        ("fg=nosuch,standout,fg=999,fg=#12345g", ""),
    ],
)
def test_what_is_dim_follows_the_setting(style: str, wanted: str) -> None:
    """zle_highlight's notation in prompt-toolkit's words; what it has none for is left out. Every result is one."""
    from prompt_toolkit.styles import Style

    assert dim_of(style) == wanted
    Style.from_dict(styles(style))


def test_a_terminal_that_cannot_draw_is_known() -> None:
    """By TERM."""
    assert is_plain_terminal({"TERM": "dumb"})
    assert is_plain_terminal({})
    assert not is_plain_terminal({"TERM": "xterm"})


def test_a_terminal_is_told_to_copy() -> None:
    """OSC 52 with the text in base64, to the letter; in GNU screen wrapped, so that it is let by."""
    hidden = base64.b64encode("ls 'é'\n".encode())
    assert clipboard_sequence("ls 'é'\n", {}) == b"\x1b]52;c;" + hidden + b"\x07"
    assert clipboard_sequence("ls 'é'\n", {"STY": "x"}) == b"\x1bP\x1b]52;c;" + hidden + b"\x07\x1b\\"
    reader, writer = os.pipe()
    assert copy("ls", {"TERM": "xterm", "PATH": ""}, writer) == "Copied: handed to the terminal, if it allows that."
    os.close(writer)
    with os.fdopen(reader, "rb") as read:
        assert read.read() == clipboard_sequence("ls", {})
    assert copy("ls", {"TERM": "dumb", "PATH": ""}) == "There is no clipboard here that caro knows."
