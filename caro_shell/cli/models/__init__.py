"""`caro models`: the weights on this machine; what each verb does is in a module beside this one."""

import argparse
from collections.abc import Callable, Sequence
from importlib import import_module

from caro_shell import config
from caro_shell.cli.options import Parser

SOURCES = ("hub", "index", "file", "url", "cache")
_VERBS = {
    "list": "rows",
    "info": "rows",
    "path": "rows",
    "pull": "fetching",
    "use": "fetching",
    "rm": "keeping",
    "verify": "keeping",
    "export": "moving",
    "import": "moving",
    "requantize": "moving",
}
_NAME = "small, small:q8_0, owner/repo:file.gguf, or https://…#sha256=HEX"


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="caro models", description="The weights on this machine.", allow_abbrev=False)
    verbs = parser.add_subparsers(dest="verb", metavar="|".join(_VERBS), required=True)

    def verb(name: str, text: str, names: str = "", *, json: bool = False) -> argparse.ArgumentParser:
        added: argparse.ArgumentParser = verbs.add_parser(name, help=text, description=text, allow_abbrev=False)
        if names:
            added.add_argument("names", nargs=names, metavar="NAME", help=f"{_NAME}; else the setting `model`")
        if json:
            added.add_argument("--json", action="store_true", help="for programs, on stdout")
        return added

    verb("list", "the models caro knows, and which of them are here", json=True).add_argument(
        "--all", action="store_true", help="every quantisation, too"
    )
    verb("info", "all that is known of a model", "?", json=True)
    verb("path", "where the weights of a model lie", "?")
    _add_pull(verb("pull", "fetch models; goes on where an earlier try stopped", "*", json=True))
    verb("use", "answer with this model from the next request on").add_argument("name", metavar="NAME", help=_NAME)
    verb("rm", "remove models that caro has fetched", "+").add_argument(
        "--force", action="store_true", help="also the one in use"
    )
    verb("verify", "check every byte of models against their SHA-256; all that are here without a NAME", "*", json=True)
    _add_directory(verb("export", "copy models and their hashes into a directory, for a machine without network"))
    _add_directory(verb("import", "take the models out of such a directory"), names=False)
    requantize = verb("requantize", "make another quantisation of a model, with llama.cpp's own quantiser")
    requantize.add_argument("name", metavar="NAME", help="a model that is here")
    requantize.add_argument("kind", choices=("q4_0", "q8_0"), help="q4_0: fewer bits, quicker on some; q8_0: more")
    return parser


def _add_pull(pull: argparse.ArgumentParser) -> None:
    pull.add_argument("--from", dest="from_file", default="", metavar="FILE", help="try this file, folder or URL first")
    pull.add_argument("--source", default="", choices=SOURCES, help="use this source and no other")
    pull.add_argument(
        "--no-last-resort",
        dest="last_resort",
        action="store_false",
        help="never put up with a far weaker model",
    )


def _add_directory(parser: argparse.ArgumentParser, *, names: bool = True) -> None:
    parser.add_argument("directory", metavar="DIR")
    if names:
        parser.add_argument("names", nargs="*", metavar="NAME", help=f"{_NAME}; else the setting `model`")


def run(argv: Sequence[str]) -> int:
    """List, locate, fetch, keep or move models; answers go to stdout, progress and remarks to stderr."""
    try:
        words = _parser().parse_args(list(argv))
    except SystemExit:
        # Only --help gets here: wrong words raise UsageError.
        return 0
    settings = config.current()
    if words.verb in {"info", "path"}:
        words.name = words.names or settings.model
    elif "names" in words and words.verb != "verify":
        words.names = words.names or [settings.model]
    module = import_module(f"caro_shell.cli.models.{_VERBS[words.verb]}")
    act: Callable[[argparse.Namespace, config.Settings], int] = getattr(module, f"{words.verb}_")
    return act(words, settings)
