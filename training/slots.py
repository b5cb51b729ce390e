"""The values that stand for a slot, and how a template is filled with them, quoted where the shell needs it."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random

from training.pairs import TrainingError

FOLDER = Path(__file__).parent
SLOT_IN_WORDS = re.compile(r"\{([A-Za-z][\w-]*)(!r)?\}")
# In a command `${n}` is the shell's own; `${n!r}` is a dollar before a slot.
SLOT = re.compile(r"(?:(?<!\$)|(?=\{[A-Za-z][\w-]*!r))\{([A-Za-z][\w-]*)(!r)?\}")
_SAFE = re.compile(r"~?[\w@%+:,./-][\w@%+=:,./~-]*|~", re.ASCII)
# In quotes that an author wrote, these would end them or mean something.
_LOUD = set("'\"$`\\!")

Kinds = Mapping[str, Sequence[str]]


def read_kinds(folder: Path = FOLDER) -> Kinds:
    """Return the values of every kind in slots*.toml; a kind in several files has the values of all of them."""
    kinds: dict[str, dict[str, None]] = {}
    for path in sorted(folder.glob("slots*.toml")):
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise TrainingError(f"{path}: {error}.") from error
        for kind, values in table.items():
            if not isinstance(values, list) or not all(isinstance(value, str) and value for value in values):
                raise TrainingError(f"{path}: `{kind}` must be a list of strings.")
            kinds.setdefault(kind, {}).update(dict.fromkeys(values))
    return {kind: tuple(values) for kind, values in kinds.items()}


def slots_in(template: str, *, words: bool = False) -> set[str]:
    """Return the names that stand in braces in a command, or in `words` about one, whether they are slots or not."""
    return {found[1] for found in (SLOT_IN_WORDS if words else SLOT).finditer(template)}


def draw_values(slots: Mapping[str, str], command: str, kinds: Kinds, random: Random) -> dict[str, str]:
    """Return a value for each slot; slots of one kind get different ones, raw ones nothing that ends a quote."""
    raw = {found[1] for found in SLOT.finditer(command) if _is_raw(found)}
    drawn: dict[str, str] = {}
    for name, kind in slots.items():
        taken = {drawn[other] for other in drawn if slots[other] == kind}
        drawn[name] = random.choice(
            [value for value in kinds[kind] if value not in taken and not (name in raw and _LOUD & set(value))]
        )
    return drawn


def filled(template: str, values: Mapping[str, str]) -> str:
    """Return a text with its slots filled as they are; a name in braces that is no slot stays."""
    return SLOT_IN_WORDS.sub(lambda found: values.get(found[1], found[0]), template)


def filled_command(template: str, values: Mapping[str, str], shell: str) -> str:
    """Return a command with its slots filled: each quoted as a whole word, `{name!r}` as it is."""

    def value(found: re.Match[str]) -> str:
        if found[1] not in values:
            return found[0]
        return values[found[1]] if _is_raw(found) else quoted(values[found[1]], shell)

    return SLOT.sub(value, template)


def _is_raw(found: re.Match[str]) -> bool:
    """Say whether a slot stands in quotes, or says itself that it is to stay as it is; `"$(…)"` begins anew."""
    inside, before = [""], found.string[: found.start()]
    for at, char in enumerate(before):
        if (char in "'\"" and char == inside[-1]) or (char == ")" and inside[-1] == "("):
            inside.pop()
        elif inside[-1] != "'" and before.startswith("$(", at):
            inside.append("(")
        elif char in "'\"" and inside[-1] in {"", "("}:
            inside.append(char)
    return bool(found[2] or inside[-1] in {"'", '"'})


def quoted(value: str, shell: str) -> str:
    """Return a value as one word of the shell; a tilde at its beginning stays what it is."""
    if _SAFE.fullmatch(value):
        return value
    if value.startswith("~/"):
        return f"~/{quoted(value[2:], shell)}"
    if "'" not in value:
        return f"'{value}'"
    if not set(value) & set('"$`\\!'):
        return f'"{value}"'
    if shell == "fish":
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return "'" + value.replace("'", "'\\''") + "'"
