"""A request that is asked on a thread of its own, while somebody else looks after the terminal."""

import os
import select
import threading
from collections.abc import Callable, Mapping
from typing import Any

from caro_shell.client import Client
from caro_shell.errors import Cancelled
from caro_shell.keypress import fit_for_a_terminal
from caro_shell.keypress.answer import status_of

# A client that is just starting a daemon does not look whether it is still wanted; nobody waits for it to do so.
_LEAVING_S = 1.0


class Errand:
    """One request on its way; `status` and `preview` say how far it is."""

    def __init__(self, message: Mapping[str, Any], environ: Mapping[str, str]) -> None:
        """Ask at once."""
        self.status = "asking"
        self.preview = ""
        self._message, self._environ = message, environ
        self._reply: dict[str, Any] = {}
        self._error: BaseException | None = None
        self._told: Callable[[], None] = lambda: None
        self._hung_up, self._hang_up = os.pipe()
        self._is_closed = False
        self._thread = threading.Thread(target=self._ask, name="errand", daemon=True)
        self._thread.start()

    def tell(self, told: Callable[[], None]) -> None:
        """Call `told`, on the errand's thread, whenever there is something new."""
        self._told = told

    def is_done(self) -> bool:
        """Say whether there is an answer, or an error."""
        return bool(self._reply) or self._error is not None

    def cancel(self) -> None:
        """Have the daemon stop; `reply` then raises Cancelled, unless the answer is there already."""
        if self.is_done():
            return
        os.write(self._hang_up, b".")
        self._thread.join(_LEAVING_S)
        if not self.is_done():
            self._error = Cancelled("You cancelled it.")

    def wait(self, limit_s: float) -> bool:
        """Wait for the end of it for at most so many seconds; returns whether it came."""
        if not self.is_done():
            self._thread.join(limit_s)
        return self.is_done()

    def reply(self) -> dict[str, Any]:
        """Return the `done` event; raises what became of the request instead."""
        while not self.wait(_LEAVING_S):
            pass
        if not self._thread.is_alive() and not self._is_closed:
            self._is_closed = True
            os.close(self._hung_up)
            os.close(self._hang_up)
        if self._error is not None:
            raise self._error
        return self._reply

    def _ask(self) -> None:
        try:
            with Client(self._environ, hang_up=self._hung_up, hang_up_events=select.POLLIN) as client:
                self._reply = client.ask(self._message, self._show)
        except BaseException as error:
            self._error = self._error or error
        finally:
            self._told()

    def _show(self, event: dict[str, Any]) -> None:
        if event["type"] == "working":
            self.status = status_of(event)
        elif event["type"] == "chunk":
            self.preview = fit_for_a_terminal(str(event["text"]))
        self._told()
