"""What a failed command has shown, read off a screen."""

import pytest

from caro_shell.keypress.screen import output_in, output_of


@pytest.mark.parametrize(
    ("screen", "command", "shown"),
    [
        ("> ls\na\n> git push\nfatal: no upstream\n  use -u\n>", "git push", "fatal: no upstream\n  use -u"),
        ("> git push\nold\n> git push\nnew\n>\n\n\n", "git push", "new"),
        ("~ main\n$ make\nerror 1\n~ main\n$", "make", "error 1"),
        ("> true\n>", "true", ""),
        ("> make\n> quoted\n>\n  … thinking", "make", "> quoted"),
        ("> for x in a\n  do false; done\noh\n>", "for x in a\n  do false; done", "oh"),
        ("nothing of it", "make", ""),
        ("> x", "", ""),
        ("", "make", ""),
    ],
)
def test_the_output_is_what_stands_between_the_command_and_the_prompt(screen: str, command: str, shown: str) -> None:
    """The latest one; a prompt may have several lines."""
    assert output_in(screen, command) == shown


def test_only_the_end_of_a_long_output_is_taken() -> None:
    """A prompt for a model has to stay short."""
    screen = "> make\n" + "\n".join(f"line {number}" for number in range(100)) + "\n>"
    assert output_in(screen, "make").split("\n") == [f"line {number}" for number in range(80, 100)]
    assert len(output_in("> make\n" + "x" * 5000 + "\n>", "make")) == 1500


def test_without_tmux_there_is_nothing_to_read() -> None:
    """And nothing is started for it."""
    assert output_of("make", {}) == ""
    assert output_of("make", {"TMUX": "/nowhere,1,0", "TMUX_PANE": "%0"}) == ""
