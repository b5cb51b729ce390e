"""What a key press asks, from the line and what the shell remembers; the conversation on a line."""

from typing import Any

import pytest

from caro_shell import protocol
from caro_shell.errors import UsageError
from caro_shell.keypress.answer import message_of
from caro_shell.keypress.press import Conversation, Press, conversation_of, press_of, question_of

REPLY: dict[str, Any] = {"command": "ls -la"}


def asked(line: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401  a field of its own type each
    """Return the message of a press with the cursor at the end of `line`."""
    return dict(question_of(Press(left=line, **more)).message)


def answered(*lines: str) -> str:
    """Return what the shell keeps after a press on each of `lines`, always answered by `ls -la`."""
    state = ""
    for line in lines:
        state = question_of(Press(left=line, state=state)).after(REPLY, "ls -la").text()
    return state


def test_fields_are_read_whatever_is_in_them() -> None:
    """Tabs and newlines belong to the text; unknown names and broken numbers do no harm."""
    press = press_of("left\ta\tb\nc\0right\t日本\0pid\t12\0press\tx\0colour\tred\0\0".encode())
    assert press == Press(left="a\tb\nc", right="日本", pid=12)
    assert press.line == "a\tb\nc日本"
    assert press_of(b"") == Press()


def test_the_names_of_a_shell_are_read() -> None:
    """An alias a field, functions in one; no name is no alias, and of a very long one only the name counts."""
    fields = "alias\tll=ls -l\0alias\t=\0global_alias\tG=| grep =\0suffix_alias\ttxt=vim\0functions\tdeploy up\0"
    press = press_of(f"{fields}alias\tlong={'x' * 5000}\0".encode())
    assert press.aliases == {"ll": "ls -l"}
    assert (press.global_aliases, press.suffix_aliases) == ({"G": "| grep ="}, {"txt": "vim"})
    assert press.functions == ("deploy", "up", "long")


def test_a_field_without_its_end_is_not_read() -> None:
    """There was more than is read: half a name would be another one."""
    assert press_of(b"alias\tll=ls\0functions\tdeploy pro") == Press(aliases={"ll": "ls"})


def test_functions_are_left_out_before_aliases() -> None:
    """A message that is too long would be refused: what matters least goes first."""
    question = question_of(Press(left="list files"))
    press = Press(aliases={"ll": "ls -l"}, functions=("deploy",))
    message = message_of(question, press)
    assert (message["aliases"], message["functions"]) == ({"ll": "ls -l"}, ("deploy",))
    many = message_of(question, press._replace(functions=tuple(f"a_function_{number}" for number in range(5000))))
    assert many["aliases"] == {"ll": "ls -l"}
    assert "functions" not in many
    too_many = press._replace(aliases={f"al{number}": "x" * 1000 for number in range(100)})
    assert not {"aliases", "functions"} & set(message_of(question, too_many))
    assert len(protocol.encode(b"", many)[2]) < protocol.MESSAGE_LIMIT


def test_words_are_a_request() -> None:
    """With the cursor's place, and no conversation before it."""
    assert question_of(Press(left="list ", right="files")).message == {
        "type": "generate",
        "line": "list files",
        "cursor": 5,
        "turns": [],
    }


def test_the_untouched_answer_asks_for_the_next_one() -> None:
    """Again and again; an edited one is something else."""
    state = answered("list files")
    assert asked("ls -la", state=state) == {"type": "generate", "line": "list files", "cursor": 10} | {
        "alternative": 1,
        "turns": [],
    }
    second = question_of(Press(left="ls -la", state=state)).after({"command": "dir", "alternative": 1}, "dir").text()
    assert asked("dir", state=second)["alternative"] == 2
    assert "alternative" not in asked("ls -l", state=state)
    first = question_of(Press(left="dir", state=second)).after({"command": "ls -la"}, "ls -la").text()
    assert asked("ls -la", state=first)["alternative"] == 1


def test_a_conversation_is_told_with_the_next_question() -> None:
    """Oldest first, and only so much of it."""
    turns = asked("ls -la # by size", state=answered("list files", "ls -la # more"))["turns"]
    assert [turn["line"] for turn in turns] == ["list files", "ls -la # more"]
    many = answered(*(f"request {number}" for number in range(9)))
    assert [turn["line"] for turn in asked("x", state=many)["turns"]] == [f"request {n}" for n in range(3, 9)]


def test_an_alternative_of_a_refinement_is_told_what_came_before_it() -> None:
    """And not the turn that it repeats."""
    message = asked("ls -la", state=answered("list files", "ls # more"))
    assert (message["line"], [turn["line"] for turn in message["turns"]]) == ("ls # more", ["list files"])


def test_an_empty_line_after_a_failure_asks_for_a_fix() -> None:
    """With the command and its status; an alternative asks for the same."""
    press = Press(failed="gti status", status=127)
    assert question_of(press).message == {"type": "fix", "line": "gti status", "status": 127}
    state = question_of(press).after({"command": "git status"}, "git status").text()
    again = {"type": "fix", "line": "gti status", "status": 127, "alternative": 1}
    assert asked("git status", state=state) == again
    assert asked("git status # short", state=state)["turns"] == [
        {"line": "gti status", "status": 127, "command": "git status"}
    ]


@pytest.mark.parametrize(
    "press",
    [
        Press(),
        Press(left="  # "),
        Press(failed="sleep 9", status=130),
        Press(failed="vim", status=148),
        Press(failed="true", status=0),
        Press(status=1),
        Press(gesture="explain"),
    ],
)
def test_nothing_to_ask_is_said(press: Press) -> None:
    """Nothing failed where the user ended the command with Ctrl-C or stopped it."""
    with pytest.raises(UsageError):
        question_of(press)


def test_explaining_leaves_the_conversation_alone() -> None:
    """It is about the line as it stands."""
    assert asked("ls -la", gesture="explain", state=answered("list files")) == {"type": "explain", "line": "ls -la"}


@pytest.mark.parametrize(
    "text", ["", "x", "{}", "[1, 2, 3]", "[[1], 2, 3]", '["x", "", 0]', "[[], 1]", '[[{}], "", 0]', "[" * 2000]
)
def test_a_state_that_is_none_is_an_empty_conversation(text: str) -> None:
    """A shell may keep anything."""
    assert conversation_of(text) == Conversation()


def test_what_was_shown_is_what_counts_as_untouched() -> None:
    """The line may hold more than the command: the request behind it as a comment."""
    shown = "ls -la  # list files"
    state = question_of(Press(left="list files")).after(REPLY, shown).text()
    assert asked(shown, state=state)["alternative"] == 1
    assert conversation_of(state).turns[0]["command"] == "ls -la"
