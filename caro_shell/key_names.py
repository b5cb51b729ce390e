"""What a key is called in a sentence: the settings write `ctrl-x g`, and people read Ctrl-X g."""


def shown_key(key: str) -> str:
    """Return a key of the settings (docs/configuration.md) as it is said; empty for none.

    The `!` that takes a key over from somebody else is no part of its name.
    """
    return " ".join(_shown_stroke(stroke) for stroke in key.removesuffix("!").split())


def _shown_stroke(stroke: str) -> str:
    *modifiers, last = stroke.split("-")
    return "-".join([*(modifier.capitalize() for modifier in modifiers), last.upper() if modifiers else last])
