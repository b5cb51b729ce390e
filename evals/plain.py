"""The plain model: one line of a prompt before the request, and whatever stands around the command taken off."""

import re

from caro_shell.prompt import Message
from evals.tasks import Task


def plain_messages(task: Task) -> list[Message]:
    """Return a plain prompt that leaves out nothing the task tells."""
    shell, place = ("zsh", " on macOS") if task.place == "macos" else (task.shell, "")
    system = f"You are a {shell} assistant{place}. Reply with one {shell} command and nothing else."
    return [Message("system", system), Message("user", _plain_request(task))]


def _plain_request(task: Task) -> str:
    if task.gesture == "refine":
        command, _, change = task.request.rpartition(" #")
        asked = next((turn["line"] for turn in task.turns if "line" in turn), "")
        before = f"I asked: {asked}\n" if asked else ""
        return f"{before}The command is: {command.strip()}\nChange it: {change.strip()}"
    if task.gesture == "fix":
        said = f"\nIt said: {task.said}" if task.said else ""
        return (
            f"This command failed with exit status {task.status}: {task.request}{said}\nWrite the command that works."
        )
    if task.gesture == "repair":
        return f"Complete or repair this command: {task.request}"
    return task.request


_FENCED = re.compile(r"```[\w+-]*[ \t]*\n?(.*?)(?:```|\Z)", re.DOTALL)
_INLINE = re.compile(r"`([^`\n]+)`")
# Hardly a command begins with a capital and goes on in small letters.
_SENTENCE = re.compile(r"[A-Z][a-z']*[ ,:]")
_PROMPT = re.compile(r"^[$%>]\s+")


def stripped(raw: str) -> str:
    """Return the command in a model's answer, with whatever markdown, prompt or prose stands around it taken off."""
    text = raw.strip()
    if found := _FENCED.search(text):
        text = found[1]
    elif (inline := _INLINE.search(text)) and (text.startswith("`") or _SENTENCE.match(text)):
        text = inline[1]
    elif text.startswith("`"):
        text = text.strip("`")
    lines = [line for line in text.strip().splitlines() if line.strip() and not line.lstrip().startswith("#")]
    return "\n".join(_PROMPT.sub("", line) for line in lines).strip()
