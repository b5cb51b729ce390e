"""What models write, at random, through all that reads it: `python tests/fuzz/fuzz_answers.py ANSWERS [SEED]`.

The answers of tests/parse/cases, changed, and answers put together from fences, JSON, prose, repeats and characters
that deceive. Each is a refusal in one sentence, or one command of characters that may stand on a line; what is shown
while it grows, and the records that a shell gets for it, are held to the same. Nothing is run.
"""

import json
import random
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1] / "support")]

from mutations import ODD_TEXTS, mutated_text, text  # noqa: E402  a program by itself, found by the lines above

from caro_shell import __version__  # noqa: E402  as above
from caro_shell.errors import Unusable  # noqa: E402  as above
from caro_shell.keypress.answer import record, write_reply  # noqa: E402  as above
from caro_shell.keypress.press import Press, Question  # noqa: E402  as above
from caro_shell.parse import is_finished, parse_command, preview  # noqa: E402  as above
from caro_shell.parse.explanation import parse_explanation  # noqa: E402  as above
from caro_shell.protocol import EVENTS, Reply, decode, encode  # noqa: E402  as above

SHELLS = ("zsh", "bash", "fish")
_CASES = Path(__file__).parents[1] / "parse" / "cases"
_SIGNS = (*ODD_TEXTS, "```", "~~~bash\n", "`", "$(", "${", "<<E\n", "&&", " | ", "; ", "\\\n", "$ ", "> ", "Sure:\n")
_WRAPPED = (
    "{}",
    "```\n{}\n```",
    "```bash\n{}",
    "~~~\n{}\n~~~\nThat is all.",
    "`{}`",
    "$ {}",
    "Here is the command:\n\n```sh\n{}\n```",
    "**Command:** {}",
    "1. {}\n2. ls",
    "me@host:~$ {}\nout",
)
_COMMANDS = (
    "ls -la",
    "find . -name '*.py' | head -5",
    'for f in *; do\n  echo "$f"\ndone',
    "cat <<E\na\nE",
    "echo é 日本",
)
_LONG = 1 << 20
# Category Cf that emoji and scripts need; everything else of category C deceives (Unicode 15, table 4-4).
_JOINERS = frozenset("\u200c\u200d")


def recorded() -> list[str]:
    """Return the raw answers of the parser's cases."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(_CASES.glob("*.txt"))]
    parts = [part for text in texts for part in re.split(r"^=== ", text, flags=re.MULTILINE)[1:]]
    return [part.partition("\n")[2].rpartition("\n---\n")[0] for part in parts]


def endless(chance: random.Random) -> str:
    """Return an answer of a megabyte: one line, one word again and again, an opening without an end."""
    piece = chance.choice(
        (" ", "a", "ab ", "-", "[", "(", "{", "'", '"', "`", "``` ", "\\", "\n", "$(", "<<E\n", "; ", "é", "\x1b[m")
    )
    beginning = chance.choice(("", "```", "```bash\n", '{"command": ', "ls ", "Sure, ", "echo '"))
    return beginning + piece * (_LONG // len(piece))


def answer_of(chance: random.Random, cases: Sequence[str]) -> str:
    """Return what a model might write."""
    kind = chance.randrange(6)
    if kind == 0:
        return text(chance, 60)
    if kind == 1:
        command = chance.choice(_COMMANDS) + text(chance, 3)
        return json.dumps({chance.choice(("command", "cmd", "a")): command}, ensure_ascii=chance.random() < 0.5)
    if kind == 2:
        opening = chance.choice(('{"a":', "[", '{"command":['))
        return f"{opening * chance.choice((3, 3000))}{text(chance)}"
    wrapped = chance.choice(_WRAPPED).format(chance.choice(_COMMANDS))
    return mutated_text(chance.choice((wrapped, chance.choice(cases))), cases, _SIGNS, chance, 4000)


def deceives(shown: str, *, allowed: str = "\t\n") -> list[str]:
    """Return the characters of a text that must not reach a terminal or a line; by Unicode's table, not by ours."""
    return [
        char
        for char in shown
        if (unicodedata.category(char)[0] == "C" and char not in allowed and char not in _JOINERS)
        or char in "\u2028\u2029\ufffd"
    ]


def trouble(raw: str, shell: str, *, ended: bool, seen: Counter[str]) -> str:
    """Return what is wrong with how an answer is taken, or nothing."""
    try:
        if found := deceives(preview(raw, shell)):
            return f"shows {found!r}"
        is_finished(raw, shell)
        try:
            if found := deceives(parse_explanation(raw, ended=ended)):
                return f"explains {found!r}"
            command = parse_command(raw, shell, ended=ended)
        except Unusable as error:
            seen["refused"] += 1
            return "" if error.message.isprintable() and error.message.endswith(".") else f"says {error.message!r}"
        seen["taken"] += 1
        return _trouble_of(command, shell)
    except Exception as error:
        return f"raised {error!r}"


def _trouble_of(command: str, shell: str) -> str:
    """Return what is wrong with a command, or with what a shell would get for it."""
    if deceives(command) or not command.strip() or command != command.strip("\n"):
        return f"the command {command!r}"
    for risk in ("safe", "critical"):
        for comments in (0, 1):
            records = _records(command, risk, Press(shell=shell, comments=comments))
            *before, (word, line) = records
            if word != "done" or deceives(line) or any(deceives(said) for name, said in before if name == "note"):
                return f"the records {records!r}"
            if risk == "critical" and not _is_disarmed(line, comments=comments):
                return f"Enter would run {line!r}"
            if risk == "safe" and line != command:
                return f"the line {line!r}"
    return ""


def _is_disarmed(line: str, *, comments: int) -> bool:
    # In quotes it is one word; a quote in it ends them, is one itself, and begins them anew.
    if comments:
        return all(part.startswith("# ") for part in line.split("\n"))
    return line.startswith("# '") and line.endswith("'") and "'" not in line[3:-1].replace("'\\''", "")


def _records(command: str, risk: str, press: Press) -> list[tuple[str, str]]:
    """Return what a shell reads when the daemon's reply has gone over the wire: words and texts."""
    reply = Reply(command, risk, ["removes files"], ["A note."], [], "small", "llama", False, {}, words="words")
    _id, message = decode(encode(b"1", reply.message()), EVENTS)
    written = bytearray()
    question = Question({"type": "generate", "line": "words", "cursor": 5, "version": __version__})
    write_reply(message, question, press, lambda word, said: written.extend(record(word, said)))
    parts = written.decode().split("\0")
    if parts.pop() != "":
        raise AssertionError(f"the last record does not end: {written!r}")
    return [(word, said) for word, _tab, said in (part.partition("\t") for part in parts)]


def run(number: int, seed: int) -> Counter[str]:
    """Read so many answers; returns how many were taken and refused. Raises AssertionError for what is wrong."""
    chance = random.Random(seed)  # noqa: S311  not for secrets
    cases = recorded()
    seen: Counter[str] = Counter()
    for at in range(number):
        raw = endless(chance) if at % 1000 == 0 else answer_of(chance, cases)
        shell, ended = chance.choice(SHELLS), chance.random() < 0.8
        if said := trouble(raw, shell, ended=ended, seen=seen):
            raise AssertionError(f"{said}, seed {seed}, {shell}: {raw[:2000]!r}")
    return seen


if __name__ == "__main__":
    counts = run(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000, int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    print(dict(counts))  # noqa: T201  a program's output
