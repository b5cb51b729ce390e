r"""An engine that says what a test tells it to: `script.json` in the directory CARO_TEST_SCRIPT.

The script maps a request to what happens, in order: a string is written, `{"wait": NAME}` waits until the
test opens that gate (a file), `{"fail": SENTENCE}` raises, `{"crash": true}` raises what nobody expects,
`{"memory": true}` finds no memory, `{"end": true}` ends the worker's thread, `{"exit": true}` kills the daemon.
A name that ends in `*` stands for every request that begins so. A request without an entry is answered `echo REQUEST`.
What happened is appended to `events`, a line each; a new line in a request is written `\n`.
"""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from caro_shell.config import Settings
from caro_shell.engines import Placement, Sampling, Usage
from caro_shell.errors import EngineError
from caro_shell.prompt import Message

_RAISED: dict[str, type[BaseException]] = {"crash": RuntimeError, "memory": MemoryError, "end": SystemExit}


class ScriptedEngine:
    """Answers by the script; `fresh` words in it are read again at every request."""

    name = "scripted"
    placement = Placement(device="none")
    notes: tuple[str, ...] = ()

    def __init__(self, settings: Settings) -> None:
        """Find the script; it may be written later."""
        self.model = settings.model
        self.usage = Usage()
        self.sent: Sequence[Message] = ()
        self._directory = Path(os.environ["CARO_TEST_SCRIPT"])

    def _note(self, word: str, text: str = "") -> None:
        with (self._directory / "events").open("a") as file:
            file.write(f"{word} {text}".rstrip().replace("\n", "\\n") + "\n")

    def _script(self) -> dict[str, list[Any]]:
        path = self._directory / "script.json"
        return json.loads(path.read_text()) if path.exists() else {}

    def _said_to(self, name: str) -> list[Any]:
        script = self._script()
        beginning = next((key for key in script if key.endswith("*") and name.startswith(key[:-1])), "")
        return script.get(name) or script.get(beginning) or ([] if name == "(load)" else [f"echo {name}"])

    def load(self) -> None:
        """Do what the script says for `(load)`."""
        self._note("load", self.model)
        for _said in self._steps("(load)", lambda: False):
            pass

    def prime(self, messages: Sequence[Message]) -> None:
        """There is nothing to evaluate."""

    def _steps(self, name: str, cancelled: Callable[[], bool]) -> Iterator[str]:
        for step in self._said_to(name):
            if isinstance(step, str):
                yield step
            elif "wait" in step:
                self._note("waiting", step["wait"])
                while not (self._directory / f"gate-{step['wait']}").exists():
                    if cancelled():
                        self._note("cancelled", name)
                        return
                    time.sleep(0.002)
            elif "fail" in step:
                raise EngineError(step["fail"], "Mend it.")
            elif found := next((error for word, error in _RAISED.items() if word in step), None):
                raise found("the script says so")
            elif "exit" in step:
                os.kill(os.getpid(), signal.SIGKILL)

    def stream(self, messages: Sequence[Message], sampling: Sampling, cancelled: Callable[[], bool]) -> Iterator[str]:
        """Say what the script has for the request; later draws look for `REQUEST#SEED` first."""
        request = messages[-1].content
        self._note("ask", request)
        self.sent = messages
        drawn = f"{request}#{sampling.seed}"
        name = drawn if sampling.temperature and drawn in self._script() else request
        self.usage = Usage(prompt_tokens=len(request), answer_tokens=0, ended=True)
        yield from self._steps(name, cancelled)

    def close(self) -> None:
        """Note that the memory was given back, and do what the script says for `(close)`."""
        self._note("close")
        for _said in self._steps("(close)", lambda: False):
            pass
