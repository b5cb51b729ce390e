"""What is known of a command, and how that is told: to an eye in colours, to an ear in sentences."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from caro_shell.keypress import fit_for_a_terminal
from caro_shell.parse.characters import is_refused
from caro_shell.protocol import Reply
from caro_shell.terminal.highlight import Fragment, highlighted

# Prose is hard to read in longer lines.
_WIDEST = 100
_HIDDEN = "\N{MIDDLE DOT}"
# What is done in a shell that ends with it: who runs these wants something of their own shell.
_OF_THE_SHELL = frozenset(
    "cd pushd popd export set unset alias unalias source . setopt shopt bindkey umask abbr ulimit".split()  # noqa: SIM905  a line a word would be long to read
)


class Card(NamedTuple):
    """A command and what is said of it."""

    command: str
    shell: str
    risk: str = "safe"
    reasons: Sequence[str] = ()
    notes: Sequence[str] = ()


def card_of(reply: Reply, shell: str) -> Card:
    """Return the card of an answer."""
    again = [] if not reply.alternative else [f"This is answer {reply.alternative + 1}."]
    return Card(reply.command, shell, reply.risk, tuple(reply.reasons), (*reply.notes, *again))


def of_its_own_shell(card: Card) -> str:
    """Return a sentence where running the command in another shell leaves nothing; else nothing."""
    first = card.command.split(maxsplit=1)[0] if card.command.split() else ""
    if first not in _OF_THE_SHELL or any(sign in card.command for sign in ("&&", ";", "|", "\n")):
        return ""
    return f"`{first}` ends with the shell that runs it, and that is not yours: copy it instead."


def sentences(card: Card) -> Iterator[tuple[str, str]]:
    """Yield what is to be said of a command, each with its style; the risk comes first, and says so in words."""
    style = f"class:risk.{card.risk}"
    if not card.reasons:
        yield style, f"{card.risk}."
    for reason in card.reasons:
        yield style, f"{card.risk}: this {reason}."
    for note in (*card.notes, of_its_own_shell(card)):
        if note:
            yield "class:caro.note", f"note: {note}"


def drawn(card: Card, columns: int) -> list[Fragment]:
    """Return the card for a terminal of that width: the command from the first column on, so that it can be marked."""
    rows = list[Fragment]()
    for style, text in sentences(card):
        rows += [(style, f"{row}\n") for row in in_rows(fit_for_a_terminal(text), columns)]
    return [*highlighted(visible(card.command), card.shell), ("", "\n"), *rows]


def visible(command: str) -> str:
    """Return a command with a sign in place of each character that a terminal must not see: a user may paste some."""
    return "".join(_HIDDEN if is_refused(char) else char for char in command)


def in_rows(text: str, columns: int) -> list[str]:
    """Return a text of any number of lines in rows that fit into `columns` and can be read; a line that fits stays."""
    from caro_shell.keypress.below import width_of
    from caro_shell.keypress.view import wrapped

    width = max(min(columns, _WIDEST) - 1, 1)
    rows = list[str]()
    for line in text.split("\n"):
        rows += [line] if width_of(line) <= width else wrapped(line, width)
    return rows


def told(card: Card) -> str:
    """Return the card as lines to be read aloud."""
    said = [fit_for_a_terminal(text) for _style, text in sentences(card)]
    lines = "\n" if "\n" in card.command else " "
    return "\n".join([f"Command:{lines}{visible(card.command)}", *said])
