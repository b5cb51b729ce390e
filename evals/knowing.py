"""An engine that knows the answer: it says what it is told to say."""

from collections.abc import Callable, Iterator, Sequence

from caro_shell.engines import Placement, Sampling, Usage
from caro_shell.prompt import Message


class Knowing:
    """Says `answer`, whatever it is asked."""

    name = "references"
    model = "references"
    placement = Placement()
    notes: tuple[str, ...] = ()
    usage = Usage(ended=True)
    sent: Sequence[Message] = ()
    answer = ""

    def load(self) -> None:
        """Nothing has to be loaded."""

    def prime(self, messages: Sequence[Message]) -> None:
        """Nothing has to be evaluated."""

    def stream(self, messages: Sequence[Message], _sampling: Sampling, _cancelled: Callable[[], bool]) -> Iterator[str]:
        """Yield the answer in one piece."""
        self.sent = messages
        yield self.answer

    def close(self) -> None:
        """There is no memory to give back."""
