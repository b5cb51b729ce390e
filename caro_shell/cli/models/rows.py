"""`caro models list|info|path`: what caro knows, and what is here."""

import argparse
import json
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from caro_shell.config import Settings
from caro_shell.errors import ModelError
from caro_shell.models import catalogue, inventory, store
from caro_shell.models.catalogue import Model
from caro_shell.models.progress import columns_of, size_text


@dataclass(frozen=True)
class Row:
    """What `list` says about one model; sizes in bytes, 0 where they are not known."""

    name: str
    title: str
    about: str
    bytes: int
    memory: int
    licence: str
    present: bool
    verified: bool
    active: bool
    path: str
    note: str


def _row(model: Model, settings: Settings, active: str) -> Row:
    here = inventory.files_of(model, settings)
    verified, note = False, ""
    try:
        verified = store.check(model, settings)
    except ModelError:
        note = f"damaged; mend it: caro models pull {model.name}"
    if here and not verified and not note:
        note = "not all of it is here" if len(here) < len(model.files) else "of unknown origin, not used"
    if not here and (other := store.stand_in(model, settings, catalogue.read_catalogue())):
        note = f"{other.name} serves in its place"
    return Row(
        model.name,
        model.title,
        model.about,
        model.bytes,
        model.memory_need,
        model.licence,
        present=bool(here),
        verified=verified,
        active=active == model.name,
        path=str(store.model_path(model, settings)) if here else "",
        note=note,
    )


def _own_row(name: str, settings: Settings, *, active: bool) -> Row:
    path, size, note = store.expand(name), 0, ""
    try:
        path = store.find_model(name, settings).path
        size = path.stat().st_size
    except ModelError as error:
        note = error.message
    return Row(
        path.name,
        path.name,
        "Your own file.",
        size,
        0,
        "",
        present=os.path.exists(path),  # noqa: PTH110  Path.exists raises for a name that is too long
        verified=False,
        active=active,
        path=str(path),
        note=note,
    )


def _auto_row(settings: Settings) -> Row:
    models = catalogue.read_catalogue()
    choice = store.choose_auto(settings, models)
    row = _row(models[choice.name], settings, "")
    return replace(row, name="auto", about=choice.why, active=settings.model == "auto", note=choice.why)


def _rows(settings: Settings, *, every: bool) -> Iterator[Row]:
    models = catalogue.read_catalogue()
    active = "" if settings.model == "auto" else inventory.in_use(settings, models)
    others = inventory.others_here(settings, models)
    extra = {model.name: model for model in others}
    if active and active not in models and active not in extra:
        extra[active] = store.known_model(active, models, settings)
    for name in models:
        if ":" not in name or every or name in extra or name == active:
            yield _row(store.known_model(name, models, settings), settings, active)
    for name, model in extra.items():
        if name not in models:
            yield _row(model, settings, active)
    if store.is_own_file(settings.model):
        yield _own_row(settings.model, settings, active=True)
    if "small" in models and "tiny" in models:
        yield _auto_row(settings)


def _state(row: Row) -> str:
    if row.note:
        return row.note
    if row.verified:
        return f"here: {row.path}"
    return f"your own: {row.path}" if row.present else "not here"


def _lines(row: Row, width: int, columns: int) -> list[str]:
    """Return one line, or where that is wider than the terminal a short one and the rest below it."""
    mark = "*" if row.active else " "
    if row.name == "auto":
        return [f"{mark} {row.name:{width}}  {_state(row)}"]
    size = size_text(row.bytes) if row.bytes else ""
    need = f"needs {size_text(row.memory)}" if row.memory else ""
    line = f"{mark} {row.name:{width}}  {size:>8}  {need:13}  {row.licence:13}  {_state(row)}"
    if not columns or len(line) <= columns:
        return [line]
    rest = [words for words in (row.licence, _state(row)) if words]
    return [f"{mark} {row.name:{width}}  {size:>8}  {need}".rstrip(), f"    {', '.join(rest)}"]


