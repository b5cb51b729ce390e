"""What a shell's key runs: the line on stdin, records for the line editor on stdout.

A record is a word, a tab, a text and a NUL, written in one piece. The words: `working` (a status), `chunk`
(the command so far), `done` (the command), `note` and `error` (a message for the user). The last record is
`done` or `error`. Closing stdout's other end cancels the request. docs/shells.md is the contract.
"""

import os
import signal
import sys

from caro_shell import __version__, client, paths, protocol
from caro_shell.errors import Cancelled, CaroError

_STATUS = {
    "queued": "waiting for another request",
    "loading": "loading the model",
    "thinking": "thinking",
    "writing": "thinking",
}


def _write(word: str, text: str) -> None:
    record = f"{word}\t{text}".replace("\0", "").encode("utf-8", "replace") + b"\0"
    try:
        os.write(1, record)
    except BrokenPipeError:
        raise Cancelled("Nobody waits for the answer.") from None


def _show(event: dict[str, object]) -> None:
    if event["type"] == "working":
        _write("working", _STATUS.get(str(event["state"]), "working"))
    elif event["type"] == "chunk":
        _write("chunk", str(event["text"]))


def _sentence(error: CaroError) -> str:
    return f"{error.message} {error.hint}".strip()


def main(shell: str, terminal: str, sequence: str = "0", *, fresh: bool = False) -> int:
    """Answer one key press; returns 0 when a command was written, 1 after an error, 130 when cancelled.

    `sequence` counts the presses in this terminal: a client that is slow to start must not overtake the next.
    `fresh` asks the model even when the answer is known; `caro bench` needs that.
    """
    # The shell may have set it to be ignored; Ctrl-C must reach us.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        line = sys.stdin.buffer.read(protocol.MESSAGE_LIMIT).decode("utf-8", "replace")
        request = protocol.Generate(
            line=line,
            shell=shell,
            version=__version__,
            cwd=paths.working_dir(),
            terminal=terminal,
            sequence=int(sequence),
            fresh=fresh,
            settings=client.settings_in(os.environ),
        )
        with client.Client(os.environ, hang_up=1) as daemon:
            reply = daemon.ask(request.message(), _show)
            # Before the connection is taken down: nobody has to wait for that.
            for note in reply["notes"]:
                _write("note", note)
            _write("done", reply["command"])
    except (KeyboardInterrupt, Cancelled):
        return 130
    except Exception as error:  # nobody sees our stderr: whatever broke is said in a record
        if not isinstance(error, CaroError):
            error = CaroError(f"Something in caro broke ({type(error).__name__}: {error}).", "See: caro doctor")
        try:
            _write("error", _sentence(error))
        except Cancelled:
            return 130
        return 1
    return 0
