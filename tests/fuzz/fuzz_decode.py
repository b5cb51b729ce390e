"""Random frames through the decoding of both sides, in one process: `python tests/fuzz/fuzz_decode.py NUMBER [SEED]`.

Whatever comes, a message is told to be none (ProtocolError, one sentence that a terminal may see), or is one whose
fields have the types of the tables, can be written down, and makes a request or a reply.
"""

import json
import random
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1] / "support")]

from mutations import ODD_NUMBERS, mutated_bytes, text, value  # noqa: E402  a program by itself, found by the lines above

from caro_shell import protocol  # noqa: E402  as above
from caro_shell.errors import ProtocolError  # noqa: E402  as above
from caro_shell.protocol import EVENTS, REQUESTS, Ask, Field, Reply  # noqa: E402  as above

_LONGEST_SENTENCE = 200
_REPLY = Reply("ls", "safe", ["reads"], ["note"], ["ls -a"], "small", "llama", False, {"total": 1.5}, words="list")
_TURN = {"line": "words", "command": "ls", "cursor": 2}
VALID: tuple[tuple[Mapping[str, Mapping[str, Field]], dict[str, Any]], ...] = (
    (REQUESTS, Ask("list files", "zsh", "1.0", turns=[_TURN], settings={"CARO_MODEL": "tiny"}).message()),
    (REQUESTS, Ask("ls -x", "bash", "1.0", type="fix", status=2, output="no such option").message()),
    (REQUESTS, Ask("ls", "fish", "1.0", type="explain", aliases={"ll": "ls -l"}, functions=["mine"]).message()),
    (REQUESTS, {"type": "status", "last": True}),
    (REQUESTS, {"type": "shutdown", "pid": 7}),
    (EVENTS, _REPLY.message()),
    (EVENTS, {"type": "error", "code": "busy", "message": "Busy.", "hint": "Wait."}),
    (EVENTS, {"type": "working", "state": "thinking", "elapsed_ms": 12.5}),
)


def _changed(message: Mapping[str, Any], chance: random.Random) -> bytes:
    """Return the body of a message with fields of any value, with some missing, or with other bytes."""
    body = json.dumps(message).encode()
    if chance.random() < 0.3:
        return mutated_bytes(body, chance, (b"[[[[", b'"\\ud83d"', b"1e999", b"NaN", b"\x00", b"\xed\xa0\x80"))
    fields = dict(message)
    for name in chance.sample(sorted(fields), chance.randint(1, min(3, len(fields)))):
        kind = chance.random()
        if kind < 0.2:
            del fields[name]
        elif kind < 0.5:
            fields[f"{name}{text(chance, 2)}"] = value(chance)
        elif kind < 0.8:
            fields[name] = _other(fields[name], chance)
        else:
            fields[name] = value(chance)
    return json.dumps(fields, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")


def _other(right: object, chance: random.Random) -> object:
    """Return another value of the same type, as far as there is one."""
    if isinstance(right, str):
        return text(chance)
    if isinstance(right, bool):
        return not right
    if isinstance(right, list):
        return [value(chance, 2) for _ in range(chance.randrange(3))]
    if isinstance(right, dict):
        return {text(chance, 2): value(chance, 1) for _ in range(chance.randrange(3))}
    return chance.choice(ODD_NUMBERS)


def frames_of(chance: random.Random) -> tuple[Mapping[str, Mapping[str, Field]], list[bytes]]:
    """Return which table a message is looked up in, and its frames."""
    known, message = chance.choice(VALID)
    body = _changed(message, chance) if chance.random() < 0.9 else chance.randbytes(chance.randrange(300))
    frames = [protocol.VERSION, text(chance, 3).encode("utf-8", "replace"), body]
    kind = chance.random()
    if kind < 0.05:
        frames[0] = chance.randbytes(chance.randrange(12))
    elif kind < 0.1:
        frames = (frames * 3)[: chance.choice((0, 1, 2, 4, 9))]
    return known, frames


def _is_said(error: ProtocolError) -> bool:
    return 0 < len(error.message) <= _LONGEST_SENTENCE and (error.message + error.hint).isprintable()


def trouble(known: Mapping[str, Mapping[str, Field]], frames: Sequence[bytes]) -> str:
    """Return what is wrong with how these frames are taken, or nothing."""
    try:
        request_id, message = protocol.decode(frames, known)
        if message["type"] in ("generate", "fix", "explain") and known is REQUESTS:
            protocol.ask_from(message).message()
        if message["type"] == "done" and known is EVENTS:
            protocol.reply_from(message).message()
        json.loads(protocol.encode(request_id, message)[2].decode())
    except ProtocolError as error:
        return "" if _is_said(error) else f"says {error.message!r}"
    except Exception as error:
        return f"raised {error!r}"
    wrong = [name for name, field in known.get(message["type"], {}).items() if not _fits(message, name, field)]
    return f"wrong fields: {wrong}" if wrong else ""


def _fits(message: Mapping[str, Any], name: str, field: Field) -> bool:
    if name not in message:
        return not field.required
    return isinstance(message[name], field.type) and (field.type is bool or not isinstance(message[name], bool))


def run(number: int, seed: int) -> Counter[str]:
    """Decode so many messages; returns how many were taken and refused. Raises AssertionError for what is wrong."""
    chance = random.Random(seed)  # noqa: S311  not for secrets
    seen: Counter[str] = Counter()
    for _ in range(number):
        known, frames = frames_of(chance)
        if said := trouble(known, frames):
            raise AssertionError(f"{said}, seed {seed}: {frames!r}")
        try:
            protocol.decode(frames, known)
            seen["taken"] += 1
        except ProtocolError:
            seen["refused"] += 1
    return seen


if __name__ == "__main__":
    counts = run(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000, int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    print(dict(counts))  # noqa: T201  a program's output
