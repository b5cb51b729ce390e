"""`caro models list|path|pull`: the weights on this machine."""

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from caro_shell import config
from caro_shell.cli.options import Parser
from caro_shell.config import Settings
from caro_shell.errors import ModelError, UsageError
from caro_shell.models import store
from caro_shell.models.catalogue import Model, read_catalogue
from caro_shell.models.progress import size_text

_SOURCES = ("cache", "hub", "index")


@dataclass(frozen=True)
class Row:
    """What `list` says about one model."""

    name: str
    title: str
    about: str
    bytes: int
    licence: str
    present: bool
    verified: bool
    active: bool
    path: str
    note: str


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="caro models", description="The weights on this machine.", allow_abbrev=False)
    verbs = parser.add_subparsers(dest="verb", metavar="list|path|pull", required=True)
    listing = verbs.add_parser("list", help="the models caro knows, and which of them are here", allow_abbrev=False)
    listing.add_argument("--json", action="store_true", help="one JSON array")
    path = verbs.add_parser("path", help="where the weights of a model lie", allow_abbrev=False)
    pull = verbs.add_parser("pull", help="fetch a model; goes on where an earlier try stopped", allow_abbrev=False)
    for verb in (path, pull):
        verb.add_argument("name", nargs="?", metavar="NAME", help="a name of the list; else the setting `model`")
    pull.add_argument("--from", dest="from_file", default="", metavar="FILE", help="try this file first")
    pull.add_argument("--source", default="", choices=_SOURCES, help="use this source and no other")
    pull.add_argument(
        "--no-last-resort",
        dest="last_resort",
        action="store_false",
        help="never put up with a far weaker model",
    )
    return parser


def _row(model: Model, settings: Settings) -> Row:
    present, verified, note = store.model_path(model, settings).exists(), False, ""
    try:
        verified = store.check(model, settings)
    except ModelError:
        note = f"damaged; mend it: caro models pull {model.name}"
    if not present and (other := store.stand_in(model, settings, read_catalogue())):
        note = f"{other.name} serves in its place"
    return Row(
        model.name,
        model.title,
        model.about,
        model.bytes,
        model.licence,
        present=present,
        verified=verified,
        active=settings.model == model.name,
        path=str(store.model_path(model, settings)) if present else "",
        note=note,
    )


def _own_row(settings: Settings) -> Row:
    path, size, note = store.expand(settings.model), 0, ""
    try:
        store.find_model(settings.model, settings)
        size = path.stat().st_size
    except ModelError as error:
        note = error.message
    return Row(
        path.name,
        path.name,
        "Your own file.",
        size,
        "",
        present=path.exists(),
        verified=False,
        active=True,
        path=str(path),
        note=note,
    )


def _state(row: Row) -> str:
    if row.note:
        return row.note
    if row.verified:
        return f"here: {row.path}"
    return f"your own: {row.path}" if row.present else "not here"


def _list(words: argparse.Namespace, settings: Settings) -> int:
    rows = [_row(model, settings) for model in read_catalogue().values()]
    if store.is_own_file(settings.model):
        rows.append(_own_row(settings))
    if words.json:
        print(json.dumps([asdict(row) for row in rows], indent=2))
        return 0
    width = max(len(row.name) for row in rows)
    for row in rows:
        mark = "*" if row.active else " "
        print(f"{mark} {row.name:{width}}  {size_text(row.bytes):>8}  {row.licence:10}  {_state(row)}")
    return 0


def _path(words: argparse.Namespace, settings: Settings) -> int:
    print(store.find_model(words.name or settings.model, settings, read_catalogue()).path)
    return 0


def _pull(words: argparse.Namespace, settings: Settings) -> int:
    from caro_shell.models.pull import PullOptions, pull

    name = words.name or settings.model
    if store.is_own_file(name):
        raise UsageError(f"{name} is a file of yours, there is nothing to fetch.", "Try: caro models pull small")
    models = read_catalogue()
    options = PullOptions(words.from_file, words.source, last_resort=words.last_resort, models=models)
    pull(store.known_model(name, models), settings, options)
    return 0


_VERBS: dict[str, Callable[[argparse.Namespace, Settings], int]] = {
    "list": _list,
    "path": _path,
    "pull": _pull,
}


def run(argv: Sequence[str]) -> int:
    """List, locate or fetch models; answers go to stdout, progress and remarks to stderr."""
    try:
        words = _parser().parse_args(list(argv))
    except SystemExit:
        # Only --help gets here: wrong words raise UsageError.
        return 0
    return _VERBS[words.verb](words, config.current())
