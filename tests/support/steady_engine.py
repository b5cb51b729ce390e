"""An engine that always takes the same time, CARO_TEST_ANSWER_S seconds, as whoever waits in a queue sees one."""

import os
import time
from collections.abc import Callable, Iterator, Sequence

from caro_shell.config import Settings
from caro_shell.engines import Placement, Sampling, Usage
from caro_shell.prompt import Message


class SteadyEngine:
    """Answers `ls`."""

    name = "steady"
    placement = Placement(device="none")
    notes: tuple[str, ...] = ()

    def __init__(self, settings: Settings) -> None:
        """Know how long to take."""
        self.model = settings.model
        self.usage = Usage()
        self.sent: Sequence[Message] = ()
        self._answer_s = float(os.environ["CARO_TEST_ANSWER_S"])

    def load(self) -> None:
        """There is nothing to load."""

    def prime(self, messages: Sequence[Message]) -> None:
        """There is nothing to evaluate."""

    def stream(
        self,
        messages: Sequence[Message],
        sampling: Sampling,  # noqa: ARG002  as every engine has it
        cancelled: Callable[[], bool],
    ) -> Iterator[str]:
        """Take the time, unless cancelled."""
        self.sent = messages
        self.usage = Usage(prompt_tokens=1, answer_tokens=1, ended=True)
        end = time.monotonic() + self._answer_s
        while (left := end - time.monotonic()) > 0 and not cancelled():
            time.sleep(min(left, 0.01))
        yield "ls"

    def close(self) -> None:
        """There is nothing to give back."""
