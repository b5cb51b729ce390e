"""`caro setup`: what install.sh does once caro is there, however it came there."""

from collections.abc import Sequence

from caro_shell.cli.options import Parser
from caro_shell.prompt import SHELLS


def parser() -> Parser:
    """Return what the verb takes, with its help."""
    made = Parser(
        prog="caro setup",
        description="Chooses and fetches the model, puts the key into your shell, and looks whether llama.cpp works. "
        "It says first what it will do, and asks; without a terminal it does nothing unless --yes is said. "
        "Say it again to repair.",
        examples=(
            ("caro setup", "ask, then do it"),
            ("caro setup --model tiny --shell fish", "the small model, and the key in fish"),
            ("caro setup --yes --no-rc", "ask nothing; print the lines for the key instead"),
        ),
    )
    made.add_argument("--yes", "-y", action="store_true", help="ask nothing; every answer is yes")
    made.add_argument("--shell", choices=SHELLS, default="", help="the shell that gets the key (default: yours)")
    made.add_argument(
        "--no-rc", action="store_true", help="leave the shell's rc file alone and print the lines instead"
    )
    made.add_argument(
        "--model",
        metavar="MODEL",
        default="",
        help="a name of `caro models list`, auto, the path of a GGUF file, or none (default: the one in use, or small)",
    )
    return made


def run(argv: Sequence[str]) -> int:
    """Hand over to the installer's own parts."""
    from caro_shell.setup import become

    options = parser().parse_args(argv)
    words = [f"--{name}" for name in ("yes", "no-rc") if getattr(options, name.replace("-", "_"))]
    words += [f"--{name}={value}" for name in ("shell", "model") if (value := getattr(options, name))]
    become("setup", words)
