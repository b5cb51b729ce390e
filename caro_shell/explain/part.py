"""A part of a command, what it does there, and who says so."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

SHELL, MANUAL, MODEL, NOBODY = "shell", "manual", "model", ""
"""Who says it: the shell's grammar, a text on this machine about the tool, the model; or nobody yet."""

Span = tuple[int, int]
"""Where something begins and ends, in characters of the command."""


@dataclass(frozen=True)
class Part:
    """Some characters of a command, which need not stand together, and what they do."""

    spans: tuple[Span, ...]
    text: str = ""
    """What it does; empty where nothing on this machine says it."""
    source: str = NOBODY
    origin: str = ""
    """Where that was read: `ls --help`, `tar(1)`."""
    command: str = field(default="", compare=False)
    """The command it belongs to, as the user would name it."""

    @property
    def span(self) -> Span:
        """Return where the part begins and ends as a whole."""
        return min(start for start, _ in self.spans), max(end for _, end in self.spans)

    def written(self, command: str) -> str:
        """Return the part as it stands in `command`; an ellipsis stands for what lies between its pieces."""
        pieces = [command[start:end] for start, end in sorted(self.spans)]
        gaps = [
            " " if not command[one[1] : other[0]].strip() else " … "
            for one, other in zip(self.spans, self.spans[1:], strict=False)
        ]
        return "".join(text for pair in zip(pieces, [*gaps, ""], strict=True) for text in pair)


def in_order(parts: Iterable[Part]) -> tuple[Part, ...]:
    """Return the parts as they are read: from left to right, the outer before the inner, none twice."""
    return tuple(sorted(dict.fromkeys(parts), key=lambda part: (part.span[0], -part.span[1])))


def untold(parts: Sequence[Part]) -> tuple[Part, ...]:
    """Return the parts of which nothing on this machine says what they do."""
    return tuple(part for part in parts if not part.text)


def with_told(parts: Sequence[Part], told: Sequence[str], by: str) -> tuple[Part, ...]:
    """Return the parts with what the model `by` has `told` of those that were untold, in their order."""
    texts = iter(told)
    return tuple(
        part if part.text or not (text := next(texts, "")) else replace(part, text=text, source=MODEL, origin=by)
        for part in parts
    )
