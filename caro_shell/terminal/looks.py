"""How things look, of the environment and the settings: colours only by name, so that the terminal's theme decides."""

from collections.abc import Mapping

_NAMES = "black red green yellow blue magenta cyan gray".split()  # noqa: SIM905  as xterm counts them
# Neither ansiblue nor ansiyellow: one cannot be read on black, the other on white. Red is for danger alone.
_STYLES = {
    "shell.command": "bold",
    "shell.keyword": "ansimagenta",
    "shell.option": "ansicyan",
    "shell.string": "ansigreen",
    "shell.variable": "ansimagenta",
    "shell.operator": "ansicyan",
    "risk.moderate": "bold",
    "risk.high": "ansired bold",
    "risk.critical": "ansired bold reverse",
    "caro.menu.key": "bold underline",
    "caro.prompt": "bold",
    "caro.error": "ansired",
}
_DIM = ("shell.comment", "risk.safe", "caro.note", "caro.status", "caro.preview")


def styles(style: str) -> dict[str, str]:
    """Return the style of every class; `style` is the setting of that name, for what is dim."""
    return {**_STYLES, **dict.fromkeys(_DIM, dim_of(style))}


def has_colours(environ: Mapping[str, str]) -> bool:
    """Say whether colours are wanted: https://no-color.org, and CLICOLOR of https://bixense.com/clicolors."""
    if environ.get("NO_COLOR"):
        return False
    return environ.get("CLICOLOR") != "0" or environ.get("CLICOLOR_FORCE", "0") != "0"


def is_plain_terminal(environ: Mapping[str, str]) -> bool:
    """Say whether the terminal can only write one line after another."""
    return environ.get("TERM", "") in ("", "dumb", "unknown")


def dim_of(style: str) -> str:
    """Return zle_highlight's notation (`fg=8,italic`) as prompt-toolkit has it; what it has no word for is left out."""
    return " ".join(filter(None, map(_word_of, style.split(","))))


def _word_of(part: str) -> str:
    name, _, value = part.partition("=")
    if part in ("bold", "italic", "underline"):
        return part
    colour = _colour_of(value) if name in ("fg", "bg") else ""
    return f"{name}:{colour}" if colour else ""


def _colour_of(value: str) -> str:
    if len(value) == 7 and value[0] == "#" and all(digit in "0123456789abcdefABCDEF" for digit in value[1:]):  # noqa: PLR2004  #rrggbb
        return value
    if not (value.isascii() and value.isdecimal() and int(value) < 256):  # noqa: PLR2004  xterm's palette
        return f"ansi{value}" if value in _NAMES else ""
    number = int(value)
    if number < 16:  # noqa: PLR2004  the terminal's own colours, the bright ones from 8 on
        bright = {0: "ansibrightblack", 7: "ansiwhite"}.get(number - 8, f"ansibright{_NAMES[number % 8]}")
        return f"ansi{_NAMES[number]}" if number < 8 else bright  # noqa: PLR2004
    if number >= 232:  # noqa: PLR2004  greys
        return f"#{8 + 10 * (number - 232):02x}" + f"{8 + 10 * (number - 232):02x}" * 2
    steps = [0, *range(95, 256, 40)]
    return "#" + "".join(f"{steps[(number - 16) // place % 6]:02x}" for place in (36, 6, 1))
