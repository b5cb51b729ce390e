"""`caro models`: the weights on this machine; what each verb does is in a module beside this one."""

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING

from caro_shell import config
from caro_shell.cli.options import Parser

if TYPE_CHECKING:
    import argparse

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


# Each verb's help, and an example of it.
_TOLD = {
    "list": ("the models caro knows, and which of them are here", ("--all", "every quantisation, too")),
    "info": ("all that is known of a model", ("small", "its size, its hash, where it comes from")),
    "path": ("where the weights of a model lie", ("tiny", "the file, and nothing else")),
    "pull": ("fetch models; goes on where an earlier try stopped", ("small tiny", "both, each checked by its SHA-256")),
    "use": ("answer with this model from the next request on", ("tiny", "writes the setting `model`")),
    "rm": ("remove models that caro has fetched", ("xl", "frees its disk space")),
    "verify": (
        "check every byte of models against their SHA-256; all that are here without a MODEL",
        ("", "exit status 1 when something is wrong"),
    ),
    "export": (
        "copy models and their hashes into a directory, for a machine without network",
        ("/media/usb small", "`caro models import /media/usb` takes them there"),
    ),
    "import": ("take the models out of such a directory", ("/media/usb", "each checked by its SHA-256")),
    "requantize": (
        "make another quantisation of a model, with llama.cpp's own quantiser",
        ("small q4_0", "quicker on some machines"),
    ),
}


def parser() -> Parser:
    """Return what the verbs take, with their help."""
    made = Parser(
        prog="caro models",
        description="The weights on this machine.",
        allow_abbrev=False,
        examples=(
            ("caro models list", "the models, and which are here"),
            ("caro models pull small", "fetches one and checks its SHA-256"),
            ("caro models use tiny", "answers with another one"),
        ),
    )
    verbs = made.add_subparsers(dest="verb", metavar="|".join(_VERBS), required=True)

    def verb(name: str, names: str = "", *, json: bool = False) -> Parser:
        text, (words, what) = _TOLD[name]
        example = (f"caro models {name} {words}".rstrip(), what)
        added = verbs.add_parser(name, help=text, description=text, allow_abbrev=False, examples=(example,))
        if names:
            added.add_argument("names", nargs=names, metavar="MODEL", help=f"{_NAME}; else the setting `model`")
        if json:
            added.add_argument("--json", action="store_true", help="for programs, on stdout")
        return added

    verb("list", json=True).add_argument("--all", action="store_true", help="every quantisation, too")
    verb("info", "?", json=True)
    verb("path", "?")
    _add_pull(verb("pull", "*", json=True))
    verb("use").add_argument("name", metavar="MODEL", help=_NAME)
    verb("rm", "+").add_argument("--force", action="store_true", help="also the one in use")
    verb("verify", "*", json=True)
    _add_directory(verb("export"))
    _add_directory(verb("import"), names=False)
    requantize = verb("requantize")
    requantize.add_argument("name", metavar="MODEL", help="a model that is here")
    requantize.add_argument("kind", choices=("q4_0", "q8_0"), help="q4_0: fewer bits, quicker on some; q8_0: more")
    return made


def _add_pull(pull: Parser) -> None:
    pull.add_argument("--from", dest="from_file", default="", metavar="FILE", help="try this file, folder or URL first")
    pull.add_argument("--source", default="", choices=SOURCES, help="use this source and no other")
    pull.add_argument(
        "--no-last-resort",
        dest="last_resort",
        action="store_false",
        help="never put up with a far weaker model",
    )


def _add_directory(verb: Parser, *, names: bool = True) -> None:
    verb.add_argument("directory", metavar="DIR", help="the directory of such a bundle")
    if names:
        verb.add_argument("names", nargs="*", metavar="MODEL", help=f"{_NAME}; else the setting `model`")


def run(argv: Sequence[str]) -> int:
    """List, locate, fetch, keep or move models; answers go to stdout, progress and remarks to stderr."""
    words = parser().parse_args(argv)
    settings = config.current()
    if words.verb in {"info", "path"}:
        words.name = words.names or settings.model
    elif "names" in words and words.verb != "verify":
        words.names = words.names or [settings.model]
    module = import_module(f"caro_shell.cli.models.{_VERBS[words.verb]}")
    act: Callable[[argparse.Namespace, config.Settings], int] = getattr(module, f"{words.verb}_")
    return act(words, settings)
