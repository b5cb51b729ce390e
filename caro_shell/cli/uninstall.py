"""`caro uninstall`: everything that caro has put on this machine goes again, and nothing else."""

from collections.abc import Sequence

from caro_shell.cli.options import Parser


def parser() -> Parser:
    """Return what the verb takes, with its help."""
    made = Parser(
        prog="caro uninstall",
        description="Takes caro's lines out of your shells' files, stops the daemon, and removes what caro made: the "
        "warm-up at login, caches, what was learnt, the runtime directory, and the program itself where install.sh, "
        "pipx or uv has put it. It asks first, and once more before it deletes models. What you wrote yourself stays.",
        examples=(
            ("caro uninstall", "ask, then do it"),
            ("caro uninstall --yes --keep-models", "ask nothing, and leave the models where they are"),
        ),
    )
    made.add_argument("--yes", "-y", action="store_true", help="ask nothing; every answer is yes, also about models")
    made.add_argument("--keep-models", action="store_true", help="leave the models where they are, and do not ask")
    return made


def run(argv: Sequence[str]) -> int:
    """Hand over to the installer's own parts."""
    from caro_shell.setup import become

    options = parser().parse_args(argv)
    become("uninstall", [f"--{name}" for name in ("yes", "keep-models") if getattr(options, name.replace("-", "_"))])
