"""What the model is to do for a request: the messages, and what its command must be to be taken."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from caro_shell.errors import Unusable, UsageError
from caro_shell.line import Draft, Known, Refinement, Words, Written, may_run, read_line
from caro_shell.parse.likeness import likeness
from caro_shell.prompt import (
    Message,
    Place,
    build_messages,
    completion_request,
    explanation_request,
    fix_request,
    hinted_request,
    other_request,
    refinement_request,
)

MOST_PARTS = 12
"""Parts of a command that a model is asked about at once: of more, a small one loses count."""
_SAY_IT = "Say in words what you want, then press the key."


def _as_it_is(command: str) -> str:
    return command


@dataclass(frozen=True)
class Task:
    """One request as the model gets it."""

    messages: Sequence[Message]
    words: str = ""
    """What was asked for, in the user's own words; empty when there were none."""
    before: str = ""
    """The user's own command, where it is to be changed, mended or finished."""
    right: str = ""
    """What has to stay at the end of the line."""
    parts: Sequence[str] = ()
    """Of a command to be explained, the parts to be explained one by one."""
    accept: Callable[[str], str] = field(default=_as_it_is, compare=False)
    """Turns the model's command into what goes on the line; raises Unusable when it will not do."""

    def knowing(self, wish: str) -> Sequence[Message]:
        """Return the messages that ask for the same once more, with what is known of the place."""
        *constant, last = self.messages
        return [*constant, Message(last.role, f"{last.content}\n{wish}")]

    def hinted(self, hints: Sequence[str]) -> "Task":
        """Return the same task, whose request has these lines of local knowledge behind it."""
        *constant, last = self.messages
        messages = [*constant, Message(last.role, hinted_request(last.content, hints))]
        return replace(self, messages=messages) if hints else self

    def avoiding(self, commands: Sequence[str]) -> Sequence[Message]:
        """Return the messages that ask for the same with other tools than those of `commands`."""
        tools = dict.fromkeys(command.split()[0] for command in commands)
        *constant, last = self.messages
        return [*constant, Message(last.role, other_request(last.content, list(tools)))]


Turns = Sequence[Mapping[str, Any]]
"""What was asked on a line before, oldest first: `line`, `command`, and `cursor` or `status`."""


def generate_task(written: Written, turns: Turns, place: Place, known: Known) -> Task:
    """Return the task for what is written on a line."""
    if isinstance(written, Words):
        return Task(build_messages(written.text, place), written.text)
    if isinstance(written, Refinement):
        words = words_of(turns, place.shell, known)
        comment = without_kept(written.comment, words)
        asked = refinement_request(words, written.command, comment)
        return Task(build_messages(asked, place), f"{words}, {comment}" if words else comment, before=written.command)
    asked = completion_request(written.left, written.right)
    right = written.right.strip()
    before = f"{written.left}{written.right}"
    return Task(
        build_messages(asked, place), before=before, right=right, accept=lambda command: _joined(command, written)
    )


def without_kept(comment: str, words: str) -> str:
    """Return what the user has added to a comment that we put there ourselves (`keep_request = comment`)."""
    if words and comment.startswith(words):
        return comment[len(words) :].lstrip(" #,;.") or comment
    return comment


def words_of(turns: Turns, shell: str, known: Known) -> str:
    """Return what the turns of one conversation asked for: the request, and each change to it."""
    words = ""
    for turn in turns:
        if "status" in turn or not turn["line"].strip("# \t\n"):
            words = ""
            continue
        written = read_line(turn["line"], turn.get("cursor"), shell, known)
        if isinstance(written, Refinement):
            comment = without_kept(written.comment, words)
            words = f"{words}, {comment}" if words else comment
        else:
            words = written.text if isinstance(written, Words) else ""
    return words


def _joined(command: str, draft: Draft) -> str:
    """Return a finished draft; what stood right of the cursor is its end, to the character."""
    right = draft.right.strip()
    if not right:
        return command
    whole, wanted = " ".join(command.split()), " ".join(right.split())
    if whole == wanted or not whole.endswith(wanted):
        raise Unusable("The model would have changed what is right of the cursor.", _SAY_IT)
    at = len(command)
    for char in reversed(right):
        if char.isspace():
            continue
        while command[at - 1].isspace():
            at -= 1
        at -= 1
    return f"{command[:at]}{right}"


def fix_task(command: str, status: int, facts: Sequence[str], place: Place) -> Task:
    """Return the task for a command that failed; `facts` are sentences about why that may be."""
    failed = likeness(command)

    def accept(answer: str) -> str:
        if likeness(answer) == failed:
            raise Unusable("The model knows no better command than the one that failed.", _SAY_IT)
        return answer

    if not command.strip():
        raise UsageError("There is no command that failed.", _SAY_IT)
    return Task(build_messages(fix_request(command, status, facts), place), before=command, accept=accept)


def explain_task(line: str, place: Place, known: Known, parts: Sequence[str] = ()) -> Task:
    """Return the task for the explanation of a command; raises UsageError for a line that holds none.

    Whoever asks about `parts` of it has looked at that already.
    """
    if not line.strip():
        raise UsageError("There is no command to explain.", "Type one, then press the key.")
    if not parts and not may_run(line, known):
        raise UsageError("These are words, not a command yet.", "Let them become one first, then ask what it does.")
    asked = tuple(" ".join(part.split()) for part in parts[:MOST_PARTS])
    return Task(build_messages(explanation_request(line, asked), place), parts=asked)
