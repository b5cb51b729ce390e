"""A press answered: the daemon asked, and records written as they come."""

import os
from collections.abc import Callable
from typing import Any

from caro_shell import __version__, client, paths, protocol
from caro_shell.errors import Cancelled
from caro_shell.keypress import fit_for_a_terminal, sentence
from caro_shell.keypress.press import Press, Question, question_of

Write = Callable[[str, str], None]
"""Takes a record's word and its text."""

_STATUS = {
    "queued": "waiting for another request",
    "loading": "loading the model",
    "thinking": "thinking",
    "writing": "thinking",
}


# What a shell or the client shows as it stands; the others are the user's own, or a command, and stay to the letter.
_SHOWN = frozenset({"working", "chunk", "note", "error"})


def record(word: str, text: str) -> bytes:
    """Return a record as it is written."""
    text = fit_for_a_terminal(text) if word in _SHOWN else text
    return f"{word}\t{text}".replace("\0", "").encode("utf-8", "replace") + b"\0"


def stdout(word: str, text: str) -> None:
    """Write a record on stdout; raises Cancelled when nobody reads any more."""
    try:
        os.write(1, record(word, text))
    except BrokenPipeError:
        raise Cancelled("Nobody waits for the answer.") from None


def message_of(question: Question, press: Press) -> dict[str, Any]:
    """Return the message that asks `question`."""
    shown = ""
    if press.capture == "tmux" and question.message["type"] == "fix":
        from caro_shell.keypress.screen import output_of

        shown = output_of(press.failed, os.environ)
    message = {
        **question.message,
        **({"output": shown} if shown else {}),
        "shell": press.shell,
        "version": __version__,
        "cwd": paths.working_dir(),
        "terminal": f"{press.terminal}:{press.pid}",
        "sequence": press.press,
        "path": os.environ.get("PATH", ""),
        "fresh": bool(press.fresh),
        "settings": client.settings_in(os.environ),
    }
    return _with_the_rest(message, press)


_NAMES = ("aliases", "global_aliases", "suffix_aliases")


def _with_the_rest(message: dict[str, Any], press: Press) -> dict[str, Any]:
    """Return the message with what the shell tells besides, as far as there is room: functions are left out first."""
    more: dict[str, Any] = {name: value for name in _NAMES if (value := getattr(press, name))}
    # What is tried in a tour teaches nothing.
    if press.outcomes and not os.environ.get("CARO_TOUR"):
        from caro_shell.keypress.outcomes import outcomes_of

        more["outcomes"] = outcomes_of(press.outcomes)
    if press.functions:
        more["functions"] = press.functions
    while more and len(protocol.encode(b"", {**message, **more})[2]) > protocol.MESSAGE_LIMIT:
        more.popitem()
    return {**message, **more}


def status_of(event: dict[str, Any]) -> str:
    """Return the words for people of a `working` event."""
    return _STATUS.get(str(event["state"]), "working")


def answer(press: Press, write: Write, hang_up: int | None = None) -> int:
    """Answer a press by records; returns the exit status. `hang_up` is the pipe whose closed end cancels."""

    def show(event: dict[str, Any]) -> None:
        if event["type"] == "working":
            write("working", status_of(event))
        elif event["type"] == "chunk":
            write("chunk", str(event["text"]))

    try:
        question = question_of(press)
        with client.Client(os.environ, hang_up=hang_up) as daemon:
            reply = daemon.ask(message_of(question, press), show)
            if tour := os.environ.get("CARO_TOUR"):
                from caro_shell.tour.pressed import note_press

                note_press(tour, press, question.message)
            # Before the connection is taken down: nobody has to wait for that.
            write_reply(reply, question, press, write)
    except (KeyboardInterrupt, Cancelled):
        return 130
    except Exception as error:  # nobody sees our stderr: whatever broke is said in a record
        try:
            write("error", sentence(error))
        except Cancelled:
            return 130
        return 1
    return 0


# Of many reasons, these say enough: the shell has a line for each.
_MOST_REASONS = 3


def _warnings(reply: dict[str, Any]) -> list[str]:
    """Return what the user is told of the danger of a command, a sentence each."""
    risk, reasons = str(reply["risk"]), [str(reason) for reason in reply["reasons"]][:_MOST_REASONS]
    if risk == "critical":
        return [*(f"DANGER: this {reason}." for reason in reasons), "It is behind # so that Enter does not run it."]
    if risk == "high":
        return [f"careful: this {reason}." for reason in reasons]
    return [f"note: this {reason}." for reason in reasons[:1]] if risk == "moderate" else []


def _disarmed(command: str, press: Press) -> str:
    """Return a command that Enter cannot run: behind `# `, in quotes where the shell has no comments at its prompt."""
    if press.comments:
        return "\n".join(f"# {line}" for line in command.split("\n"))
    return f"# {_quoted(command)}"


def _quoted(text: str) -> str:
    # As shlex.quote does it, which costs the client an import of a millisecond.
    return "'" + text.replace("'", "'\\''") + "'"


def write_reply(reply: dict[str, Any], question: Question, press: Press, write: Write) -> None:
    """Write the records of a reply: what there is to say, what the shell keeps, the new line."""
    command, words = str(reply["command"]), " ".join(str(reply.get("words", "")).split())
    shown = _disarmed(command, press) if reply["risk"] == "critical" else command
    if reply["risk"] != "critical" and words and press.keep == "comment" and "\n" not in command and "#" not in command:
        shown = f"{command}  # {words}"
    for note in (*_warnings(reply), *reply["notes"]):
        write("note", note)
    if words and press.keep == "history" and not question.message.get("alternative"):
        write("history", f"# {words}")
    write("state", question.after(reply, shown).text())
    if reply.get("cursor"):
        write("cursor", str(reply["cursor"]))
    write("done", shown)
