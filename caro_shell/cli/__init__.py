"""The `caro` command: one file a verb, everything else is a request."""

import os
import sys
from collections.abc import Sequence
from importlib import import_module

from caro_shell.errors import Cancelled, CaroError, UsageError

# Each with what it does: `caro --help`, the man page and the completions say it.
VERBS = {
    "setup": "fetch a model, put the key into your shell",
    "tour": "two minutes to try the keys, in your own shell",
    "init": "the lines that load caro into your shell",
    "explain": "what a command does",
    "check": "how dangerous a command is, and why",
    "abbr": "keep commands under names of your own",
    "daemon": "the process that keeps the model warm",
    "models": "the weights: list, fetch, use, remove",
    "config": "the settings, and where each comes from",
    "forget": "what is kept of earlier answers",
    "last": "exactly what was sent last time",
    "doctor": "what is wrong, and the command that mends it",
    "bench": "how fast it is, step by step",
    "uninstall": "take all of it away again",
}

ANSWERED, FAILED, USAGE, CANCELLED = 0, 1, 2, 130
_REPORT = "Say it once more with CARO_TRACE=1 in front, and report what you see."


def main(argv: Sequence[str] | None = None) -> int:
    """Run one `caro` command and return its exit code; no traceback reaches a user."""
    words = _asks_for_help(list(sys.argv[1:] if argv is None else argv))
    verb = words[0] if words and words[0] in VERBS else "request"
    try:
        run = import_module(f"caro_shell.cli.{verb}").run
        status = int(run(words if verb == "request" else words[1:]))
        if sys.stdout is not None:
            # Here, where it can be said in one sentence that it does not work.
            sys.stdout.flush()
    except UnicodeEncodeError as error:
        print_error(
            CaroError(
                f"This terminal's encoding ({error.encoding}) cannot show the answer.", "Set LC_ALL to a UTF-8 locale."
            )
        )
        return FAILED
    except SystemExit:
        # Only --help and --version get here, which have said what was asked for: wrong words raise UsageError.
        return ANSWERED
    except (KeyboardInterrupt, Cancelled):
        return CANCELLED
    except BrokenPipeError:
        # The reader of a pipe left; keep the interpreter from complaining about it at exit.
        sys.stdout = None
        return FAILED
    except CaroError as error:
        print_error(error)
        return USAGE if isinstance(error, UsageError) else FAILED
    except Exception as error:  # a fault of ours is still no reason for a traceback on somebody's screen
        if os.environ.get("CARO_TRACE"):
            raise
        sys.stdout = None if isinstance(error, OSError) else sys.stdout
        print_error(CaroError(f"Something in caro broke ({type(error).__name__}: {error}).", _REPORT))
        return FAILED
    return status


def _asks_for_help(words: list[str]) -> list[str]:
    """Return `VERB --help` for `help VERB`; other words that begin with `help` are a request."""
    if words[:1] == ["help"] and (len(words) == 1 or words[1] in VERBS):
        return [*words[1:], "--help"]
    return words


def print_error(error: CaroError) -> None:
    """Say what happened in one sentence on stderr, and below it what to do next; never on stdout."""
    if sys.stderr is None:
        return
    print(f"caro: {error.message}", file=sys.stderr)
    if error.hint:
        print(f"      {error.hint}", file=sys.stderr)
