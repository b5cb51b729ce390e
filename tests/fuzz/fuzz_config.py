"""Random configuration files: `python tests/fuzz/fuzz_config.py FILES [SEED]`.

Of each, either settings come, whose values are shown and of the right types, or one sentence that a terminal may see
(ConfigError). The words of a variable are tried alike. No file is run: what the shells make of these files is in
test_fuzz_config_shells.py.
"""

import random
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1] / "support")]

from mutations import ODD_TEXTS, mutated_bytes, text  # noqa: E402  a program by itself, found by the lines above

from caro_shell import config  # noqa: E402  as above
from caro_shell.config import ENVIRONMENT, TYPES  # noqa: E402  as above
from caro_shell.config.values import as_seen  # noqa: E402  as above
from caro_shell.errors import ConfigError  # noqa: E402  as above

_LONGEST_SENTENCE = 1000
_ORDINARY = b"""# mine
model = "tiny"
key = 'ctrl-x g'  # why
style = "fg=8,bold"
threads = 3
idle_exit = 60.5
allow_http = true
comment = "off"
adapter = "on"
server_timeout = 1e1
"""
# Every kind of value that TOML has, some that it has not, and the limits of numbers.
VALUES = (
    "true",
    "false",
    "0",
    "-1",
    "7",
    "1_000",
    "0x7fffffffffffffff",
    "99999999999999999999999",
    f"0x{'f' * 5000}",
    f"0b{'1' * 60000}",
    "9" * 5000,
    "0.5",
    "-0.0",
    "1e400",
    "inf",
    "-inf",
    "nan",
    "1979-05-27T07:32:00Z",
    "1979-05-27",
    "07:32:00",
    "[]",
    '["a", 1]',
    "{}",
    "{a = 1}",
    '""',
    "''",
    '"on"',
    '"off"',
    '"ctrl-x g"',
    '"/tmp/a.gguf"',
    '"https://[::1/v1"',
    '"http://127.0.0.1:99999/v1"',
    '"https://a@b/c"',
    '"a.py:B"',
    "'''\na\n'''",
    '"""\\\n  a"""',
    '"\\u0000"',
    '"\\u001b[2J"',
    '"\\u202e"',
    '"\\ud800"',
    '"\\x41"',
    '"$(echo no)"',
    '"`echo no`"',
    "'\\C-x'",
    "bare",
    "",
    "[[[[",
    "{{{{",
    f"{'[' * 600}1{']' * 600}",
    f"{'[' * 20000}",
    f"{'{a=' * 600}1{'}' * 600}",
    f'"{"x" * 60000}"',
)


def _name(chance: random.Random) -> str:
    kind = chance.random()
    if kind < 0.8:
        return chance.choice(list(TYPES))
    odd = ("modle", "a.b", "'model'", '"model"', '"\\u006dodel"', "é", "[model]", "[[model]]", "a." * 200 + "b")
    return chance.choice(odd) if kind < 0.95 else f"'{text(chance, 4)}'"


def content_of(chance: random.Random) -> bytes:
    """Return the bytes of a file."""
    kind = chance.randrange(10)
    if kind == 0:
        return chance.randbytes(chance.randrange(200))
    if kind <= 3:
        return mutated_bytes(_ORDINARY, chance, [word.encode("utf-8", "surrogatepass") for word in ODD_TEXTS])
    quoted = (f'"{text(chance)}"', f"'{text(chance)}'")
    lines = [f"{_name(chance)} = {chance.choice((*VALUES, *quoted))}" for _ in range(chance.choice((1, 1, 1, 3)))]
    beginning = b"\xef\xbb\xbf" if kind == 4 else b"\x00" if kind == 5 and chance.random() < 0.1 else b""
    end = "\r\n" if chance.random() < 0.1 else "\n"
    return beginning + end.join(lines).encode("utf-8", "surrogatepass")


def _said(error: ConfigError) -> str:
    sentence = f"{error.message} {error.hint}"
    if not sentence.isprintable() or len(sentence) > _LONGEST_SENTENCE:
        return f"says {sentence[:2000]!r}"
    return "" if error.message.endswith(".") else f"says half a sentence: {sentence!r}"


def trouble(environ: dict[str, str], path: Path, seen: Counter[str]) -> str:
    """Return what is wrong with the settings of a file and an environment, or nothing."""
    try:
        settings = config.resolve(environ, str(path))
    except ConfigError as error:
        seen["refused"] += 1
        return _said(error)
    except Exception as error:
        return f"raised {error!r}"
    seen["taken"] += 1
    values = {name: getattr(settings, name) for name in TYPES}
    return "".join(
        f"{name} is {found!r}"
        for name, found in values.items()
        if type(found) is not TYPES[name] or (name != "style" and not as_seen(found).isprintable())
    )


def run(number: int, seed: int, directory: Path) -> Counter[str]:
    """Read so many files; returns how many were taken and refused. Raises AssertionError for what is wrong."""
    chance = random.Random(seed)  # noqa: S311  not for secrets
    seen: Counter[str] = Counter()
    path = directory / "config.toml"
    words = [value.strip("\"'") for value in VALUES if "\x00" not in value]
    for _ in range(number):
        environ: dict[str, str] = {}
        content = content_of(chance)
        if chance.random() < 0.3:
            content, environ = b"", {chance.choice(list(ENVIRONMENT)): chance.choice((*words, text(chance)))}
        path.write_bytes(content)
        if said := trouble(environ, path, seen):
            raise AssertionError(f"{said}, seed {seed}: {content[:400]!r} {environ!r:.400}")
    return seen


def main(number: int, seed: int) -> None:
    """Read so many files, and tell what became of them."""
    with tempfile.TemporaryDirectory() as place:
        print(dict(run(number, seed, Path(place))))  # noqa: T201  a program's output


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000, int(sys.argv[2]) if len(sys.argv) > 2 else 1)
