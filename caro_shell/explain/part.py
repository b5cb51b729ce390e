"""A part of a command, what it does there, and who says so."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

SHELL, MANUAL, MODEL, NOBODY = "shell", "manual", "model", ""
"""Who says it: the shell's grammar, a text on this machine about the tool, the model; or nobody yet."""

_LONGEST_ASKED = 200
"""Characters of a part: of more, the model need not see the rest to say what it is."""

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


@dataclass(frozen=True)
class Explanation:
    """A command and its parts; with what the model, if it was asked, says of the whole."""

    command: str
    parts: tuple[Part, ...] = ()
    summary: str = ""
    model: str = ""
    """Who was asked; empty: nobody, or nothing came of it."""

    @property
    def asked(self) -> list[str]:
        """Return the parts, as they are written, that the model is to be asked about."""
        return [" ".join(part.written(self.command).split())[:_LONGEST_ASKED] for part in untold(self.parts)]

    def told(self, summary: str, texts: Sequence[str], model: str) -> "Explanation":
        """Return the explanation with what the model says: of the whole, and of the parts that it was asked about."""
        return replace(self, parts=with_told(self.parts, texts, model), summary=summary, model=model)


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
