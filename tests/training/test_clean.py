"""What may not be learnt: judged by the product's own parser, proof and danger rules."""

import pytest

from caro_shell.prompt import Place
from training.clean import OWN, PUBLIC, objection
from training.pairs import LINUX_BASH, LINUX_FISH, MACOS_ZSH, Pair


def pair(request: str, command: str, place: Place = LINUX_BASH) -> Pair:
    """Return a pair as public data has it."""
    return Pair(request, command, place, "nl2bash", "x", "x:1")


@pytest.mark.parametrize(
    ("request_", "command", "found"),
    [
        ("txt files below src", "find src -type f -name '*.txt'", ""),
        ("count the lines of a.txt", "wc -l a.txt", ""),
        ("delete the old logs in logs", "find logs -name '*.log' -mtime +30 -delete", ""),
        ("show the old logs in logs", "find logs -name '*.log' -mtime +30 -delete", "a deletion that nobody asked for"),
        ("first lines of a.txt", "head -5 a.txt", "deprecated"),
        ("files that may be run", "find . -perm +111", "deprecated"),
        ("the addresses of this host", "ifconfig", "deprecated"),
        ("change the mode of the given file", "chmod 600 x", "a request that does not say what"),
        ("today", "echo `date`", "deprecated"),
        ("txt files", "find . -name *.txt", "fragile"),
        ("words in txt files", "find . -name '*.txt' | xargs wc -w", "fragile"),
        ("words in txt files", "find . -name '*.txt' -print0 | xargs -0 wc -w", ""),
        ("go on", "ls foo", "placeholder"),
        ("lines of the report", "wc -l report.txt", ""),
        ("lines of it", "wc -l report.txt", "a path that nobody named"),
        ("lines of a.txt and b.txt", "wc -l a.txt", "a named path is left out"),
        ('files with "x y"', "grep -rl y .", "a quoted value is left out"),
        ("print it", 'echo "$wanted"', "a variable that nobody set"),
        ("count to three", 'for i in 1 2 3; do echo "$i"; done', ""),
        ("words in it", "xargs -0 grep -l x", ""),
        ("words in it", "xargs -n 1 -i grep x {}", "deprecated"),
        ("list this", "sudo ls", "sudo that nobody asked for"),
        ("list this as root", "sudo ls", ""),
        ("install jq", "sudo apt install jq", ""),
        ("list this", "ls (", "syntax"),
        ("say hello", "Sure, here it is", "not one command"),
        ("x" * 300, "ls", "too long or empty"),
    ],
)
def test_a_public_pair_is_judged(request_: str, command: str, found: str) -> None:
    """The first thing that is wrong with it, in a few words."""
    assert objection(pair(request_, command), PUBLIC) == found


def test_what_a_shell_cannot_read_is_dropped() -> None:
    """The parser is that of the pair's own shell."""
    command = 'for i in 1 2; do echo "$i"; done'
    assert objection(pair("count", command), PUBLIC) == ""
    assert objection(pair("count", command, LINUX_FISH), PUBLIC) in {"syntax", "not one command"}


def test_what_is_out_of_date_on_linux_may_be_all_there_is_elsewhere() -> None:
    """No `ip` on macOS; and fish does not split what is in a variable."""
    assert objection(pair("the addresses of this host", "ifconfig", MACOS_ZSH), PUBLIC) == ""
    assert objection(pair("show HOME", "ls $HOME", LINUX_BASH), PUBLIC) == "fragile"
    assert objection(pair("show HOME", "ls $HOME", LINUX_FISH), PUBLIC) == ""


def test_our_own_intents_may_name_what_nobody_named() -> None:
    """An author says on purpose where a public key lies; a public pair has it by accident."""
    key = pair("show my key", "cat keys/mine.pem")
    assert objection(key, OWN) == ""
    assert objection(key, PUBLIC) == "a path that nobody named"
