"""The client as a shell runs it, with a note of when each of its steps began.

It stands in Python's place (CARO_PYTHON) while a shell is measured, and runs what the shell asks of Python. It imports
nothing that the client does not, and touches the client's modules only when the client itself has loaded them: so it
takes as long as it always does, but for some microseconds.

A note is a JSON object in one piece: seconds of time.perf_counter, which is one clock for all processes of a machine,
and what the daemon said of its own steps.
"""

import json
import os
import sys
from collections.abc import Callable
from time import perf_counter
from types import ModuleType
from typing import Any

_note: dict[str, Any] = {}


def run(began: float, notes: str, known: str) -> None:
    """Run what the shell asks of Python, which is its `-I -c CODE …`; `began` is when this process could first say so.

    The note of a press goes to the FIFO `notes`. The model is asked even where the answer is known, unless there is a
    file `known`.
    """
    _note["began"] = began
    watching = {
        "caro_shell.keypress": lambda module: _ask_anew(module, known),
        "caro_shell.keypress.answer": lambda module: _watch_answer(module, notes),
        "caro_shell.lifecycle": lambda module: _noted(module, "start", "starting", "started"),
    }
    sys.meta_path.insert(0, _Watching(watching))
    code = sys.argv[3]
    sys.argv = ["-c", *sys.argv[4:]]
    exec(code, {"__name__": "__main__"})  # noqa: S102  it is what Python itself would run


class _Watching:
    """An importer that finds nothing itself, and has something done with modules once they are loaded."""

    def __init__(self, then: dict[str, Callable[[ModuleType], None]]) -> None:
        self._then = then

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:  # noqa: ANN401  importlib's own
        then = self._then.pop(name, None)
        if then is None:
            return None
        spec = next(found for finder in sys.meta_path[1:] if (found := finder.find_spec(name, path, target)))
        execute = spec.loader.exec_module  # type: ignore[union-attr]  # what has a spec here has a loader

        def execute_and_watch(module: ModuleType) -> None:
            execute(module)
            then(module)

        vars(spec.loader)["exec_module"] = execute_and_watch
        return spec


def _noted(owner: object, name: str, before: str, after: str) -> None:
    """Have a function note when it begins and when it has ended; of several calls, the first and the last."""
    real = getattr(owner, name)

    def noting(*words: Any, **more: Any) -> Any:  # noqa: ANN401  whatever it takes and gives
        _note.setdefault(before, perf_counter())
        try:
            return real(*words, **more)
        finally:
            _note[after] = perf_counter()

    setattr(owner, name, noting)


def _ask_anew(keypress: ModuleType, known: str) -> None:
    press_of = keypress.press_of
    vars(keypress)["press_of"] = lambda fields: press_of(fields)._replace(fresh=not os.path.exists(known))  # noqa: PTH110  pathlib would cost the client milliseconds


def _watch_answer(answer: ModuleType, notes: str) -> None:
    client, write_reply, sentence = answer.client.Client, answer.write_reply, answer.sentence
    ask = client.ask

    def asking(*words: Any, **more: Any) -> Any:  # noqa: ANN401  as Client.ask has them
        reply = ask(*words, **more)
        _note.update(answered=perf_counter(), timings_ms=reply["timings_ms"], cached=reply["cached"])
        return reply

    def writing(*words: Any) -> None:  # noqa: ANN401  as write_reply has them
        write_reply(*words)
        _send(notes, {**_note, "written": perf_counter()})

    def telling(error: Exception) -> str:
        said: str = sentence(error)
        _send(notes, {"error": said})
        return said

    _noted(client, "_connect", "connecting", "connected")
    client.ask = asking
    vars(answer).update(write_reply=writing, sentence=telling)


def _send(notes: str, note: dict[str, Any]) -> None:
    fifo = os.open(notes, os.O_WRONLY | os.O_NONBLOCK)
    os.write(fifo, json.dumps(note).encode() + b"\n")
    os.close(fifo)
