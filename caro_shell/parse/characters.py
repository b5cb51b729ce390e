"""Characters that must never reach a terminal or a command line."""

import unicodedata

# Unicode 15, general category Cf: these are invisible but change nothing about order; emoji need the first two.
_HARMLESS_FORMAT = frozenset({"\u200d", "\u200c"})
# Replacement character: the model's bytes were not UTF-8. U+2028/9 end a line in some editors, not in others.
_REFUSED = frozenset({"\ufffd", "\u2028", "\u2029", "\u200b"})


def is_refused(char: str) -> bool:
    """Say whether `char` is a control, bidi, zero-width, tag, private or unpaired character.

    Tab and newline are not refused: they are part of commands of several lines.
    """
    if char in "\t\n" or (" " <= char <= "~"):
        return False
    if char in _REFUSED:
        return True
    category = unicodedata.category(char)
    return category in {"Cc", "Cs", "Co", "Cn"} or (category == "Cf" and char not in _HARMLESS_FORMAT)


def refused_in(text: str) -> str:
    """Return the names of the refused characters in `text`, empty when there are none."""
    return ", ".join(f"U+{ord(char):04X}" for char in dict.fromkeys(text) if is_refused(char))


def without_refused(text: str) -> str:
    """Return `text` fit for a terminal: what is refused is dropped."""
    return "".join(char for char in text if not is_refused(char))
