"""Several answers to one prompt, from any engine: side by side where it can, else one after another."""

from collections.abc import Iterator, Sequence
from contextlib import closing

from caro_shell.engines import Branching, Engine, Growth, Reader, Sampling
from caro_shell.prompt import Message


def stream_candidates(
    engine: Engine, messages: Sequence[Message], samplings: Sequence[Sampling], reader: Reader
) -> Iterator[Growth]:
    """Yield the pieces of an answer a sampling, in whatever order they come; the last one of each has its usage.

    Ends early, without an error, once the reader has cancelled. Raises what the engine's own `stream` raises: after a
    BrokenOffError all of it is void.
    """
    if isinstance(engine, Branching) and len(samplings) > 1:
        yield from engine.stream_together(messages, samplings, reader)
        return
    for number, sampling in enumerate(samplings):
        with closing(engine.stream(messages, sampling, reader.cancelled)) as stream:  # type: ignore[type-var]
            for text in stream:
                yield Growth(number, text)
                if reader.is_complete(number):
                    break
        if reader.cancelled():
            return
        yield Growth(number, "", engine.usage)