def _print_table(rows: list[Row]) -> None:
    width = max(len(row.name) for row in rows if len(row.name) <= 24)  # noqa: PLR2004  an address has its own line
    columns = columns_of(sys.stdout) if sys.stdout.isatty() else 0
    for row in rows:
        for line in _lines(row, width, columns):
            print(line)


_LABELS = {"bytes": "size", "memory": "memory", "device_memory": "on a device"}


def list_(words: argparse.Namespace, settings: Settings) -> int:
    """Print a line, or an object, a model."""
    rows = list(_rows(settings, every=words.all))
    if words.json:
        print(json.dumps([asdict(row) for row in rows], indent=2))
    else:
        _print_table(rows)
    return 0


def path_(words: argparse.Namespace, settings: Settings) -> int:
    """Print the path of the file to load, and nothing else."""
    print(store.find_model(words.name, settings, catalogue.read_catalogue()).path)
    return 0


def info_(words: argparse.Namespace, settings: Settings) -> int:
    """Print all that is known of a model."""
    models = catalogue.read_catalogue()
    if store.is_own_file(words.name):
        facts = asdict(_own_row(words.name, settings, active=words.name == settings.model))
        facts = {key: facts[key] for key in ("name", "about", "bytes", "active", "path", "note")}
    else:
        facts = _info(inventory.find(words.name, settings, models), settings)
    if words.json:
        print(json.dumps(facts, indent=2))
        return 0
    for key, value in facts.items():
        for line in _info_lines(key, value):
            print(line)
    return 0


def _info(model: Model, settings: Settings) -> dict[str, object]:
    from caro_shell.models import requantize

    models = catalogue.read_catalogue()
    row = _row(model, settings, "" if settings.model == "auto" else inventory.in_use(settings, models))
    size = model.name.partition(":")[0]
    kinds = [other.quantisation for name, other in models.items() if name.partition(":")[0] == size]
    kinds = [kind for kind in kinds if kind]
    measured = requantize.measured(model.name)
    return {
        **asdict(row),
        "device_memory": model.device_need,
        "quantisation": model.quantisation,
        "quantisations": kinds if size in models else [],
        "repo": model.repo,
        "revision": model.revision if model.repo else "",
        "url": model.url,
        "files": [
            {"name": file.name, "bytes": file.bytes, "sha256": file.sha256, "remote": file.remote}
            for file in model.files
        ],
        "adapter": {**asdict(model.adapter), "setting": settings.adapter} if model.adapter else {},
        "measured": measured.sentence() if measured else "",
        "auto": _why_auto(model, settings),
    }


def _why_auto(model: Model, settings: Settings) -> str:
    """Return why `auto` stands for this model; empty where it stands for another."""
    models = catalogue.read_catalogue()
    if "small" not in models or "tiny" not in models:
        return ""
    choice = store.choose_auto(settings, models)
    return choice.why if model.name in {choice.name, choice.best} else ""


def _adapter_lines(value: Mapping[str, Any]) -> Iterator[str]:
    if value:
        off = "" if value["setting"] == "on" else f", not used: the setting `adapter` is {value['setting']}"
        yield f"{'adapter':14} training run {value['run']}, {size_text(value['bytes'])}{off}"
        yield f"{'  sha256':14} {value['sha256']}"


def _info_lines(key: str, value: object) -> Iterator[str]:
    """Yield the lines of one fact; what is empty is left out."""
    label = key.replace("_", " ")
    if key == "files" and isinstance(value, list):
        for file in value:
            yield f"{'file':14} {file['name']}"
            yield f"{'  sha256':14} {file['sha256'] or 'asked of the hub when it is fetched'}"
    elif isinstance(value, dict):
        yield from _adapter_lines(value)
    elif isinstance(value, bool):
        yield f"{label:14} {'yes' if value else 'no'}"
    elif key in {"bytes", "memory", "device_memory"} and isinstance(value, int):
        if value:
            exact = f" ({value:,} bytes)" if key == "bytes" else ", about"
            yield f"{_LABELS.get(key, label):14} {size_text(value)}{exact}"
    elif isinstance(value, list):
        if value:
            yield f"{label:14} {', '.join(value)}"
    elif value:
        yield f"{label:14} {value}"
