"""Random configuration files in the shells' own readers: `python tests/fuzz/fuzz_config_shells.py FILES [SEED]`.

Nothing in a file runs, nothing is said about it, and each setting is its default or a text that stands in the file.
"""

import random
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

_TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(_TESTS.parent), str(_TESTS / "support"), str(_TESTS / "shells"), str(Path(__file__).parent)]

from fuzz_config import content_of  # noqa: E402  a program by itself, found by the lines above
from shell_kinds import KINDS, ShellKind  # noqa: E402  as above

NAMES = ("key", "explain_key", "comment", "style", "keep_request", "fix_output", "learn")
# Whoever computes or expands one of these makes a file that must not be there.
TRAPS = (
    "$(touch ran)",
    "`touch ran`",
    "a[$(touch ran)]",
    "ctrl-x `touch ran`",
    "ctrl-$(touch ran)",
    "(touch ran)",
    '\\C-x": "touch ran',
    '\\"; touch ran; \\"',
    "'; touch ran; '",
    "*",
    "~",
    "$HOME",
    "%n",
    "\\\\",
)
# zsh died of the first.
LONG = tuple(f"{name} = {quote}{'x' * 60_000}{quote}".encode() for name in ("style", "key") for quote in "\"'")
# fish took the backslash out of what stands in single quotes, zsh and fish one before a character that is not escaped.
LITERAL = (b"key = 'ab\\trl-x g'\n", b'style = "a\\>b"\n')
_DEFAULT = "none"


def contents(number: int, seed: int) -> list[bytes]:
    """Return so many files: traps in every setting, then what fuzz_config.py makes."""
    chance = random.Random(seed)  # noqa: S311  not for secrets
    traps = [
        f"{name} = {quote}{trap}{quote}{chance.choice(('', '  # why', chr(13)))}\n".encode()
        for name in NAMES
        for trap in TRAPS
        for quote in "\"'"
    ]
    return [
        *LONG,
        *LITERAL,
        *chance.sample(traps, min(len(traps), number // 2)),
        *(content_of(chance) for _ in range(number // 2)),
    ]


def _stands_in(value: str, content: bytes) -> bool:
    # A reader may drop NULs; of the escapes it knows the two that stand for the character itself.
    text = content.decode("utf-8", "surrogateescape").replace("\0", "")
    return any(value in one for one in (text, text.replace('\\"', '"').replace("\\\\", "\\")))


def check(kind: ShellKind, files: Sequence[bytes], place: Path) -> int:
    """Let a shell read files, in `place`; returns how many values were not the default. Raises AssertionError."""
    paths = []
    for at, content in enumerate(files):
        paths.append(place / f"{at}.toml")
        paths[-1].write_bytes(content)
    script = Path(__file__).parent / f"read_settings.{kind.name}"
    none = {"zsh": ["-f"], "bash": ["--norc", "--noprofile"], "fish": ["--no-config"]}[kind.name]
    environ = {"HOME": str(place), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
    words = [kind.argv[0], *none, str(script), str(_TESTS.parent / "shell" / kind.name), *map(str, paths)]
    done = subprocess.run(words, cwd=place, env=environ, capture_output=True, check=False)
    said = done.stderr.decode("utf-8", "replace")
    values = done.stdout.decode("utf-8", "surrogateescape").split("\0")
    if said or done.returncode or len(values) != len(files) * (len(NAMES) + 1) + 1:
        raise AssertionError(f"{kind.name}: status {done.returncode}, {len(values)} values, says {said[:2000]!r}")
    if (place / "ran").exists():
        raise AssertionError(f"{kind.name}: something has run")
    chosen = 0
    for at, content in enumerate(files):
        for name, value in zip(NAMES, values[at * (len(NAMES) + 1) :], strict=False):
            chosen += value != _DEFAULT
            if value != _DEFAULT and not _stands_in(value, content):
                raise AssertionError(f"{kind.name}: {name} is {value!r} from {content[:400]!r}")
    return chosen


def main(number: int, seed: int) -> None:
    """Let each shell read so many files."""
    for kind in KINDS:
        with tempfile.TemporaryDirectory() as place:
            chosen = check(kind, contents(number, seed), Path(place))
        print(f"{kind.name}: {number} files, seed {seed}, {chosen} values")  # noqa: T201  a program's output


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 400, int(sys.argv[2]) if len(sys.argv) > 2 else 1)
