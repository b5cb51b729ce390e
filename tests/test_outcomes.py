"""What became of an answer, from what a shell tells of its line."""

import pytest

from caro_shell.keypress.outcomes import MOST, outcomes_of
from caro_shell.keypress.press import Press, conversation_of, question_of

WORDS = "list files"
COMMAND = "ls -la"


def state(words: str = WORDS, command: str = COMMAND, shown: str = "", press: Press | None = None) -> str:
    """Return what a shell keeps after a press (on `words`) was answered."""
    question = question_of(press or Press(left=words))
    return question.after({"command": command, "words": words.strip("# ")}, shown or command).text()


def told(event: str, line: str, kept: str) -> str:
    """Return a field as a shell writes it."""
    return f"{event}\x1f{kept}\x1f{line}"


@pytest.mark.parametrize(
    ("event", "line", "fate", "ran"),
    [
        ("run", "ls -la", "accepted", None),
        ("run", " ls -la\n", "accepted", None),
        ("run", "ls -la /tmp", "corrected", "ls -la /tmp"),
        ("run", "sudo ls -la", "corrected", "sudo ls -la"),
        ("run", "exa -la", "corrected", "exa -la"),
        ("run", "cd ../elsewhere", "dropped", None),
        ("run", "list files", "undone", None),
        ("run", "# list files", "dropped", None),
        ("run", "", "dropped", None),
        ("left", "", "dropped", None),
        ("asked", "ls -la", "dropped", None),
        ("asked", "list files", "undone", None),
        ("asked", "list all the hidden ones", "undone", None),
        ("asked", "ls -la # by size", "", None),
        ("asked", "ls -l -a # by size", "", None),
    ],
)
def test_a_line_says_what_became_of_the_answer(event: str, line: str, fate: str, ran: str | None) -> None:
    """A changed command is one that still has its program or its words; of a refinement the next answer tells."""
    outcomes = outcomes_of([told(event, line, state())])
    expected = {"request": WORDS, "command": COMMAND, "fate": fate, "gesture": "generate"}
    assert outcomes == ([expected | ({"ran": ran} if ran else {})] if fate else [])


@pytest.mark.parametrize(
    ("line", "fate"),
    [("# mkfs x", "dropped"), ("mkfs x", "accepted"), ("# mkfs y", "dropped"), ("mkfs y", "corrected")],
)
def test_a_command_that_was_kept_from_running_was_not_taken(line: str, fate: str) -> None:
    """Enter on `# command` runs nothing; whoever takes the `# ` away means it."""
    [outcome] = outcomes_of([told("run", line, state(command="mkfs x", shown="# mkfs x"))])
    assert (outcome["fate"], outcome.get("ran", "mkfs y")) == (fate, "mkfs y")


def test_words_behind_the_command_belong_to_neither() -> None:
    """`keep_request = comment` has put them there."""
    kept = state(shown=f"{COMMAND}  # {WORDS}")
    fates = [
        outcomes_of([told("run", line, kept)])[0] for line in (f"{COMMAND}  # {WORDS}", f"{COMMAND} -h  # {WORDS}")
    ]
    assert [outcome["fate"] for outcome in fates] == ["accepted", "corrected"]
    assert fates[1]["ran"] == "ls -la -h"


def test_a_refined_answer_has_all_the_words() -> None:
    """As the reply tells them; and a fix has the command that failed."""
    refined = question_of(Press(left="ls -la # by size", state=state()))
    kept = refined.after({"command": "ls -laS", "words": "list files, by size"}, "ls -laS").text()
    assert outcomes_of([told("run", "ls -laS", kept)])[0]["request"] == "list files, by size"
    [fixed] = outcomes_of([told("run", COMMAND, state("", press=Press(failed="sl -la", status=127)))])
    assert (fixed["request"], fixed["gesture"], fixed["fate"]) == ("sl -la", "fix", "accepted")


def test_what_is_none_says_nothing() -> None:
    """A state of before an upgrade, one that is none, an answer without words, more than anybody types."""
    old = '[[{"line": "list files", "cursor": 10, "command": "ls -la"}], "ls -la", 0]'
    assert conversation_of(old).shown == "ls -la"
    for kept in (old, "", "[]", "x", state("x" * 3000)):
        assert outcomes_of([told("run", COMMAND, kept), "", "run"]) == []


def test_the_latest_are_told() -> None:
    """So many at most."""
    outcomes = outcomes_of(told("run", COMMAND, state(f"words {number}")) for number in range(MOST + 5))
    assert [outcome["request"] for outcome in outcomes] == [f"words {number}" for number in range(5, MOST + 5)]
