"""What is asked next, said as the same gesture on a line: so a terminal and a key press cannot differ in it."""

from collections.abc import Sequence

from caro_shell.keypress.press import Conversation, Press, Question, question_of


def words(line: str) -> Question:
    """Return the question of a request in words; raises UsageError when there are none."""
    return question_of(Press(left=line))


def next_answer(past: Conversation) -> Question:
    """Return the question for another answer to what was asked last."""
    return question_of(Press(left=past.shown, state=past.text()))


def change(past: Conversation, command: str, comment: str) -> Question:
    """Return the question for the command changed by a comment; `command` may be the user's edit of the answer."""
    # Behind the end of a here-document, nothing may stand.
    gap = "\n" if "\n" in command else "  "
    return question_of(Press(left=f"{command}{gap}# {' '.join(comment.split())}", state=past.text()))


def mend(command: str, status: int) -> Question:
    """Return the question for a better command than one that failed."""
    return question_of(Press(failed=command, status=status))


def explain(command: str, parts: Sequence[str]) -> Question:
    """Return the question for what a command does, and these parts of it; raises UsageError when there is none."""
    question = question_of(Press(gesture="explain", left=command))
    return question._replace(message={**question.message, "parts": list(parts)}) if parts else question
