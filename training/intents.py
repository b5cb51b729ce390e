"""Our own intents out of intents/*.toml: one thing people want, many ways of asking for it, the command for it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from caro_shell.prompt import SHELLS, Place
from evals.tasks import read_table
from training.pairs import TrainingError
from training.slots import FOLDER, Kinds, slots_in

INTENTS = FOLDER / "intents"
LANGUAGES = ("de", "es", "fr", "zh", "ja", "pt", "ru", "ko", "it")
GESTURES = ("ask", "refine", "fix", "repair")
SYSTEMS = ("", "linux", "macos")
_COMMANDS = ("command", "fish", "bsd")
_TEXTS = {"id", "gesture", "system", *_COMMANDS}
_LISTS = {"asks", "shells", *LANGUAGES}
_VARIANT = {"asks", "command", "fish", "bsd", "slots", *LANGUAGES}
_KEYS = _TEXTS | _LISTS | {"slots", "also"}


@dataclass(frozen=True)
class Ask:
    """One way of asking, with slots in braces."""

    text: str
    language: str = "en"


@dataclass(frozen=True)
class Intent:
    """One thing people want; a variant of it, with other asks and another command, is one of its own."""

    id: str
    """`files:find-old`, a variant `files:find-old/1`: a file's ids are its own."""
    topic: str
    asks: Sequence[Ask]
    command: str = ""
    fish: str = ""
    bsd: str = ""
    slots: Mapping[str, str] = field(default_factory=dict)
    gesture: str = "ask"
    system: str = ""
    shells: Sequence[str] = SHELLS

    def command_for(self, place: Place) -> str:
        """Return the template of the command in `place`; empty where nothing is known of it there."""
        if place.shell not in self.shells or (self.system and self.system != place.system.lower()):
            return ""
        if place.shell == "fish" and place.flavour == "BSD" and self.fish and self.bsd:
            return ""
        if place.shell == "fish" and self.fish:
            return self.fish
        return self.bsd if place.flavour == "BSD" and self.bsd else self.command


def read_intents(paths: Sequence[Path], kinds: Kinds) -> list[Intent]:
    """Return the intents of these files, variants besides; raises TrainingError with every slip."""
    slips: list[str] = []
    found = [intent for path in paths for intent in _of_file(path, kinds, slips)]
    names = [intent.id for intent in found]
    slips += [f"The id {name} is there twice." for name in dict.fromkeys(names) if names.count(name) > 1]
    if slips:
        raise TrainingError("\n".join(slips))
    return found


def intent_files(folder: Path = INTENTS) -> list[Path]:
    """Return the files of intents, by name."""
    return sorted(folder.glob("*.toml"))


def _of_file(path: Path, kinds: Kinds, slips: list[str]) -> Iterator[Intent]:
    table = read_table(path, slips)
    slips.extend(f"{path}: `{name}` stands outside of [[intent]]." for name in table if name != "intent")
    for number, entry in enumerate(table.get("intent", []), 1):
        name = entry.get("id") or f"number {number}"
        for at, one in enumerate(_variants(entry)):
            wrong = list(_slips(one, kinds, _KEYS if at == 0 else _KEYS - {"also"}))
            slips.extend(f"{path.name}: {name}{f', variant {at}' if at else ''}: {slip}" for slip in wrong)
            if not wrong:
                yield _intent(one, f"{path.stem}:{name}{f'/{at}' if at else ''}", path.stem)


def _variants(entry: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield an entry and its variants; these have its slots, gesture and places."""
    yield entry
    shared = {key: value for key, value in entry.items() if key not in _VARIANT | {"also"}}
    for variant in entry.get("also", []):
        yield {**shared, **variant, "slots": {**entry.get("slots", {}), **variant.get("slots", {})}}


def _intent(entry: Mapping[str, Any], name: str, topic: str) -> Intent:
    asks = [Ask(text, key) for key in ("asks", *LANGUAGES) for text in entry.get(key, [])]
    command, fish, bsd = (entry.get(key, "") for key in _COMMANDS)
    used = set().union(*map(slots_in, (command, fish, bsd)), *(slots_in(ask.text, words=True) for ask in asks))
    return Intent(
        name,
        topic,
        tuple(Ask(ask.text, "en" if ask.language == "asks" else ask.language) for ask in asks),
        command,
        fish,
        bsd,
        slots={slot: kind for slot, kind in entry.get("slots", {}).items() if slot in used},
        gesture=entry.get("gesture", "ask"),
        system=entry.get("system", ""),
        shells=tuple(entry.get("shells", SHELLS)),
    )


def _slips(entry: Mapping[str, Any], kinds: Kinds, keys: set[str]) -> Iterator[str]:
    """Yield what is wrong with an intent, a sentence each."""
    yield from (f"there is no key `{key}`." for key in entry if key not in keys)
    yield from (f"`{key}` must be a string." for key in entry if key in _TEXTS and not isinstance(entry[key], str))
    lists = [key for key in entry if key in _LISTS]
    wrong = [
        key for key in lists if not isinstance(entry[key], list) or not all(isinstance(x, str) for x in entry[key])
    ]
    yield from (f"`{key}` must be a list of strings." for key in wrong)
    if not entry.get("id"):
        yield "`id` is missing."
    if not any(entry.get(key) for key in _COMMANDS):
        yield "`command` is missing."
    if not any(entry.get(key) for key in ("asks", *LANGUAGES)):
        yield "there is nobody who asks for it."
    for key, choices in (("gesture", GESTURES), ("system", SYSTEMS)):
        if entry.get(key, choices[0]) not in choices:
            yield f"`{key}` is one of: {', '.join(filter(None, choices))}."
    if not wrong:
        yield from (f"there is no shell `{shell}`." for shell in entry.get("shells", ()) if shell not in SHELLS)
        yield from _slot_slips(entry, kinds)


def _slot_slips(entry: Mapping[str, Any], kinds: Kinds) -> Iterator[str]:
    slots = entry.get("slots", {})
    yield from (f"there is no kind `{kind}` in slots*.toml." for kind in slots.values() if kind not in kinds)
    needed = set().union(*(slots_in(str(entry.get(key, ""))) for key in _COMMANDS)) & set(slots)
    for key in ("asks", *LANGUAGES):
        for ask in entry.get(key, []):
            if missing := needed - slots_in(ask, words=True):
                yield f"“{ask}” does not name {', '.join(sorted(missing))}, which the command has."
            if entry.get("gesture", "ask") == "ask" and (unknown := slots_in(ask, words=True) - set(slots)):
                yield f"“{ask}” has a slot without a kind: {', '.join(sorted(unknown))}."
