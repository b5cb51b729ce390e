"""What the model itself says of a command: it may raise a level, never lower one, and is never repeated."""

import re
from functools import cache
from typing import TYPE_CHECKING

from caro_shell.safety.data import read_table

if TYPE_CHECKING:
    from caro_shell.safety.judge import Judgement

SENTENCE = "the model that wrote it says that it may do harm"
"""Our words: those of the model are not shown, since anybody may have put them into its mouth."""
# Whoever writes more around a command has lost the thread; what stands first is enough.
_MOST_CHARACTERS = 4000


@cache
def _pattern() -> re.Pattern[str]:
    table = read_table("told.toml")
    warnings, denials = "|".join(table["warnings"]), "|".join(table["denials"])
    return re.compile(rf"(?P<denied>\b(?:{denials})[ -](?:\w+ )?)?\b(?:{warnings})\b", re.IGNORECASE)


def warns(prose: str) -> bool:
    """Say whether a text around a command says that it may do harm: `not dangerous` says that it does not."""
    text = " ".join(prose[:_MOST_CHARACTERS].split())
    return any(not found["denied"] for found in _pattern().finditer(text))


def raised(judgement: "Judgement", command: str, *, warned: bool) -> "Judgement":
    """Return a judgement that is moderate at least where the model warned; what is found otherwise stays as it is."""
    # Whoever only asks whether a text warns needs neither the grammar nor the rules.
    from caro_shell.safety.judge import Judgement, Reason

    if not warned or judgement.level != "safe":
        return judgement
    return Judgement("moderate", (Reason("moderate", SENTENCE, "model-warns", (), (0, len(command))),))
