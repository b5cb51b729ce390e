"""Weights that were tuned are asked in their own way, and explain as they did before."""

from collections.abc import Callable, Iterator, Sequence

from caro_shell import context
from caro_shell.answers import Listener
from caro_shell.engines import Placement, Usage
from caro_shell.pipeline import Pipeline
from caro_shell.prompt import Message, build_messages, explanation_request, tuned_messages
from caro_shell.protocol import Ask


class TunedEngine:
    """Says `ls`; remembers what it was asked, and whether its adapter counted then."""

    name, model, placement, adapter = "tuned", "parrot", Placement(device="none"), "run-7"
    notes: tuple[str, ...] = ()

    def __init__(self) -> None:
        """Nothing was asked, and the adapter does not count."""
        self.usage = Usage()
        self.sent: Sequence[Message] = ()
        self.on = False
        self.asked: list[tuple[bool, Sequence[Message]]] = []
        self.primed: list[tuple[bool, Sequence[Message]]] = []

    def load(self) -> None:
        """There is nothing to load."""

    def tune(self, *, on: bool) -> None:
        """Remember it."""
        self.on = on

    def prime(self, messages: Sequence[Message]) -> None:
        """Remember it."""
        self.primed.append((self.on, messages))

    def stream(self, messages: Sequence[Message], *_: object) -> Iterator[str]:
        """Say the one thing it can."""
        self.sent = messages
        self.asked.append((self.on, messages))
        yield "ls"
        self.usage = Usage(ended=True)

    def close(self) -> None:
        """There is nothing to give back."""

    def keeps(self, _messages: Sequence[Message]) -> bool:
        """Say that examples would cost nothing."""
        return True

    def prepare(self, _messages: Sequence[Message], _cancelled: Callable[[], bool]) -> None:
        """Nobody is to ask for it."""
        raise AssertionError


def test_tuned_weights_are_told_the_place_alone() -> None:
    """No examples and no instructions: it was so that they learnt; what is primed is what is asked with."""
    engine = TunedEngine()
    pipeline = Pipeline(engine)
    place = context.place("bash")
    pipeline.prime("bash")
    pipeline.prepare("bash")
    assert pipeline.is_prepared("bash")
    pipeline.answer(Ask("list files", "bash", "1"), Listener())
    assert engine.primed == [(True, tuned_messages("", place))]
    assert engine.asked == [(True, tuned_messages("list files", place))]
    assert pipeline.last["adapter"] == "run-7"


def test_a_command_is_explained_by_the_weights_as_they_were_published() -> None:
    """They were tuned to write commands; after it, the adapter counts again."""
    engine = TunedEngine()
    pipeline = Pipeline(engine)
    place = context.place("bash")
    pipeline.answer(Ask("ls -l", "bash", "1", type="explain"), Listener())
    pipeline.answer(Ask("list files", "bash", "1"), Listener())
    assert engine.asked == [
        (False, build_messages(explanation_request("ls -l"), place)),
        (True, tuned_messages("list files", place)),
    ]
